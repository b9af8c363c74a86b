#pragma once

// The templates behind json/map.h. They only walk the described members; what does not depend on
// the type (errors, name matching, scalars) is compiled once in map.cc.

#include <string>
#include <string_view>
#include <utility>

#include "base/result.h"
#include "json/json.h"
#include "json/map.h"
#include "json/map_read_internal.h"
#include "json/map_write_internal.h"
#include "json/value.h"

namespace flotilla::json {

template <class T>
Result<T> read(const Value& value, const ReadOptions& options) {
  ReadContext context(options, false);
  T out{};
  // Nothing is changed without `consume`; one reader serves both ways.
  if (!map_read(context, const_cast<Value&>(value), out)) return fail(context.error());
  return out;
}

template <class T>
Result<T> read(Value&& value, const ReadOptions& options) {
  ReadContext context(options, true);
  T out{};
  if (!map_read(context, value, out)) return fail(context.error());
  return out;
}

template <class T>
Result<T> from_text(std::string_view text, const ReadOptions& options) {
  TRY(value, parse(text));
  return read<T>(std::move(value), options);
}

template <class T>
void write(const T& data, std::string& out) {
  map_write(data, out);
}

template <class T>
std::string to_text(const T& data) {
  std::string out;
  map_write(data, out);
  return out;
}

template <class T>
Value to_value(const T& data) {
  return map_to_value(data);
}

}  // namespace flotilla::json
