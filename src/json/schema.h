#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/result.h"
#include "json/value.h"

namespace flotilla::json {

struct CompiledSchema;

/// What `$schema` may name.
enum class SchemaDialect : std::uint8_t { draft7, draft2020_12 };

struct SchemaOptions {
  /// For a schema without `$schema`.
  SchemaDialect dialect = SchemaDialect::draft2020_12;
  /// Whether `format` refuses values; else it only describes them, as 2020-12 has it.
  bool assert_formats = false;
  /// Documents that `$ref` and `$schema` may name, by absolute URI without fragment; nothing is
  /// ever fetched. Used during compile() only. The metaschemas of both dialects are always known.
  const std::map<std::string, Value>* documents = nullptr;
  std::size_t depth = 64;           // nesting of the schema's text
  std::size_t values = 200'000;     // JSON values in the schema and the documents it reaches
  std::size_t subschemas = 20'000;  // compiled ones
  std::size_t pattern_memory = std::size_t{32} << 20;  // bytes for all patterns and their caches
  /// Of one validation: a step is one keyword applied to one value, or some 32 bytes compared.
  std::size_t steps = 4'000'000;
  std::size_t nesting = 1'000;  // subschemas within each other, so that a `$ref` to itself ends
  std::size_t faults = 20;      // reported at most
};

/// One reason why a value does not match.
struct SchemaFault {
  std::string instance;  // JSON pointer into the value; empty: the value itself
  std::string keyword;   // JSON pointer into the schema, with URI and `#` if in another document
  std::string message;   // "must be at least 1, but is 0"
};

/// `/limit: must be at least 1, but is 0; /city: …`, for one who does not know the schema.
std::string to_string(const std::vector<SchemaFault>& faults);

/// A compiled JSON Schema of dialect 2020-12 or draft-07: all keywords of the specifications.
/// `pattern` runs in linear time; ECMA-262 expressions that need backtracking (look-around,
/// back references) are refused by compile(). Numbers are compared by their exact decimal value.
/// Immutable: any thread may validate at the same time.
class Schema {
 public:
  /// `schema` is not kept. Failures are invalid_argument with the JSON pointer of the keyword as
  /// field: a keyword's value of the wrong shape, an unknown dialect or reference, a pattern that
  /// cannot be expressed, a limit.
  static Result<std::shared_ptr<const Schema>> compile(const Value& schema,
                                                       const SchemaOptions& options = {});
  explicit Schema(std::unique_ptr<const CompiledSchema> compiled);
  ~Schema();
  Schema(const Schema&) = delete;
  Schema& operator=(const Schema&) = delete;

  /// Empty when the value matches. A validation that runs out of steps or nesting reports that as
  /// its only fault.
  [[nodiscard]] std::vector<SchemaFault> validate(const Value& value) const;
  /// Quicker: stops at the first fault.
  [[nodiscard]] bool valid(const Value& value) const;
  [[nodiscard]] SchemaDialect dialect() const;

 private:
  std::unique_ptr<const CompiledSchema> compiled_;
};

}  // namespace flotilla::json
