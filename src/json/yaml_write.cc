#include <algorithm>
#include <array>

#include "base/utf8.h"
#include "json/json.h"
#include "json/text_internal.h"

namespace flotilla::json {
namespace {

constexpr std::size_t kLongestSimpleKey = 1000;  // YAML 1.2.2 section 7.4.2 allows 1024

bool is_letter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}
bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

/// Words that YAML 1.1 or 1.2 readers take for something else than text.
bool is_reserved(std::string_view text) {
  constexpr std::array<std::string_view, 9> kWords{"null", "true", "false", "yes", "no",
                                                   "on",   "off",  "y",     "n"};
  std::string lower(text);
  for (char& c : lower) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return std::ranges::find(kWords, lower) != kWords.end();
}

/// Whether the text can stand without quotes and is text to every reader.
bool is_plain(std::string_view text) {
  if (text.empty() || text.size() > kLongestSimpleKey || is_reserved(text)) return false;
  const char first = text.front();
  if (!is_letter(first) && first != '_' && first != '/') return false;
  if (text.back() == ' ' || text.back() == ':') return false;
  constexpr std::string_view kHarmless = "_-./@+=()~$^*!?<>%;,&|";
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    const bool before_space = i + 1 < text.size() && text[i + 1] == ' ';
    const bool after_space = i > 0 && text[i - 1] == ' ';
    if (is_letter(c) || is_digit(c) || c == ' ') continue;
    if (c == ':' && !before_space) continue;
    if (c == '#' && !after_space) continue;
    if (kHarmless.find(c) == std::string_view::npos) return false;
  }
  return true;
}

/// Code points that YAML wants escaped or readers take for line breaks: C1 controls, line and
/// paragraph separator, byte order mark.
bool needs_escape(std::string_view sequence) {
  if (sequence == "\x7F" || sequence == "\xE2\x80\xA8" || sequence == "\xE2\x80\xA9") return true;
  if (sequence == "\xEF\xBB\xBF" || sequence == "\xEF\xBF\xBE" || sequence == "\xEF\xBF\xBF") {
    return true;
  }
  return sequence.size() == 2 && sequence[0] == '\xC2' &&
         static_cast<unsigned char>(sequence[1]) < 0xA0;
}

/// JSON's quoting is YAML's, but for what needs_escape names.
void write_quoted(std::string_view text, std::string& out) {
  constexpr std::string_view kHex = "0123456789abcdef";
  std::string quoted;
  write_string(text, quoted);
  for (std::string_view rest = quoted; !rest.empty();) {
    const std::string_view sequence = rest.substr(0, std::max<std::size_t>(1, utf8_sequence(rest)));
    rest.remove_prefix(sequence.size());
    if (!needs_escape(sequence)) {
      out += sequence;
      continue;
    }
    unsigned code = static_cast<unsigned char>(sequence[0]);
    if (sequence.size() == 2) code &= 0x1F;
    if (sequence.size() == 3) code &= 0x0F;
    for (const char c : sequence.substr(1)) code = code << 6 | (static_cast<unsigned>(c) & 0x3F);
    out += "\\u";
    for (int shift = 12; shift >= 0; shift -= 4) out += kHex[code >> shift & 0xF];
  }
}

/// Whether the text reads well as a literal block: several lines of printable text.
bool is_block(std::string_view text) {
  if (text.find('\n') == std::string_view::npos || !is_utf8(text)) return false;
  if (text.front() == ' ' || text.front() == '\t' || text.front() == '\n') return false;
  if (text.ends_with("\n\n")) return false;
  while (!text.empty()) {
    const std::string_view sequence = text.substr(0, utf8_sequence(text));
    const auto first = static_cast<unsigned char>(sequence[0]);
    if ((first < 0x20 && first != '\n') || needs_escape(sequence)) return false;
    text.remove_prefix(sequence.size());
  }
  return true;
}

class YamlWriter {
 public:
  explicit YamlWriter(std::string& out) : out_(out) {}

  /// After `key:`, `-` or at the start; ends the line.
  void value(const Value& value, std::size_t indent, bool after_key) {
    if (const Object* object = value.if_object(); object != nullptr && !object->empty()) {
      if (after_key) break_line(indent);
      members(*object, indent);
    } else if (const Array* array = value.if_array(); array != nullptr && !array->empty()) {
      // A list below a key stands at the key's own column, as kubectl prints it.
      const std::size_t column = after_key ? indent - 2 : indent;
      if (after_key) break_line(column);
      elements(*array, column);
    } else {
      if (after_key) out_ += ' ';
      scalar(value, indent);
      out_ += '\n';
    }
  }

 private:
  void break_line(std::size_t indent) {
    out_ += '\n';
    out_.append(indent, ' ');
  }

  void members(const Object& object, std::size_t indent) {
    bool first = true;
    for (const auto& [name, member] : object.members()) {
      if (!first) out_.append(indent, ' ');
      first = false;
      key(name, indent);
      value(member, indent + 2, true);
    }
  }

  void key(std::string_view name, std::size_t indent) {
    std::string text;
    if (is_plain(name)) {
      text = name;
    } else {
      write_quoted(name, text);
    }
    if (text.size() > kLongestSimpleKey) {
      out_ += "? ";
      out_ += text;
      break_line(indent);
    } else {
      out_ += text;
    }
    out_ += ':';
  }

  void elements(const Array& array, std::size_t indent) {
    bool first = true;
    for (const Value& element : array) {
      if (!first) out_.append(indent, ' ');
      first = false;
      out_ += "- ";
      value(element, indent + 2, false);
    }
  }

  void scalar(const Value& value, std::size_t indent) {
    const std::string* text = value.if_string();
    if (text == nullptr) {
      write(value, out_);  // also the empty containers
    } else if (is_plain(*text)) {
      out_ += *text;
    } else if (is_block(*text)) {
      block(*text, std::max<std::size_t>(indent, 2));
    } else {
      write_quoted(*text, out_);
    }
  }

  void block(std::string_view text, std::size_t indent) {
    out_ += text.ends_with('\n') ? "|" : "|-";
    if (text.ends_with('\n')) text.remove_suffix(1);
    for (bool more = true; more;) {
      const std::size_t stop = text.find('\n');
      const std::string_view line = text.substr(0, stop);
      if (line.empty()) {
        out_ += '\n';
      } else {
        break_line(indent);
        out_ += line;
      }
      more = stop != std::string_view::npos;
      if (more) text.remove_prefix(stop + 1);
    }
  }

  std::string& out_;
};

}  // namespace

std::string to_yaml(const Value& value) {
  std::string out;
  YamlWriter(out).value(value, 0, false);
  return out;
}

}  // namespace flotilla::json
