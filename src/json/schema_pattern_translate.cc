#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <iterator>
#include <optional>
#include <utility>

#include "json/schema_pattern_internal.h"

namespace flotilla::json {
namespace {

constexpr char32_t kLast = 0x10FFFF;
// ECMA-262 sections 12.2 and 12.3: white space and line terminators, and all that is neither.
constexpr std::string_view kSpace =
    R"(\x{9}-\x{d}\x{20}\x{a0}\x{1680}\x{2000}-\x{200a}\x{2028}\x{2029}\x{202f}\x{205f}\x{3000}\x{feff})";
constexpr std::string_view kNotSpace =
    R"(\x{0}-\x{8}\x{e}-\x{1f}\x{21}-\x{9f}\x{a1}-\x{167f}\x{1681}-\x{1fff}\x{200b}-\x{2027})"
    R"(\x{202a}-\x{202e}\x{2030}-\x{205e}\x{2060}-\x{2fff}\x{3001}-\x{fefe}\x{ff00}-\x{10ffff})";

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}
bool is_letter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}
std::optional<char32_t> hex_digit(char c) {
  if (is_digit(c)) return static_cast<char32_t>(c - '0');
  if (c >= 'a' && c <= 'f') return static_cast<char32_t>(c - 'a' + 10);
  if (c >= 'A' && c <= 'F') return static_cast<char32_t>(c - 'A' + 10);
  return std::nullopt;
}

class Translator {
 public:
  explicit Translator(std::string_view pattern) : rest_(pattern) {}

  std::expected<std::string, std::string> run() {
    while (!rest_.empty()) term();
    if (groups_ != 0) refuse("has a group that is not closed");
    if (!fault_.empty()) return std::unexpected(std::move(fault_));
    return std::move(out_);
  }

 private:
  /// What a quantifier may follow.
  enum class Before { nothing, atom, quantified };

  /// The first one counts. With nothing left to read every loop ends.
  void refuse(std::string why) {
    if (fault_.empty()) fault_ = "the regular expression " + std::move(why);
    rest_ = {};
  }
  bool take(std::string_view text) {
    if (!rest_.starts_with(text)) return false;
    rest_.remove_prefix(text.size());
    return true;
  }
  char next() {
    if (rest_.empty()) {
      refuse("ends too early");
      return 0;
    }
    const char c = rest_.front();
    rest_.remove_prefix(1);
    return c;
  }
  void put(char32_t point) {
    fmt::format_to(std::back_inserter(out_), "\\x{{{:x}}}", std::uint32_t{point});
  }

  void term() {
    const char c = rest_.front();
    switch (c) {
      case '^':
      case '$':
      case '|':
        next();
        out_ += c;
        before_ = Before::nothing;
        return;
      case '(':
        next();
        open_group();
        return;
      case ')':
        next();
        if (groups_ == 0) return refuse("has a `)` that closes nothing");
        --groups_;
        out_ += ')';
        before_ = Before::atom;
        return;
      case '*':
      case '+':
      case '?':
      case '{':
        quantifier();
        return;
      case '.':
        next();
        out_ += R"([^\n\r\x{2028}\x{2029}])";
        break;
      case '[':
        next();
        character_class();
        break;
      case '\\':
        next();
        if (assertion()) return;
        escape_outside();
        break;
      default:
        put(character());
    }
    before_ = Before::atom;
  }

  /// `\b` and `\B`, which are ASCII's in both.
  bool assertion() {
    for (const std::string_view name : {"b", "B"}) {
      if (!take(name)) continue;
      out_ += '\\';
      out_ += name;
      before_ = Before::nothing;
      return true;
    }
    return false;
  }

  void open_group() {
    before_ = Before::nothing;
    ++groups_;
    out_ += "(?:";
    if (!take("?") || take(":")) return;
    if (rest_.starts_with("=") || rest_.starts_with("!")) {
      return refuse("has a look-ahead, which matching in linear time cannot do");
    }
    if (rest_.starts_with("<=") || rest_.starts_with("<!")) {
      return refuse("has a look-behind, which matching in linear time cannot do");
    }
    const std::size_t end = rest_.find('>');
    if (!take("<") || end == 1 || end == std::string_view::npos) {
      return refuse("has a group `(?` of a kind that ECMA-262 does not know");
    }
    rest_.remove_prefix(end);
  }

  void quantifier() {
    if (before_ == Before::nothing) {
      return refuse(fmt::format("has a `{}` that repeats nothing", rest_.front()));
    }
    if (before_ == Before::quantified) {
      return refuse(fmt::format("has a `{}` that repeats a repetition", rest_.front()));
    }
    if (rest_.front() == '{') {
      counts();
    } else {
      out_ += next();
    }
    if (take("?")) out_ += '?';
    before_ = Before::quantified;
  }

  void counts() {
    const std::size_t end = rest_.find('}');
    const std::string_view body = rest_.substr(0, end);
    const std::string_view numbers = body.substr(1);
    const std::size_t comma = numbers.find(',');
    const auto all_digits = [](std::string_view text) {
      return std::ranges::all_of(text, is_digit);
    };
    const std::string_view least = numbers.substr(0, comma);
    const std::string_view most =
        comma == std::string_view::npos ? std::string_view() : numbers.substr(comma + 1);
    if (end == std::string_view::npos || least.empty() || !all_digits(least) || !all_digits(most)) {
      return refuse("has a `{` that is no repetition: write `\\{`");
    }
    out_ += body;
    out_ += '}';
    rest_.remove_prefix(end + 1);
  }

  /// One UTF-8 sequence; schemas are valid UTF-8, anything else is refused by RE2.
  char32_t character() {
    const auto lead = static_cast<unsigned char>(next());
    if (lead < 0x80) return lead;
    const int more = lead >= 0xF0 ? 3 : lead >= 0xE0 ? 2 : 1;
    char32_t point = lead & (0x3FU >> more);
    for (int i = 0; i < more; ++i) {
      point = (point << 6) | (static_cast<unsigned char>(next()) & 0x3FU);
    }
    return std::min(point, kLast);
  }

  void escape_outside() {
    if (const std::string set = class_escape(); !set.empty()) {
      out_ += '[' + set + ']';
      return;
    }
    if (rest_.starts_with("k<") ||
        (!rest_.empty() && rest_.front() >= '1' && rest_.front() <= '9')) {
      return refuse("has a back reference, which matching in linear time cannot do");
    }
    put(character_escape());
  }

  /// The inside of a class for `\d`, `\p{…}` and their like; empty when it is another escape.
  std::string class_escape() {
    switch (rest_.empty() ? 0 : rest_.front()) {
      case 'd':
      case 'D':
      case 'w':
      case 'W':
        return std::string("\\") + next();
      case 's':
        next();
        return std::string(kSpace);
      case 'S':
        next();
        return std::string(kNotSpace);
      case 'p':
      case 'P':
        return property();
      default:
        return {};
    }
  }

  std::string property() {
    const char kind = next();
    const std::size_t end = rest_.find('}');
    if (!rest_.starts_with('{') || end == std::string_view::npos) {
      refuse(fmt::format("has a `\\{}` without a name in braces", kind));
      return {};
    }
    const std::string_view name = rest_.substr(1, end - 1);
    rest_.remove_prefix(end + 1);
    std::string set = pattern_property(name, kind == 'P');
    if (set.empty()) {
      refuse(
          fmt::format("has the Unicode property `{}`, which is not supported", name.substr(0, 64)));
    }
    return set;
  }

  char32_t hex(std::size_t digits) {
    char32_t value = 0;
    for (std::size_t i = 0; i < digits; ++i) {
      const auto digit = hex_digit(next());
      if (!digit) refuse("has an escape without its hexadecimal digits");
      value = value * 16 + digit.value_or(0);
    }
    return value;
  }

  /// After `\u`: four digits, a surrogate pair, or braces.
  char32_t unicode() {
    char32_t value = 0;
    if (take("{")) {
      do {
        value = value * 16 + hex(1);
      } while (value <= kLast && !rest_.empty() && !take("}"));
      if (value > kLast) refuse("has an escape beyond Unicode");
    } else {
      value = hex(4);
      if (value >= 0xD800 && value < 0xDC00 && take("\\u")) {
        const char32_t low = hex(4);
        if (low >= 0xDC00 && low <= 0xDFFF) {
          return 0x10000 + ((value - 0xD800) << 10) + (low - 0xDC00);
        }
      }
    }
    if (value >= 0xD800 && value <= 0xDFFF) refuse("has an escape of half a surrogate pair");
    return value;
  }

  char32_t control() {
    const char letter = next();
    if (!is_letter(letter)) refuse("has a `\\c` without a letter");
    return static_cast<unsigned char>(letter) % 32;
  }

  char32_t character_escape() {
    if (!rest_.empty() && static_cast<unsigned char>(rest_.front()) >= 0x80) return character();
    const char c = next();
    switch (c) {
      case 't':
        return '\t';
      case 'n':
        return '\n';
      case 'v':
        return '\v';
      case 'f':
        return '\f';
      case 'r':
        return '\r';
      case 'c':
        return control();
      case 'x':
        return hex(2);
      case 'u':
        return unicode();
      case '0':
        if (rest_.empty() || !is_digit(rest_.front())) return 0;
        break;
      default:
        if (!is_letter(c) && !is_digit(c)) return static_cast<unsigned char>(c);
    }
    refuse(fmt::format("has `\\{}`, which is no escape of ECMA-262", c));
    return 0;
  }

  void character_class() {
    const bool negated = take("^");
    std::string set;
    while (!take("]")) {
      if (rest_.empty()) return refuse("has a class that is not closed");
      class_member(set);
    }
    if (set.empty()) {
      out_ += negated ? R"([\x{0}-\x{10ffff}])" : R"([^\x{0}-\x{10ffff}])";
      return;
    }
    out_ += negated ? "[^" : "[";
    out_ += set;
    out_ += ']';
  }

  /// A character, a set like `\d`, or a range.
  void class_member(std::string& set) {
    const auto first = class_atom(set);
    if (!rest_.starts_with('-') || rest_.starts_with("-]")) {
      if (first) append_range(*first, *first, set);
      return;
    }
    next();
    if (!first) {  // `[\w-.]`: a hyphen like any other, as without the flag `u`
      append_range('-', '-', set);
      return;
    }
    const auto last = class_atom(set);
    if (!last) {
      append_range(*first, *first, set);
      append_range('-', '-', set);
      return;
    }
    if (*last < *first) return refuse("has a range that is out of order");
    append_range(*first, *last, set);
  }

  /// The character, or none when a set was appended.
  std::optional<char32_t> class_atom(std::string& set) {
    if (!take("\\")) return character();
    if (take("b")) return '\b';
    if (take("-")) return '-';
    const std::string inner = class_escape();
    if (inner.empty()) return character_escape();
    set += inner;
    return std::nullopt;
  }

  static void append_range(char32_t first, char32_t last, std::string& set) {
    fmt::format_to(std::back_inserter(set), "\\x{{{:x}}}", std::uint32_t{first});
    if (first != last) fmt::format_to(std::back_inserter(set), "-\\x{{{:x}}}", std::uint32_t{last});
  }

  std::string_view rest_;
  std::string fault_;
  std::string out_;
  std::size_t groups_ = 0;
  Before before_ = Before::nothing;
};

}  // namespace

std::expected<std::string, std::string> translate_pattern(std::string_view pattern) {
  return Translator(pattern).run();
}

}  // namespace flotilla::json
