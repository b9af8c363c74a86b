#pragma once

#include <cstddef>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/result.h"
#include "json/schema.h"
#include "json/schema_internal.h"

namespace flotilla::json {

/// Bits of the vocabularies of 2020-12 that assert or apply something.
namespace vocabulary {
inline constexpr unsigned kCore = 1;
inline constexpr unsigned kApplicator = 2;
inline constexpr unsigned kUnevaluated = 4;
inline constexpr unsigned kValidation = 8;
inline constexpr unsigned kFormatAssertion = 16;
inline constexpr unsigned kStandard = kCore | kApplicator | kUnevaluated | kValidation;
}  // namespace vocabulary

/// Which keywords a schema understands.
struct Dialect {
  SchemaDialect draft = SchemaDialect::draft2020_12;
  unsigned vocabularies = vocabulary::kStandard;
};

/// A schema with a URI of its own.
struct Resource {
  std::string uri;  // without fragment; may be empty or relative for the main schema
  const Value* root = nullptr;
  Dialect dialect;
  std::map<std::string, const Value*, std::less<>> anchors;  // the dynamic ones too
  std::map<std::string, const Value*, std::less<>> dynamic_anchors;
  Scope* scope = nullptr;  // the compiler's
};

/// Where a subschema stands.
struct Spot {
  Resource* resource = nullptr;
  std::string where;  // as in Node
};

/// What `$ref` or `$dynamicRef` names.
struct Target {
  const Value* schema = nullptr;
  std::string dynamic_anchor;  // empty: the reference is no dynamic one
};

/// All subschemas of the documents in use, by their place in memory and by URI. The documents must
/// outlive it, unchanged.
class SchemaIndex {
 public:
  explicit SchemaIndex(const SchemaOptions& options) : options_(options) {}

  Result<> add_main(const Value& schema);
  /// Of a subschema that was reached from the main one.
  [[nodiscard]] const Spot& spot(const Value& schema) const { return spots_.at(&schema); }
  /// `where`: of the keyword that has the reference.
  Result<Target> find(Resource& from, const std::string& reference, const std::string& where);

 private:
  struct Walk {
    const Value* value;
    Resource* resource;
    std::string where;
  };
  Result<> measure(const Value& document, const std::string& where);
  Result<> add_document(const std::string& uri, const Value& document);
  Result<> scan(const Value& schema, Resource* resource, const std::string& where);
  Result<> scan_one(Walk step, std::vector<Walk>& next);
  Result<Resource*> open_resource(const Walk& step);
  Result<> add_anchors(const Walk& step);
  Result<> add_children(const Walk& step, std::vector<Walk>& next);
  Result<Dialect> dialect_of(const Value& schema, const Dialect& otherwise,
                             const std::string& where);
  Result<Dialect> custom_dialect(const Value& metaschema, const std::string& where);
  const Value* document(const std::string& uri);
  Result<Resource*> resource(const std::string& uri, const std::string& where);
  Result<const Value*> follow(Resource& from, const std::string& pointer, const std::string& where);

  SchemaOptions options_;
  std::size_t values_ = 0;
  std::size_t pointers_ = 0;
  std::size_t dialect_depth_ = 0;
  std::vector<std::unique_ptr<Resource>> resources_;
  std::map<std::string, Resource*, std::less<>> by_uri_;
  std::unordered_map<const Value*, Spot> spots_;
  std::map<std::string, std::unique_ptr<Value>, std::less<>> builtin_;
};

/// The text of the metaschema or of a vocabulary's part of it; empty for other URIs.
std::string_view builtin_schema(std::string_view uri);

}  // namespace flotilla::json
