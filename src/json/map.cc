#include "json/map.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/hash.h"
#include "base/suggest.h"
#include "json/number_internal.h"
#include "json/text_internal.h"

namespace flotilla::json {
namespace {

/// Whether `given` is the proto spelling of the JSON name: `context_id` of `contextId`.
bool is_proto_name(std::string_view given, std::string_view name) {
  std::size_t at = 0;
  bool raise = false;
  for (char c : given) {
    if (c == '_') {
      raise = true;
      continue;
    }
    if (raise && c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
    raise = false;
    if (at == name.size() || name[at] != c) return false;
    ++at;
  }
  return at == name.size() && !raise;
}

/// Index of the name, kNoMember if there is none. Members usually come in declared order: `hint`
/// is tried first.
std::size_t find_name(std::string_view given, std::span<const std::string_view> names,
                      std::size_t extra_index, std::size_t hint, bool proto_names) {
  if (hint < names.size() && names[hint] == given && hint != extra_index) return hint;
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (names[i] == given && i != extra_index) return i;
  }
  if (!proto_names || given.find('_') == std::string_view::npos) return kNoMember;
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (i != extra_index && is_proto_name(given, names[i])) return i;
  }
  return kNoMember;
}

bool refuse_unknown(ReadContext& context, std::string_view given,
                    std::span<const std::string_view> names) {
  if (const auto near = nearest(given, names)) {
    context.fail(fmt::format("unknown member, did you mean '{}'?", *near));
  } else if (names.empty()) {
    context.fail("unknown member, none is allowed here");
  } else {
    context.fail(fmt::format("unknown member, allowed are {}", fmt::join(names, ", ")));
  }
  return context.within(given);
}

/// The string of a value that must be one, null after a failure.
std::string* expect_string(ReadContext& context, Value& value) {
  std::string* text = value.if_string();
  if (text == nullptr) context.fail("expected string");
  return text;
}

}  // namespace

bool ReadContext::fail(std::string what) {
  what_ = std::move(what);
  return false;
}

bool ReadContext::within(std::string_view name) {
  path_.emplace_back();
  append_pointer(name, path_.back());
  return false;
}

bool ReadContext::within(std::size_t index) {
  return within(std::to_string(index));
}

Error ReadContext::error() const {
  std::string pointer = options_.at;
  for (auto step = path_.rbegin(); step != path_.rend(); ++step) pointer += *step;
  return invalid(std::move(pointer), what_);
}

bool read_bool(ReadContext& context, Value& value, bool& out) {
  const bool* flag = value.if_bool();
  if (flag == nullptr) return context.fail("expected boolean");
  out = *flag;
  return true;
}

bool read_signed(ReadContext& context, Value& value, std::int64_t low, std::int64_t high,
                 std::int64_t& out) {
  const Number* number = value.if_number();
  if (number == nullptr) return context.fail("expected integer");
  const auto wide = number_to_int64(number->text);
  if (!wide || *wide < low || *wide > high) {
    return context.fail(fmt::format("expected integer from {} to {}", low, high));
  }
  out = *wide;
  return true;
}

bool read_unsigned(ReadContext& context, Value& value, std::uint64_t high, std::uint64_t& out) {
  const Number* number = value.if_number();
  if (number == nullptr) return context.fail("expected integer");
  const auto wide = number_to_uint64(number->text);
  if (!wide || *wide > high) {
    return context.fail(fmt::format("expected integer from 0 to {}", high));
  }
  out = *wide;
  return true;
}

bool read_double(ReadContext& context, Value& value, double& out) {
  const auto number = value.as_double();
  if (!number) return context.fail("expected number");
  out = *number;
  return true;
}

bool read_string(ReadContext& context, Value& value, std::string& out) {
  std::string* text = expect_string(context, value);
  if (text == nullptr) return false;
  if (context.consume()) {
    out = std::move(*text);
  } else {
    out = *text;
  }
  return true;
}

bool read_time(ReadContext& context, Value& value, Time& out) {
  const std::string* text = expect_string(context, value);
  if (text == nullptr) return false;
  const auto time = parse_time(*text);
  if (!time) return context.fail("expected time as in RFC 3339, such as 2025-01-31T12:00:00Z");
  out = *time;
  return true;
}

bool read_duration(ReadContext& context, Value& value, Duration& out) {
  const std::string* text = expect_string(context, value);
  if (text == nullptr) return false;
  const auto duration = parse_duration(*text);
  if (!duration) return context.fail("expected duration such as 250ms, 30s or 1h30m");
  out = *duration;
  return true;
}

bool read_uuid(ReadContext& context, Value& value, Uuid& out) {
  const std::string* text = expect_string(context, value);
  if (text == nullptr) return false;
  const auto uuid = parse_uuid(*text);
  if (!uuid) return context.fail("expected UUID");
  out = *uuid;
  return true;
}

bool read_base64(ReadContext& context, Value& value, Base64& out) {
  const std::string* text = expect_string(context, value);
  if (text == nullptr) return false;
  auto bytes = decode_base64(*text);
  if (!bytes) return context.fail("expected base64");
  out.bytes = std::move(*bytes);
  return true;
}

bool read_value(ReadContext& context, Value& value, Value& out) {
  if (context.consume()) {
    out = std::move(value);
  } else {
    out = value;
  }
  return true;
}

bool read_object(ReadContext& context, Value& value, Object& out) {
  Object* object = expect_object(context, value);
  if (object == nullptr) return false;
  if (context.consume()) {
    out = std::move(*object);
  } else {
    out = *object;
  }
  return true;
}

bool read_array(ReadContext& context, Value& value, Array& out) {
  Array* array = expect_array(context, value);
  if (array == nullptr) return false;
  if (context.consume()) {
    out = std::move(*array);
  } else {
    out = *array;
  }
  return true;
}

Array* expect_array(ReadContext& context, Value& value) {
  Array* array = value.if_array();
  if (array == nullptr) context.fail("expected array");
  return array;
}

Object* expect_object(ReadContext& context, Value& value) {
  Object* object = value.if_object();
  if (object == nullptr) context.fail("expected object");
  return object;
}

bool read_enum(ReadContext& context, Value& value, std::span<const EnumName> names,
               std::int64_t& out) {
  std::vector<std::string_view> allowed;
  const std::string* text = value.if_string();
  const auto number = context.proto_names() ? value.as_int64() : std::nullopt;
  if (text == nullptr && !number) return context.fail("expected string");
  for (const EnumName& entry : names) {
    const bool match = text != nullptr ? *text == entry.name && !text->empty()
                                       : *number == entry.value && !entry.name.empty();
    if (match) {
      out = entry.value;
      return true;
    }
  }
  for (const EnumName& entry : names) {
    if (!entry.name.empty()) allowed.push_back(entry.name);
  }
  const std::string given = text != nullptr ? shorten(*text) : std::to_string(*number);
  return context.fail(
      fmt::format("unknown value '{}', allowed are {}", given, fmt::join(allowed, ", ")));
}

std::string_view enum_name(std::span<const EnumName> names, std::int64_t value) {
  for (const EnumName& entry : names) {
    if (entry.value == value) return entry.name;
  }
  return {};
}

bool match_members(ReadContext& context, Value& value, std::span<const std::string_view> names,
                   std::size_t extra_index, Value** found, Object* extra) {
  Object* object = expect_object(context, value);
  if (object == nullptr) return false;
  std::size_t hint = 0;
  for (auto& [name, member] : object->members()) {
    const std::size_t index = find_name(name, names, extra_index, hint, context.proto_names());
    if (index != kNoMember) {
      if (found[index] != nullptr) {
        context.fail("given twice, by its JSON and its proto name");
        return context.within(names[index]);
      }
      found[index] = &member;
      hint = index + 1;
    } else if (extra != nullptr) {
      Value kept;
      read_value(context, member, kept);
      extra->append(name, std::move(kept));
    } else if (context.strict()) {
      return refuse_unknown(context, name, names);
    }
  }
  return true;
}

void write_extra(const Object& extra, std::span<const std::string_view> names, std::string& out) {
  for (const auto& [name, member] : extra.members()) {
    if (std::ranges::find(names, name) != names.end() && name != "extra") continue;
    write_string(name, out);
    out += ':';
    write(member, out);
    out += ',';
  }
}

void set_extra(const Object& extra, std::span<const std::string_view> names, Object& out) {
  for (const auto& [name, member] : extra.members()) {
    if (std::ranges::find(names, name) != names.end() && name != "extra") continue;
    out.append(name, member);
  }
}

void end_members(std::string& out) {
  if (out.back() == ',') {
    out.back() = '}';
  } else {
    out += '}';
  }
}

void write_time(Time time, std::string& out) {
  out += '"';
  out += format_time(time);
  out += '"';
}

void write_duration(Duration duration, std::string& out) {
  out += '"';
  out += format_duration(duration);
  out += '"';
}

void write_uuid(const Uuid& uuid, std::string& out) {
  out += '"';
  out += uuid.to_string();
  out += '"';
}

void write_base64(const Base64& data, std::string& out) {
  out += '"';
  out += base64_text(data);
  out += '"';
}

void write_signed(std::int64_t value, std::string& out) {
  append_number(value, out);
}
void write_unsigned(std::uint64_t value, std::string& out) {
  append_number(value, out);
}
void write_double(double value, std::string& out) {
  append_number(value, out);
}
std::string base64_text(const Base64& data) {
  return base64(data.bytes);
}

}  // namespace flotilla::json
