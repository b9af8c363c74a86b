// Rules that apply other schemas to the same value, and the unevaluated ones.

#include <algorithm>
#include <array>

#include "json/schema_compile_internal.h"

namespace flotilla::json {
namespace {

class ReferenceRule final : public Rule {
 public:
  ReferenceRule(const Node& target, std::string dynamic_anchor)
      : target_(target), dynamic_anchor_(std::move(dynamic_anchor)) {}
  bool check(Run& run, const Subject& subject) const override {
    const Node* dynamic = dynamic_anchor_.empty() ? nullptr : run.dynamic_target(dynamic_anchor_);
    return run.check(dynamic != nullptr ? *dynamic : target_, subject.value, subject.place,
                     subject.evaluated);
  }

 private:
  const Node& target_;
  std::string dynamic_anchor_;
};

template <bool kDynamic>
BuiltRule make_reference(const Source& source) {
  constexpr std::string_view kKeyword = kDynamic ? "$dynamicRef" : "$ref";
  const std::string* reference = source.find(kKeyword)->if_string();
  if (reference == nullptr) return source.fault(kKeyword, "must be a string");
  TRY(target, source.compiler.index().find(source.resource, *reference, source.where(kKeyword)));
  TRY(node, source.compiler.node(*target.schema));
  if (!kDynamic) target.dynamic_anchor.clear();
  return std::make_unique<ReferenceRule>(*node, std::move(target.dynamic_anchor));
}

class AllRule final : public Rule {
 public:
  explicit AllRule(std::vector<const Node*> nodes) : nodes_(std::move(nodes)) {}
  bool check(Run& run, const Subject& subject) const override {
    bool matches = true;
    for (const Node* node : nodes_) {
      if (run.check(*node, subject.value, subject.place, subject.evaluated)) continue;
      matches = false;
      if (!run.wants_faults()) return false;
    }
    return matches;
  }

 private:
  std::vector<const Node*> nodes_;
};

/// Tells which alternative comes nearest and why it does not match either: the one whose first
/// fault lies deepest in the value, for the others mostly differ in type.
bool refuse_alternatives(Run& run, const Subject& subject, std::string_view keyword,
                         const std::vector<const Node*>& nodes) {
  if (!run.wants_faults()) return false;
  constexpr std::size_t kExplained = 32;  // alternatives
  std::vector<SchemaFault> nearest;
  std::size_t number = 0;
  for (std::size_t i = 0; i < std::min(nodes.size(), kExplained); ++i) {
    auto faults = run.explain(*nodes[i], subject);
    if (faults.empty()) continue;
    const bool nearer =
        nearest.empty() || faults[0].instance.size() > nearest[0].instance.size() ||
        (faults[0].instance.size() == nearest[0].instance.size() &&
         faults[0].keyword.ends_with("/type") < nearest[0].keyword.ends_with("/type"));
    if (!nearer) continue;
    nearest = std::move(faults);
    number = i + 1;
  }
  if (nearest.empty())
    return run.refuse(subject, keyword, "matches none of the {} forms", nodes.size());
  return run.refuse(subject, keyword, "matches none of the {} forms; the nearest, form {}, says {}",
                    nodes.size(), number, to_string(nearest));
}

class AnyRule final : public Rule {
 public:
  explicit AnyRule(std::vector<const Node*> nodes) : nodes_(std::move(nodes)) {}
  bool check(Run& run, const Subject& subject) const override {
    bool matches = false;
    for (const Node* node : nodes_) {
      Evaluated seen;
      Evaluated* const evaluated = subject.evaluated != nullptr ? &seen : nullptr;
      if (!run.probe(*node, subject.value, subject.place, evaluated)) continue;
      matches = true;
      if (evaluated == nullptr) return true;
      run.merge(*subject.evaluated, seen);
    }
    return matches || refuse_alternatives(run, subject, "anyOf", nodes_);
  }

 private:
  std::vector<const Node*> nodes_;
};

class OneRule final : public Rule {
 public:
  explicit OneRule(std::vector<const Node*> nodes) : nodes_(std::move(nodes)) {}
  bool check(Run& run, const Subject& subject) const override {
    std::size_t first = 0;
    for (std::size_t i = 0; i < nodes_.size(); ++i) {
      Evaluated seen;
      Evaluated* const evaluated = subject.evaluated != nullptr ? &seen : nullptr;
      if (!run.probe(*nodes_[i], subject.value, subject.place, evaluated)) continue;
      if (first != 0) {
        return run.refuse(subject, "oneOf",
                          "must match only one of the {} forms, but matches {} and {}",
                          nodes_.size(), first, i + 1);
      }
      first = i + 1;
      if (evaluated != nullptr) run.merge(*subject.evaluated, seen);
    }
    return first != 0 || refuse_alternatives(run, subject, "oneOf", nodes_);
  }

 private:
  std::vector<const Node*> nodes_;
};

template <class R>
BuiltRule make_list(const Source& source, std::string_view keyword) {
  TRY(nodes, source.subschemas(keyword));
  if (nodes.empty()) return source.fault(keyword, "must have a schema");
  return std::make_unique<R>(std::move(nodes));
}
BuiltRule make_all(const Source& source) {
  return make_list<AllRule>(source, "allOf");
}
BuiltRule make_any(const Source& source) {
  return make_list<AnyRule>(source, "anyOf");
}
BuiltRule make_one(const Source& source) {
  return make_list<OneRule>(source, "oneOf");
}

class NotRule final : public Rule {
 public:
  explicit NotRule(const Node& node) : node_(node) {}
  bool check(Run& run, const Subject& subject) const override {
    if (!run.probe(node_, subject.value, subject.place)) return !run.gave_up();
    return run.refuse(subject, "not", "has a form that is not allowed");
  }

 private:
  const Node& node_;
};

BuiltRule make_not(const Source& source) {
  TRY(node, source.subschema("not"));
  return std::make_unique<NotRule>(*node);
}

class IfRule final : public Rule {
 public:
  IfRule(const Node& condition, const Node* then, const Node* otherwise)
      : condition_(condition), then_(then), otherwise_(otherwise) {}
  bool check(Run& run, const Subject& subject) const override {
    Evaluated seen;
    const bool holds = run.probe(condition_, subject.value, subject.place,
                                 subject.evaluated != nullptr ? &seen : nullptr);
    if (run.gave_up()) return false;
    if (holds && subject.evaluated != nullptr) run.merge(*subject.evaluated, seen);
    const Node* next = holds ? then_ : otherwise_;
    return next == nullptr || run.check(*next, subject.value, subject.place, subject.evaluated);
  }

 private:
  const Node& condition_;
  const Node* then_;
  const Node* otherwise_;
};

BuiltRule make_if(const Source& source) {
  TRY(condition, source.subschema("if"));
  TRY(then, source.subschema("then"));
  TRY(otherwise, source.subschema("else"));
  return std::make_unique<IfRule>(*condition, then, otherwise);
}

class UnevaluatedMembersRule final : public Rule {
 public:
  explicit UnevaluatedMembersRule(const Node& node) : node_(node) {}
  bool check(Run& run, const Subject& subject) const override {
    const Object* object = subject.value.if_object();
    if (object == nullptr) return true;
    bool matches = true;
    for (std::size_t i = 0; i < object->size(); ++i) {
      if (subject.evaluated->has(i)) continue;
      const auto& [name, value] = object->members()[i];
      const Place place{&subject.place, &name, 0};
      if (node_.form == Node::Form::never) {
        const Subject at{value, place, subject.node, nullptr};
        matches = run.refuse(at, "unevaluatedProperties", "no such member is allowed here");
      } else if (!run.check(node_, value, place)) {
        matches = false;
      }
      if (!matches && !run.wants_faults()) return false;
    }
    if (matches) subject.evaluated->add_all();
    return matches;
  }

 private:
  const Node& node_;
};

class UnevaluatedElementsRule final : public Rule {
 public:
  explicit UnevaluatedElementsRule(const Node& node) : node_(node) {}
  bool check(Run& run, const Subject& subject) const override {
    const Array* array = subject.value.if_array();
    if (array == nullptr) return true;
    bool matches = true;
    for (std::size_t i = 0; i < array->size(); ++i) {
      if (subject.evaluated->has(i)) continue;
      const Place place{&subject.place, nullptr, i};
      if (node_.form == Node::Form::never) {
        const Subject at{(*array)[i], place, subject.node, nullptr};
        matches = run.refuse(at, "unevaluatedItems", "no such element is allowed here");
      } else if (!run.check(node_, (*array)[i], place)) {
        matches = false;
      }
      if (!matches && !run.wants_faults()) return false;
    }
    if (matches) subject.evaluated->add_all();
    return matches;
  }

 private:
  const Node& node_;
};

template <class R>
BuiltRule make_unevaluated(const Source& source, std::string_view keyword) {
  TRY(node, source.subschema(keyword));
  source.node.tracks = true;
  return std::make_unique<R>(*node);
}
BuiltRule make_unevaluated_members(const Source& source) {
  return make_unevaluated<UnevaluatedMembersRule>(source, "unevaluatedProperties");
}
BuiltRule make_unevaluated_elements(const Source& source) {
  return make_unevaluated<UnevaluatedElementsRule>(source, "unevaluatedItems");
}

constexpr auto kRules = std::to_array<RuleMaker>({
    {{"$ref"}, kBothDrafts, vocabulary::kCore, make_reference<false>},
    {{"$dynamicRef"}, kDraft2020, vocabulary::kCore, make_reference<true>},
    {{"allOf"}, kBothDrafts, vocabulary::kApplicator, make_all},
    {{"if"}, kBothDrafts, vocabulary::kApplicator, make_if},
    {{"anyOf"}, kBothDrafts, vocabulary::kApplicator, make_any},
    {{"oneOf"}, kBothDrafts, vocabulary::kApplicator, make_one},
    {{"not"}, kBothDrafts, vocabulary::kApplicator, make_not},
});
constexpr auto kUnevaluatedRules = std::to_array<RuleMaker>({
    {{"unevaluatedProperties"}, kDraft2020, vocabulary::kUnevaluated, make_unevaluated_members},
    {{"unevaluatedItems"}, kDraft2020, vocabulary::kUnevaluated, make_unevaluated_elements},
});

}  // namespace

std::span<const RuleMaker> logic_rules() {
  return kRules;
}
std::span<const RuleMaker> unevaluated_rules() {
  return kUnevaluatedRules;
}

}  // namespace flotilla::json
