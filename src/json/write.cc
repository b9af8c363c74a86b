#include <algorithm>

#include "base/utf8.h"
#include "json/json.h"
#include "json/text_internal.h"

namespace flotilla::json {
namespace {

void append_escaped(unsigned char byte, std::string& out) {
  constexpr std::string_view kHex = "0123456789abcdef";
  switch (byte) {
    case '"':
      out += "\\\"";
      return;
    case '\\':
      out += "\\\\";
      return;
    case '\b':
      out += "\\b";
      return;
    case '\f':
      out += "\\f";
      return;
    case '\n':
      out += "\\n";
      return;
    case '\r':
      out += "\\r";
      return;
    case '\t':
      out += "\\t";
      return;
    default:
      out += "\\u00";
      out += kHex[byte >> 4];
      out += kHex[byte & 0xF];
  }
}

/// One growth instead of three: nearly every string comes here.
void write_plain(std::string_view text, std::string& out) {
  const std::size_t begin = out.size();
  const std::size_t end = begin + text.size() + 2;
  // The size that libstdc++ 12 hands to the function may be the new capacity.
  out.resize_and_overwrite(end, [&](char* to, std::size_t) {
    to[begin] = '"';
    std::copy(text.begin(), text.end(), to + begin + 1);
    to[end - 1] = '"';
    return end;
  });
}

void break_line(std::size_t level, std::string& out) {
  out += '\n';
  out.append(level * 2, ' ');
}

void write_pretty(const Value& value, std::size_t level, std::string& out) {
  bool first = true;
  const auto next = [&] {
    if (!first) out += ',';
    first = false;
    break_line(level + 1, out);
  };
  if (const Array* array = value.if_array(); array != nullptr && !array->empty()) {
    out += '[';
    for (const Value& element : *array) {
      next();
      write_pretty(element, level + 1, out);
    }
    break_line(level, out);
    out += ']';
  } else if (const Object* object = value.if_object(); object != nullptr && !object->empty()) {
    out += '{';
    for (const auto& [name, member] : object->members()) {
      next();
      write_string(name, out);
      out += ": ";
      write_pretty(member, level + 1, out);
    }
    break_line(level, out);
    out += '}';
  } else {
    write(value, out);
  }
}

void write_array(const Array& array, std::string& out) {
  out += '[';
  for (const Value& element : array) {
    write(element, out);
    out += ',';
  }
  if (array.empty()) {
    out += ']';
  } else {
    out.back() = ']';
  }
}

void write_object(const Object& object, std::string& out) {
  out += '{';
  for (const auto& [name, value] : object.members()) {
    write_string(name, out);
    out += ':';
    write(value, out);
    out += ',';
  }
  if (object.empty()) {
    out += '}';
  } else {
    out.back() = '}';
  }
}

}  // namespace

void write_string(std::string_view text, std::string& out) {
  const char* run = text.data();
  const char* end = run + text.size();
  const char* at = skip_plain(run, end);
  if (at == end) return write_plain(text, out);
  out += '"';
  for (; at != end; at = skip_plain(at, end)) {
    const auto byte = static_cast<unsigned char>(*at);
    if (byte >= 0x80) {
      const std::size_t length = utf8_sequence({at, end});
      if (length != 0) {
        at += length;
        continue;
      }
      out.append(run, at);
      out += "\xEF\xBF\xBD";  // U+FFFD
    } else {
      out.append(run, at);
      append_escaped(byte, out);
    }
    run = ++at;
  }
  out.append(run, at);
  out += '"';
}

void write(const Value& value, std::string& out) {
  switch (value.kind()) {
    case Kind::null:
      out += "null";
      return;
    case Kind::boolean:
      out += *value.if_bool() ? "true" : "false";
      return;
    case Kind::number:
      out += value.if_number()->text;
      return;
    case Kind::string:
      write_string(*value.if_string(), out);
      return;
    case Kind::array:
      write_array(*value.if_array(), out);
      return;
    case Kind::object:
      write_object(*value.if_object(), out);
      return;
  }
}

std::string to_string(const Value& value) {
  std::string out;
  write(value, out);
  return out;
}

std::string to_pretty_string(const Value& value) {
  std::string out;
  write_pretty(value, 0, out);
  return out;
}

}  // namespace flotilla::json
