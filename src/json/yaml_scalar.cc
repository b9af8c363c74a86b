#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>

#include "json/number_internal.h"
#include "json/text_internal.h"
#include "json/yaml_internal.h"

namespace flotilla::json {
namespace {

constexpr std::string_view kTagPrefix = "tag:yaml.org,2002:";

bool is_one_of(std::string_view text, std::initializer_list<std::string_view> words) {
  return std::ranges::find(words, text) != words.end();
}

bool is_null_word(std::string_view text) {
  return is_one_of(text, {"", "~", "null", "Null", "NULL"});
}

std::optional<bool> to_bool(std::string_view text) {
  if (is_one_of(text, {"true", "True", "TRUE"})) return true;
  if (is_one_of(text, {"false", "False", "FALSE"})) return false;
  return std::nullopt;
}

bool is_not_finite(std::string_view text) {
  if (text.starts_with('+') || text.starts_with('-')) {
    text.remove_prefix(1);
    return is_one_of(text, {".inf", ".Inf", ".INF"});
  }
  return is_one_of(text, {".inf", ".Inf", ".INF", ".nan", ".NaN", ".NAN"});
}

/// `0o17` and `0x1F`.
std::optional<Value> to_based_integer(std::string_view text) {
  const bool octal = text.starts_with("0o");
  if (!octal && !text.starts_with("0x")) return std::nullopt;
  std::uint64_t value = 0;
  const char* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data() + 2, end, value, octal ? 8 : 16);
  if (error != std::errc{} || stop != end) return std::nullopt;
  return Value(value);
}

/// The JSON spelling of a YAML number: without plus sign, with a digit on each side of the point.
std::optional<std::string> to_json_number(std::string_view text) {
  std::string out(text);
  if (out.starts_with('+')) {
    out.erase(0, 1);
    if (out.starts_with('-')) return std::nullopt;
  }
  const std::size_t first = out.starts_with('-') ? 1 : 0;
  std::size_t dot = out.find('.');
  if (dot == first) {
    // A lone point between signs and letters is text: a digit must follow it.
    if (dot + 1 >= out.size() || out[dot + 1] < '0' || out[dot + 1] > '9') return std::nullopt;
    out.insert(dot++, 1, '0');
  }
  const bool digit_follows = dot != std::string::npos && dot + 1 < out.size() &&
                             out[dot + 1] >= '0' && out[dot + 1] <= '9';
  if (dot != std::string::npos && !digit_follows) out.insert(dot + 1, 1, '0');
  if (out.empty() || number_length(out) != out.size()) return std::nullopt;
  return out;
}

std::optional<Value> to_yaml_number(const YAML::Mark& mark, std::string_view text) {
  if (is_not_finite(text)) refuse_yaml(mark, "numbers must be finite, quote it if it is text");
  if (auto based = to_based_integer(text)) return based;
  auto number = to_json_number(text);
  if (!number) return std::nullopt;
  if (!number_is_finite(*number)) {
    refuse_yaml(mark, "number beyond the range of double, quote it if it is text");
  }
  return Value(Number{std::move(*number)});
}

Value resolve_plain(const YAML::Mark& mark, const std::string& text) {
  if (is_null_word(text)) return {};
  if (const auto flag = to_bool(text)) return *flag;
  if (auto number = to_yaml_number(mark, text)) return *std::move(number);
  return text;
}

}  // namespace

Value resolve_yaml_scalar(const YAML::Mark& mark, const std::string& tag, const std::string& text) {
  if (tag.empty() || tag == "?") return resolve_plain(mark, text);
  if (tag == "!") return text;
  std::string_view name = tag;
  if (!name.starts_with(kTagPrefix)) refuse_yaml(mark, "unknown tag " + shorten(tag));
  name.remove_prefix(kTagPrefix.size());
  if (name == "str") return text;
  if (name == "null" && is_null_word(text)) return {};
  if (const auto flag = to_bool(text); flag && name == "bool") return *flag;
  if (name == "int" || name == "float") {
    if (auto number = to_yaml_number(mark, text)) {
      if (name == "float" || number->as_int64() || number->as_uint64()) return *std::move(number);
    }
  }
  if (!is_one_of(name, {"null", "bool", "int", "float"})) {
    refuse_yaml(mark, "unknown tag " + shorten(tag));
  }
  refuse_yaml(mark, fmt::format("the text does not fit its tag !!{}", name));
}

void check_yaml_tag(const YAML::Mark& mark, const std::string& tag, std::string_view expected) {
  if (tag.empty() || tag == "?" || tag == "!") return;
  if (tag.starts_with(kTagPrefix) && tag.substr(kTagPrefix.size()) == expected) return;
  refuse_yaml(mark, "unknown tag " + shorten(tag));
}

}  // namespace flotilla::json
