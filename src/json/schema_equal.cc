#include <algorithm>

#include "json/decimal_internal.h"
#include "json/json.h"
#include "json/schema_internal.h"
#include "json/text_internal.h"

namespace flotilla::json {
namespace {

void append_key(const Value& value, std::string& out);

void append_number_key(const Number& number, std::string& out) {
  const Decimal decimal = to_decimal(number.text);
  fmt::format_to(std::back_inserter(out), "{}{}e{}", decimal.negative ? "-" : "", decimal.digits,
                 decimal.point);
}

void append_array_key(const Array& array, std::string& out) {
  out += '[';
  for (const Value& element : array) {
    append_key(element, out);
    out += ',';
  }
  out += ']';
}

void append_object_key(const Object& object, std::string& out) {
  std::vector<const Object::Member*> sorted;
  sorted.reserve(object.size());
  for (const Object::Member& member : object.members()) sorted.push_back(&member);
  std::ranges::sort(
      sorted, {}, [](const Object::Member* member) -> const std::string& { return member->first; });
  out += '{';
  for (const Object::Member* member : sorted) {
    write_string(member->first, out);
    out += ':';
    append_key(member->second, out);
    out += ',';
  }
  out += '}';
}

void append_key(const Value& value, std::string& out) {
  if (const Number* number = value.if_number()) {
    append_number_key(*number, out);
  } else if (const Array* array = value.if_array()) {
    append_array_key(*array, out);
  } else if (const Object* object = value.if_object()) {
    append_object_key(*object, out);
  } else {
    write(value, out);
  }
}

}  // namespace

std::string equality_key(const Value& value) {
  std::string out;
  append_key(value, out);
  return out;
}

bool is_integer(const Value& value) {
  const Number* number = value.if_number();
  if (number == nullptr) return false;
  if (number->text.find_first_of(".eE") == std::string::npos) return true;
  return to_decimal(number->text).is_integer();
}

std::size_t code_points(std::string_view text) {
  return static_cast<std::size_t>(std::ranges::count_if(
      text, [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U; }));
}

std::string excerpt(const Value& value) {
  if (value.if_array() != nullptr) return "an array";
  if (value.if_object() != nullptr) return "an object";
  std::string text;
  if (const std::string* string = value.if_string()) {
    write_string(shorten(*string), text);
  } else {
    write(value, text);
    text = shorten(text);
  }
  return text;
}

}  // namespace flotilla::json
