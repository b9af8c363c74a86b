// Rules about objects and their members.

#include <algorithm>
#include <array>
#include <limits>
#include <map>
#include <utility>
#include <vector>

#include "json/schema_compile_internal.h"
#include "json/text_internal.h"

namespace flotilla::json {
namespace {

constexpr std::size_t kNamesShown = 10;
constexpr std::size_t kLinearLookups = 256;  // member comparisons below which nothing is sorted

std::string in_quotes(std::string_view name) {
  return '"' + shorten(name) + '"';
}

/// Finds several names in one object without going through its members for each.
class Names {
 public:
  Names(const Object& object, std::size_t lookups) : object_(object) {
    if (object.size() * lookups <= kLinearLookups) return;
    for (const auto& [name, value] : object.members()) sorted_.push_back(name);
    std::ranges::sort(sorted_);
  }
  [[nodiscard]] bool has(std::string_view name) const {
    return sorted_.empty() ? object_.find(name) != nullptr
                           : std::ranges::binary_search(sorted_, name);
  }

 private:
  const Object& object_;
  std::vector<std::string_view> sorted_;  // not hashed: names may be made to collide
};

class RequiredRule final : public Rule {
 public:
  explicit RequiredRule(std::vector<std::string> names) : names_(std::move(names)) {}
  bool check(Run& run, const Subject& subject) const override {
    const Object* object = subject.value.if_object();
    if (object == nullptr) return true;
    if (!run.spend(names_.size() + object->size() / 4)) return false;
    const Names present(*object, names_.size());
    bool complete = true;
    for (const std::string& name : names_) {
      if (present.has(name)) continue;
      complete = run.refuse(subject, "required", "lacks the required member {}", in_quotes(name));
      if (!run.wants_faults()) return false;
    }
    return complete;
  }

 private:
  std::vector<std::string> names_;
};

Result<std::vector<std::string>> string_list(const Source& source, std::string_view keyword,
                                             const Value& value) {
  std::vector<std::string> names;
  const Array* array = value.if_array();
  if (array == nullptr) return source.fault(keyword, "must be an array of member names");
  for (const Value& element : *array) {
    const std::string* name = element.if_string();
    if (name == nullptr) return source.fault(keyword, "must have only strings");
    names.push_back(*name);
  }
  return names;
}

BuiltRule make_required(const Source& source) {
  TRY(names, string_list(source, "required", *source.find("required")));
  if (names.empty()) return nullptr;
  return std::make_unique<RequiredRule>(std::move(names));
}

class MemberCountRule final : public Rule {
 public:
  MemberCountRule(std::size_t least, std::size_t most) : least_(least), most_(most) {}
  bool check(Run& run, const Subject& subject) const override {
    const Object* object = subject.value.if_object();
    if (object == nullptr) return true;
    const std::size_t count = object->size();
    bool fits = true;
    if (count < least_) {
      fits = run.refuse(subject, "minProperties", "must have at least {} members, but has {}",
                        least_, count);
    }
    if (count > most_) {
      fits = run.refuse(subject, "maxProperties", "must have at most {} members, but has {}", most_,
                        count);
    }
    return fits;
  }

 private:
  std::size_t least_;
  std::size_t most_;
};

BuiltRule make_member_count(const Source& source) {
  TRY(least, source.count("minProperties", 0));
  TRY(most, source.count("maxProperties", std::numeric_limits<std::size_t>::max()));
  return std::make_unique<MemberCountRule>(least, most);
}

struct NamePattern {
  const Pattern* pattern;
  const Node* node;
};

/// `properties`, `patternProperties` and `additionalProperties`, which covers what the others
/// don't.
class PropertiesRule final : public Rule {
 public:
  std::map<std::string, const Node*, std::less<>> named;
  std::vector<std::string> order;  // of the names, for messages
  std::vector<NamePattern> patterns;
  const Node* additional = nullptr;

  bool check(Run& run, const Subject& subject) const override {
    const Object* object = subject.value.if_object();
    if (object == nullptr) return true;
    bool matches = true;
    for (std::size_t i = 0; i < object->size(); ++i) {
      const auto& [name, value] = object->members()[i];
      if (!run.spend_bytes(name.size())) return false;
      const Place place{&subject.place, &name, 0};
      bool covered = false;
      const bool fits = check_member(run, subject, name, value, place, covered);
      if (covered && subject.evaluated != nullptr) subject.evaluated->add(i);
      if (fits) continue;
      matches = false;
      if (!run.wants_faults()) return false;
    }
    return matches;
  }

 private:
  bool check_member(Run& run, const Subject& subject, const std::string& name, const Value& value,
                    const Place& place, bool& covered) const {
    bool fits = true;
    if (const auto known = named.find(name); known != named.end()) {
      covered = true;
      fits = run.check(*known->second, value, place);
    }
    for (const NamePattern& one : patterns) {
      if (!run.spend(one.pattern->cost(name.size()))) return false;
      if (!one.pattern->matches(name)) continue;
      covered = true;
      fits = run.check(*one.node, value, place) && fits;
    }
    if (covered || additional == nullptr) return fits;
    covered = true;
    if (additional->form != Node::Form::never) return run.check(*additional, value, place);
    return !run.wants_faults() ? false : refuse_member(run, subject, place, name);
  }

  bool refuse_member(Run& run, const Subject& subject, const Place& place,
                     const std::string& name) const {
    const Subject at{subject.value, place, subject.node, nullptr};
    if (order.empty()) {
      return run.refuse(at, "additionalProperties", "no member {} is allowed here",
                        in_quotes(name));
    }
    std::vector<std::string> known;
    for (const std::string& one : order) {
      if (known.size() < kNamesShown) known.push_back(in_quotes(one));
    }
    return run.refuse(at, "additionalProperties",
                      "no member {} is allowed here: the known ones are {}{}", in_quotes(name),
                      fmt::join(known, ", "), order.size() > kNamesShown ? ", …" : "");
  }
};

BuiltRule make_properties(const Source& source) {
  auto rule = std::make_unique<PropertiesRule>();
  TRY(properties, source.object("properties"));
  if (properties != nullptr) {
    for (const auto& [name, schema] : properties->members()) {
      TRY(node, source.compiler.node(schema));
      rule->named.emplace(name, node);
      rule->order.push_back(name);
    }
  }
  TRY(patterns, source.object("patternProperties"));
  if (patterns != nullptr) {
    for (const auto& [text, schema] : patterns->members()) {
      std::string where = source.where("patternProperties");
      append_pointer(text, where);
      TRY(pattern, source.compiler.pattern(text, where));
      TRY(node, source.compiler.node(schema));
      rule->patterns.push_back({pattern, node});
    }
  }
  TRY(additional, source.subschema("additionalProperties"));
  rule->additional = additional;
  return rule;
}

class NamesRule final : public Rule {
 public:
  explicit NamesRule(const Node& node) : node_(node) {}
  bool check(Run& run, const Subject& subject) const override {
    const Object* object = subject.value.if_object();
    if (object == nullptr) return true;
    bool matches = true;
    for (const auto& [name, value] : object->members()) {
      const Value text(name);
      const Place place{&subject.place, &name, 0};
      if (run.probe(node_, text, place)) continue;
      matches = false;
      if (!run.wants_faults()) return false;
      const Subject as_name{text, place, node_, nullptr};
      const auto why = run.explain(node_, as_name);
      const Subject at{subject.value, place, subject.node, nullptr};
      run.refuse(at, "propertyNames", "the member's name is not allowed: {}",
                 why.empty() ? "it does not match" : why.front().message);
    }
    return matches;
  }

 private:
  const Node& node_;
};

BuiltRule make_names(const Source& source) {
  TRY(node, source.subschema("propertyNames"));
  return std::make_unique<NamesRule>(*node);
}

/// `dependentRequired`, `dependentSchemas` and draft-07's `dependencies`, which is both.
class DependentRule final : public Rule {
 public:
  struct Dependency {
    std::string name;
    std::vector<std::string> required;
    const Node* node = nullptr;
    std::string_view keyword;
  };
  std::vector<Dependency> dependencies;

  bool check(Run& run, const Subject& subject) const override {
    const Object* object = subject.value.if_object();
    if (object == nullptr) return true;
    if (!run.spend(dependencies.size() + object->size() / 4)) return false;
    const Names present(*object, dependencies.size());
    bool matches = true;
    for (const Dependency& one : dependencies) {
      if (!present.has(one.name) || holds(run, subject, *object, one)) continue;
      matches = false;
      if (!run.wants_faults()) return false;
    }
    return matches;
  }

 private:
  static bool holds(Run& run, const Subject& subject, const Object& object, const Dependency& one) {
    if (one.node != nullptr) {
      return run.check(*one.node, subject.value, subject.place, subject.evaluated);
    }
    if (!run.spend(one.required.size())) return false;
    const Names present(object, one.required.size());
    for (const std::string& name : one.required) {
      if (present.has(name)) continue;
      return run.refuse(subject, one.keyword, "lacks the member {}, which is required beside {}",
                        in_quotes(name), in_quotes(one.name));
    }
    return true;
  }
};

Result<> add_dependencies(const Source& source, std::string_view keyword, DependentRule& rule) {
  TRY(map, source.object(keyword));
  if (map == nullptr) return ok();
  for (const auto& [name, value] : map->members()) {
    DependentRule::Dependency one{name, {}, nullptr, keyword};
    const bool names = keyword == "dependentRequired" ||
                       (keyword == "dependencies" && value.if_array() != nullptr);
    if (names) {
      TRY(required, string_list(source, keyword, value));
      one.required = std::move(required);
    } else {
      TRY(node, source.compiler.node(value));
      one.node = node;
    }
    rule.dependencies.push_back(std::move(one));
  }
  return ok();
}

template <bool kRequired>
BuiltRule make_dependent(const Source& source) {
  auto rule = std::make_unique<DependentRule>();
  if (kRequired) {
    TRY_VOID(add_dependencies(source, "dependentRequired", *rule));
  } else {
    TRY_VOID(add_dependencies(source, "dependencies", *rule));
    if (source.draft() != SchemaDialect::draft7) {
      TRY_VOID(add_dependencies(source, "dependentSchemas", *rule));
    }
  }
  return rule;
}

constexpr auto kRules = std::to_array<RuleMaker>({
    {{"required"}, kBothDrafts, vocabulary::kValidation, make_required},
    {{"minProperties", "maxProperties"}, kBothDrafts, vocabulary::kValidation, make_member_count},
    {{"dependentRequired"}, kDraft2020, vocabulary::kValidation, make_dependent<true>},
    {{"properties", "patternProperties", "additionalProperties"},
     kBothDrafts,
     vocabulary::kApplicator,
     make_properties},
    {{"propertyNames"}, kBothDrafts, vocabulary::kApplicator, make_names},
    {{"dependencies"}, kDraft7, vocabulary::kApplicator, make_dependent<false>},
    {{"dependentSchemas", "dependencies"},
     kDraft2020,
     vocabulary::kApplicator,
     make_dependent<false>},
});

}  // namespace

std::span<const RuleMaker> object_rules() {
  return kRules;
}

}  // namespace flotilla::json
