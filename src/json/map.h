#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "json/json.h"
#include "json/map_types.h"
#include "json/value.h"

/// Structs to JSON and back without per-field code: describe the struct with
/// BOOST_DESCRIBE_STRUCT (enums: BOOST_DESCRIBE_ENUM) and use read<T>() and write().
///
/// Reading
/// - std::optional, vectors, std::map<std::string, T> and json::Object may be absent; `null` equals
///   absent, except for optional<json::Value>, where a present null is the value null.
/// - Other members are required, unless the struct has `static constexpr` opt-out by
///   `constexpr bool has_defaults(const T*)` (found by ADL): then an absent member keeps its
///   member initialiser.
/// - Numbers must fit. bool, integers, double, std::string, Time (RFC 3339), Base64, enums,
///   json::Value, json::Object, json::Array, described structs, Id<Tag>, Uuid, Duration (`30s`),
///   std::unique_ptr<T> (as optional, for recursive types). Described bases count.
/// - A member named `extra` of type json::Object takes what no other member takes (and is written
///   back, flattened).
/// - Errors are invalid_argument with the JSON pointer as field:
///   "/params/parts/0: expected string".
///
/// Writing
/// - Declaration order; absent optionals and empty vectors, maps and Objects are left out, unless
///   `constexpr bool always_written(const T*, std::string_view member)` (ADL) says otherwise.
/// - Strings, numbers and bools that are not optional are always written.
///
/// Names: a trailing underscore is dropped (`default_` is `default`, `protected_` is `protected`).
/// Enums map by enumerator name (trailing underscore dropped), or by `wire_name(E)` ->
/// std::string_view (ADL; empty: the enumerator does not exist on the wire).
namespace flotilla::json {

template <class T>
Result<T> read(const Value& value, const ReadOptions& options = {});
/// The same, moving strings and values out of `value` instead of copying them.
template <class T>
Result<T> read(Value&& value, const ReadOptions& options = {});
/// Parses and reads.
template <class T>
Result<T> from_text(std::string_view text, const ReadOptions& options = {});

/// Appends compact JSON of a described struct (or any supported type) to `out`.
template <class T>
void write(const T& data, std::string& out);
template <class T>
std::string to_text(const T& data);
template <class T>
Value to_value(const T& data);

}  // namespace flotilla::json

#include "json/map_internal.h"
