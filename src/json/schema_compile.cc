#include "json/schema_compile_internal.h"

#include <algorithm>
#include <array>
#include <limits>
#include <utility>

#include "json/decimal_internal.h"
#include "json/text_internal.h"

namespace flotilla::json {

std::string Source::where(std::string_view keyword) const {
  std::string out = node.where;
  append_pointer(keyword, out);
  return out;
}

std::unexpected<Error> Source::fault(std::string_view keyword, std::string what) const {
  return fail(invalid(where(keyword), std::move(what)));
}

Result<const Object*> Source::object(std::string_view keyword) const {
  const Value* value = find(keyword);
  if (value == nullptr) return nullptr;
  const Object* object = value->if_object();
  if (object == nullptr) return fault(keyword, "must be an object");
  return object;
}

Result<const Array*> Source::array(std::string_view keyword) const {
  const Value* value = find(keyword);
  if (value == nullptr) return nullptr;
  const Array* array = value->if_array();
  if (array == nullptr) return fault(keyword, "must be an array");
  return array;
}

Result<const Node*> Source::subschema(std::string_view keyword) const {
  const Value* value = find(keyword);
  if (value == nullptr) return nullptr;
  return compiler.node(*value);
}

Result<std::vector<const Node*>> Source::subschemas(std::string_view keyword) const {
  std::vector<const Node*> nodes;
  TRY(list, array(keyword));
  if (list == nullptr) return nodes;
  for (const Value& value : *list) {
    TRY(made, compiler.node(value));
    nodes.push_back(made);
  }
  return nodes;
}

Result<std::size_t> Source::count(std::string_view keyword, std::size_t otherwise) const {
  const Value* value = find(keyword);
  if (value == nullptr) return otherwise;
  const Number* number = value->if_number();
  const Decimal decimal = number != nullptr ? to_decimal(number->text) : Decimal{};
  if (number == nullptr || decimal.negative || !decimal.is_integer()) {
    return fault(keyword, "must be an integer from 0 on");
  }
  // What is too large to be counted to is as good as the largest.
  return value->as_uint64().value_or(std::numeric_limits<std::size_t>::max());
}

Compiler::Compiler(const SchemaOptions& options)
    : options_(options), index_(options), out_(std::make_unique<CompiledSchema>()) {}

Result<std::unique_ptr<CompiledSchema>> Compiler::run(const Value& schema) {
  out_->steps = options_.steps;
  out_->nesting = options_.nesting;
  out_->faults = std::max<std::size_t>(options_.faults, 1);
  TRY_VOID(index_.add_main(schema));
  out_->dialect = index_.spot(schema).resource->dialect.draft;
  TRY(root, node(schema));
  out_->root = root;
  while (!todo_.empty()) {
    const Value* next = todo_.front();
    todo_.pop_front();
    TRY_VOID(compile(*next, *nodes_.at(next)));
  }
  return std::move(out_);
}

Result<const Node*> Compiler::node(const Value& schema) {
  if (const auto made = nodes_.find(&schema); made != nodes_.end()) return made->second;
  const Spot& spot = index_.spot(schema);
  if (out_->nodes.size() >= options_.subschemas) {
    return fail(invalid(spot.where, "the schema has too many subschemas"));
  }
  out_->nodes.push_back(std::make_unique<Node>());
  Node* node = out_->nodes.back().get();
  nodes_.emplace(&schema, node);
  node->where = spot.where;
  if (const bool* constant = schema.if_bool()) {
    node->form = *constant ? Node::Form::always : Node::Form::never;
  } else {
    node->form = Node::Form::rules;
    todo_.push_back(&schema);
  }
  TRY_VOID(enter(*spot.resource));
  node->scope = spot.resource->scope;
  return node;
}

/// All dynamic anchors of a schema that is in use can be reached.
Result<> Compiler::enter(Resource& resource) {
  if (resource.scope != nullptr) return ok();
  out_->scopes.push_back(std::make_unique<Scope>());
  resource.scope = out_->scopes.back().get();
  for (const auto& [name, schema] : resource.dynamic_anchors) {
    TRY(target, node(*schema));
    resource.scope->dynamic_anchors.emplace(name, target);
  }
  return ok();
}

Result<> Compiler::compile(const Value& schema, Node& node) {
  const Source source{*this, *schema.if_object(), *index_.spot(schema).resource, node};
  const unsigned draft = source.draft() == SchemaDialect::draft7 ? kDraft7 : kDraft2020;
  const bool only_refers = draft == kDraft7 && source.find("$ref") != nullptr;
  for (const auto& list :
       {value_rules(), object_rules(), array_rules(), logic_rules(), unevaluated_rules()}) {
    for (const RuleMaker& maker : list) {
      if ((maker.drafts & draft) == 0) continue;
      if ((maker.vocabulary & source.resource.dialect.vocabularies) == 0) continue;
      if (only_refers && maker.keywords[0] != "$ref") continue;
      const bool present = std::ranges::any_of(maker.keywords, [&](std::string_view keyword) {
        return !keyword.empty() && source.find(keyword) != nullptr;
      });
      if (!present) continue;
      TRY(rule, maker.make(source));
      if (rule == nullptr) continue;
      if (!node.tracks) node.asserting = node.rules.size() + 1;
      node.rules.push_back(std::move(rule));
    }
  }
  if (node.rules.empty()) node.form = Node::Form::always;
  return ok();
}

Result<const Pattern*> Compiler::pattern(const std::string& text, const std::string& where) {
  if (const auto known = out_->patterns.find(text); known != out_->patterns.end()) {
    return known->second.get();
  }
  auto made = Pattern::compile(text, options_.pattern_memory);
  if (!made) return fail(invalid(where, std::move(made.error())));
  return out_->patterns.emplace(text, std::move(*made)).first->second.get();
}

Result<std::unique_ptr<const CompiledSchema>> compile_schema(const Value& schema,
                                                             const SchemaOptions& options) {
  TRY(compiled, Compiler(options).run(schema));
  return std::unique_ptr<const CompiledSchema>(std::move(compiled));
}

}  // namespace flotilla::json
