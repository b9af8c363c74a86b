#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "json/value.h"

namespace flotilla::json {

/// Limits are checked while parsing, before memory is spent.
struct ParseLimits {
  std::size_t depth = 64;
  std::size_t size = std::size_t{16} << 20;  // bytes
  std::size_t values = 1'000'000;            // values in all
};

/// Strict RFC 8259: duplicate members, invalid UTF-8, lone surrogates, trailing text, NaN and
/// numbers beyond double range are refused (reason PARSE_ERROR), with the JSON pointer of the
/// fault and the byte offset in the message.
Result<Value> parse(std::string_view text, const ParseLimits& limits = {});

/// Compact text, appended to `out`; never fails.
void write(const Value& value, std::string& out);
std::string to_string(const Value& value);
/// Two-space indentation, for people.
std::string to_pretty_string(const Value& value);

/// Appends a quoted, escaped string; invalid UTF-8 becomes U+FFFD.
void write_string(std::string_view text, std::string& out);

/// YAML 1.2 core schema through yaml-cpp: quoted scalars stay strings, plain ones get their type
/// (`0123` and `yes` are strings, `.inf` is refused). Duplicate keys, unknown tags, keys that are
/// not scalars, and aliases that expand beyond the limits of parse() are refused. A failure (reason
/// PARSE_ERROR) names line and column.
Result<Value> parse_yaml(std::string_view text);
/// Several documents separated by `---`; empty ones are left out.
Result<Array> parse_yaml_documents(std::string_view text);
/// Block style for people; strings that another reader could take for something else are quoted.
std::string to_yaml(const Value& value);

/// One key of a flat file: its scalars as they are written (`0123` stays `0123`), none for `key:`.
struct YamlEntry {
  std::string key;
  std::vector<std::string> values;
  int line = 0;  // of the key, from 1
};
/// For configuration: one mapping of names to scalars or lists of scalars, in file order. An empty
/// text has no entries.
Result<std::vector<YamlEntry>> parse_flat_yaml(std::string_view text);

}  // namespace flotilla::json
