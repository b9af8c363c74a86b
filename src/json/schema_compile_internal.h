#pragma once

#include <cstddef>
#include <deque>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>

#include "base/result.h"
#include "json/schema_index_internal.h"
#include "json/schema_internal.h"

namespace flotilla::json {

/// Makes nodes of subschemas, each one once.
class Compiler {
 public:
  explicit Compiler(const SchemaOptions& options);
  Result<std::unique_ptr<CompiledSchema>> run(const Value& schema);

  /// For rules: the node of a subschema, which may be compiled later.
  Result<const Node*> node(const Value& schema);
  Result<const Pattern*> pattern(const std::string& text, const std::string& where);
  [[nodiscard]] const SchemaOptions& options() const { return options_; }
  SchemaIndex& index() { return index_; }

 private:
  Result<> compile(const Value& schema, Node& node);
  Result<> enter(Resource& resource);

  SchemaOptions options_;
  SchemaIndex index_;
  std::unique_ptr<CompiledSchema> out_;
  std::unordered_map<const Value*, Node*> nodes_;
  std::deque<const Value*> todo_;  // have a node without rules
};

/// A subschema whose keywords are being compiled.
struct Source {
  Compiler& compiler;
  const Object& schema;
  Resource& resource;
  Node& node;

  [[nodiscard]] const Value* find(std::string_view keyword) const { return schema.find(keyword); }
  [[nodiscard]] SchemaDialect draft() const { return resource.dialect.draft; }
  [[nodiscard]] std::string where(std::string_view keyword) const;
  /// The keyword's value is not what it must be.
  [[nodiscard]] std::unexpected<Error> fault(std::string_view keyword, std::string what) const;
  // The keyword's value as that type; null when the keyword is absent, or a fault.
  Result<const Object*> object(std::string_view keyword) const;
  Result<const Array*> array(std::string_view keyword) const;
  Result<const Node*> subschema(std::string_view keyword) const;
  Result<std::vector<const Node*>> subschemas(std::string_view keyword) const;
  /// A count: an integer from 0 on; `otherwise` when it is absent.
  Result<std::size_t> count(std::string_view keyword, std::size_t otherwise) const;
};

using BuiltRule = Result<std::unique_ptr<const Rule>>;  // null: nothing to check
inline constexpr unsigned kDraft7 = 1;
inline constexpr unsigned kDraft2020 = 2;
inline constexpr unsigned kBothDrafts = kDraft7 | kDraft2020;

/// Makes one rule when any of the keywords is there.
struct RuleMaker {
  std::string_view keywords[3];  // the rest empty
  unsigned drafts;
  unsigned vocabulary;
  BuiltRule (*make)(const Source&);
};
// In the order of checking within each list.
std::span<const RuleMaker> value_rules();
std::span<const RuleMaker> object_rules();
std::span<const RuleMaker> array_rules();
std::span<const RuleMaker> logic_rules();
/// Must be last: they ask what the others saw.
std::span<const RuleMaker> unevaluated_rules();

Result<std::unique_ptr<const CompiledSchema>> compile_schema(const Value& schema,
                                                             const SchemaOptions& options);

}  // namespace flotilla::json
