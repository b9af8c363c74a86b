// Rules about arrays and their elements.

#include <algorithm>
#include <array>
#include <limits>

#include "json/schema_compile_internal.h"

namespace flotilla::json {
namespace {

/// The first elements by their places, the rest by one schema: `prefixItems` and `items`, in
/// draft-07 `items` and `additionalItems`.
class ItemsRule final : public Rule {
 public:
  ItemsRule(std::vector<const Node*> prefix, const Node* rest, std::string_view rest_keyword)
      : prefix_(std::move(prefix)), rest_(rest), rest_keyword_(rest_keyword) {}

  bool check(Run& run, const Subject& subject) const override {
    const Array* array = subject.value.if_array();
    if (array == nullptr) return true;
    if (subject.evaluated != nullptr) note(*subject.evaluated, array->size());
    if (rest_ != nullptr && rest_->form == Node::Form::never && array->size() > prefix_.size()) {
      return run.refuse(subject, rest_keyword_, "must have at most {} elements, but has {}",
                        prefix_.size(), array->size());
    }
    const bool skip_rest = rest_ == nullptr || rest_->form == Node::Form::always;
    const std::size_t count = skip_rest ? std::min(array->size(), prefix_.size()) : array->size();
    bool matches = true;
    for (std::size_t i = 0; i < count; ++i) {
      const Node& node = i < prefix_.size() ? *prefix_[i] : *rest_;
      if (run.check(node, (*array)[i], Place{&subject.place, nullptr, i})) continue;
      matches = false;
      if (!run.wants_faults()) return false;
    }
    return matches;
  }

 private:
  void note(Evaluated& evaluated, std::size_t size) const {
    if (rest_ != nullptr) return evaluated.add_all();
    for (std::size_t i = 0; i < std::min(size, prefix_.size()); ++i) evaluated.add(i);
  }
  std::vector<const Node*> prefix_;
  const Node* rest_;
  std::string_view rest_keyword_;
};

BuiltRule make_items(const Source& source) {
  TRY(prefix, source.subschemas("prefixItems"));
  TRY(rest, source.subschema("items"));
  return std::make_unique<ItemsRule>(std::move(prefix), rest, "items");
}

BuiltRule make_items_7(const Source& source) {
  const Value* items = source.find("items");
  if (items == nullptr || items->if_array() == nullptr) {
    TRY(all, source.subschema("items"));
    if (all == nullptr) return nullptr;  // additionalItems means nothing without a list
    return std::make_unique<ItemsRule>(std::vector<const Node*>{}, all, "items");
  }
  TRY(prefix, source.subschemas("items"));
  TRY(rest, source.subschema("additionalItems"));
  return std::make_unique<ItemsRule>(std::move(prefix), rest, "additionalItems");
}

class ElementCountRule final : public Rule {
 public:
  ElementCountRule(std::size_t least, std::size_t most) : least_(least), most_(most) {}
  bool check(Run& run, const Subject& subject) const override {
    const Array* array = subject.value.if_array();
    if (array == nullptr) return true;
    bool fits = true;
    if (array->size() < least_) {
      fits = run.refuse(subject, "minItems", "must have at least {} elements, but has {}", least_,
                        array->size());
    }
    if (array->size() > most_) {
      fits = run.refuse(subject, "maxItems", "must have at most {} elements, but has {}", most_,
                        array->size());
    }
    return fits;
  }

 private:
  std::size_t least_;
  std::size_t most_;
};

BuiltRule make_element_count(const Source& source) {
  TRY(least, source.count("minItems", 0));
  TRY(most, source.count("maxItems", std::numeric_limits<std::size_t>::max()));
  return std::make_unique<ElementCountRule>(least, most);
}

class UniqueRule final : public Rule {
 public:
  bool check(Run& run, const Subject& subject) const override {
    const Array* array = subject.value.if_array();
    if (array == nullptr || array->size() < 2) return true;
    std::vector<std::pair<std::string, std::size_t>> keys;
    keys.reserve(array->size());
    for (std::size_t i = 0; i < array->size(); ++i) {
      keys.emplace_back(equality_key((*array)[i]), i);
      if (!run.spend_bytes(keys.back().first.size())) return false;
    }
    std::ranges::sort(keys);
    const auto same =
        std::ranges::adjacent_find(keys, {}, &std::pair<std::string, std::size_t>::first);
    if (same == keys.end()) return true;
    return run.refuse(subject, "uniqueItems",
                      "must have no equal elements, but those at {} and {} are", same->second,
                      std::next(same)->second);
  }
};

BuiltRule make_unique_items(const Source& source) {
  const bool* wanted = source.find("uniqueItems")->if_bool();
  if (wanted == nullptr) return source.fault("uniqueItems", "must be true or false");
  if (!*wanted) return nullptr;
  return std::make_unique<UniqueRule>();
}

class ContainsRule final : public Rule {
 public:
  ContainsRule(const Node& node, std::size_t least, std::size_t most, bool tells)
      : node_(node), least_(least), most_(most), tells_(tells) {}
  bool check(Run& run, const Subject& subject) const override {
    const Array* array = subject.value.if_array();
    if (array == nullptr) return true;
    Evaluated* const evaluated = tells_ ? subject.evaluated : nullptr;
    const bool needs_all = evaluated != nullptr || most_ < array->size();
    std::size_t found = 0;
    for (std::size_t i = 0; i < array->size() && (needs_all || found < least_); ++i) {
      if (!run.probe(node_, (*array)[i], Place{&subject.place, nullptr, i})) continue;
      ++found;
      if (evaluated != nullptr) evaluated->add(i);
    }
    if (run.gave_up()) return false;
    if (found < least_) {
      if (least_ == 1)
        return run.refuse(subject, "contains",
                          "must have an element of the required form, but has none");
      return run.refuse(subject, "minContains",
                        "must have at least {} elements of the required form, but has {}", least_,
                        found);
    }
    if (found > most_) {
      return run.refuse(subject, "maxContains",
                        "must have at most {} elements of that form, but has {}", most_, found);
    }
    return true;
  }

 private:
  const Node& node_;
  std::size_t least_;
  std::size_t most_;
  bool tells_;  // whether matching elements count as evaluated
};

BuiltRule make_contains(const Source& source) {
  TRY(node, source.subschema("contains"));
  constexpr std::size_t kNoLimit = std::numeric_limits<std::size_t>::max();
  if (source.draft() == SchemaDialect::draft7) {
    return std::make_unique<ContainsRule>(*node, 1, kNoLimit, false);
  }
  // They belong to another vocabulary than `contains` itself.
  const bool counts = (source.resource.dialect.vocabularies & vocabulary::kValidation) != 0;
  std::size_t least = 1;
  std::size_t most = kNoLimit;
  if (counts) {
    TRY(given_least, source.count("minContains", least));
    TRY(given_most, source.count("maxContains", most));
    least = given_least;
    most = given_most;
  }
  return std::make_unique<ContainsRule>(*node, least, most, true);
}

constexpr auto kRules = std::to_array<RuleMaker>({
    {{"minItems", "maxItems"}, kBothDrafts, vocabulary::kValidation, make_element_count},
    {{"prefixItems", "items"}, kDraft2020, vocabulary::kApplicator, make_items},
    {{"items", "additionalItems"}, kDraft7, vocabulary::kApplicator, make_items_7},
    {{"uniqueItems"}, kBothDrafts, vocabulary::kValidation, make_unique_items},
    {{"contains"}, kBothDrafts, vocabulary::kApplicator, make_contains},
});

}  // namespace

std::span<const RuleMaker> array_rules() {
  return kRules;
}

}  // namespace flotilla::json
