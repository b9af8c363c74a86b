#include "json/canonical.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <vector>

#include "json/json.h"

namespace flotilla::json {
namespace {

/// In valid UTF-8 the order of bytes is that of code points. UTF-16 differs where one name goes on
/// with a surrogate pair (four bytes, from F0 on) and the other with U+E000 to U+FFFF (from EE on).
bool before_in_utf16(std::string_view a, std::string_view b) {
  const auto [at_a, at_b] = std::ranges::mismatch(a, b);
  if (at_a == a.end() || at_b == b.end()) return at_b != b.end();
  const auto byte_a = static_cast<unsigned char>(*at_a);
  const auto byte_b = static_cast<unsigned char>(*at_b);
  const bool pair_a = byte_a >= 0xF0;
  const bool pair_b = byte_b >= 0xF0;
  if (pair_a && !pair_b && byte_b >= 0xEE) return true;
  if (pair_b && !pair_a && byte_a >= 0xEE) return false;
  return byte_a < byte_b;
}

/// Number::toString of ECMA-262 from the shortest digits that read back the same: the value is
/// 0.DIGITS * 10^point.
std::string layout(std::string_view digits, int point) {
  const int count = static_cast<int>(digits.size());
  std::string out;
  if (point > 0 && point <= 21) {
    out = digits.substr(0, static_cast<std::size_t>(std::min(count, point)));
    if (count <= point) return out.append(static_cast<std::size_t>(point - count), '0');
    return out.append(".").append(digits.substr(static_cast<std::size_t>(point)));
  }
  if (point > -6 && point <= 0)
    return "0." + std::string(static_cast<std::size_t>(-point), '0') + std::string(digits);
  out = digits.substr(0, 1);
  if (count > 1) out.append(".").append(digits.substr(1));
  const int exponent = point - 1;
  return out + (exponent < 0 ? "e-" : "e+") + std::to_string(std::abs(exponent));
}

std::string ecmascript_number(double value) {
  if (value == 0) return "0";  // also minus zero
  std::array<char, 32> buffer{};
  const auto end =
      std::to_chars(buffer.begin(), buffer.end(), value, std::chars_format::scientific).ptr;
  std::string_view text(buffer.data(), static_cast<std::size_t>(end - buffer.data()));
  const bool negative = text.starts_with('-');
  if (negative) text.remove_prefix(1);
  const auto mark = text.find('e');
  std::string digits(text.substr(0, mark));
  if (digits.size() > 1) digits.erase(1, 1);  // the point
  std::string_view power = text.substr(mark + 1);
  if (power.starts_with('+')) power.remove_prefix(1);
  int exponent = 0;
  std::from_chars(power.data(), power.data() + power.size(), exponent);
  return (negative ? "-" : "") + layout(digits, exponent + 1);
}

void write_members(const Object& object, std::string& out) {
  std::vector<const Object::Member*> members;
  members.reserve(object.size());
  for (const auto& member : object.members()) members.push_back(&member);
  std::ranges::sort(members, [](const Object::Member* a, const Object::Member* b) {
    return before_in_utf16(a->first, b->first);
  });
  out += '{';
  for (const auto* member : members) {
    if (member != members.front()) out += ',';
    write_string(member->first, out);
    out += ':';
    write_canonical(member->second, out);
  }
  out += '}';
}

}  // namespace

void write_canonical(const Value& value, std::string& out) {
  if (const auto* object = value.if_object()) {
    write_members(*object, out);
  } else if (const auto* array = value.if_array()) {
    out += '[';
    for (std::size_t i = 0; i < array->size(); ++i) {
      if (i > 0) out += ',';
      write_canonical((*array)[i], out);
    }
    out += ']';
  } else if (value.if_number() != nullptr) {
    out += ecmascript_number(value.as_double().value_or(0));
  } else {
    write(value, out);
  }
}

std::string to_canonical(const Value& value) {
  std::string out;
  write_canonical(value, out);
  return out;
}

}  // namespace flotilla::json
