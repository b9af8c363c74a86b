#include <algorithm>

#include "json/json.h"
#include "json/schema_internal.h"
#include "json/text_internal.h"

namespace flotilla::json {
namespace {

constexpr std::size_t kExplained = 3;  // faults of an alternative that are worth reading

}  // namespace

std::string to_pointer(const Place& place) {
  std::vector<const Place*> steps;
  for (const Place* at = &place; at->parent != nullptr; at = at->parent) steps.push_back(at);
  std::string out;
  for (auto step = steps.rbegin(); step != steps.rend(); ++step) {
    if ((*step)->name != nullptr) {
      append_pointer(*(*step)->name, out);
    } else {
      fmt::format_to(std::back_inserter(out), "/{}", (*step)->index);
    }
  }
  return out;
}

void Evaluated::add(std::size_t index) {
  if (index >= indices_.size()) indices_.resize(index + 1);
  indices_[index] = true;
}

void Evaluated::add(const Evaluated& other) {
  all_ = all_ || other.all_;
  for (std::size_t i = 0; i < other.indices_.size(); ++i) {
    if (other.indices_[i]) add(i);
  }
}

bool Evaluated::has(std::size_t index) const {
  return all_ || (index < indices_.size() && indices_[index]);
}

Run::Run(const CompiledSchema& schema, std::vector<SchemaFault>* faults)
    : faults_(faults), limit_(schema.faults), steps_(schema.steps), nesting_(schema.nesting) {}

bool Run::wants_faults() const {
  return faults_ != nullptr && faults_->size() < limit_ && !gave_up();
}

void Run::add_fault(const Place& place, const Node& node, std::string_view keyword,
                    std::string message) {
  SchemaFault fault{to_pointer(place), node.where, std::move(message)};
  if (!keyword.empty()) append_pointer(keyword, fault.keyword);
  faults_->push_back(std::move(fault));
}

bool Run::spend(std::size_t steps) {
  if (steps > steps_) {
    if (!gave_up()) why_ = "the value takes too long to check against this schema";
    steps_ = 0;
    return false;
  }
  steps_ -= steps;
  return true;
}

bool Run::check(const Node& node, const Value& value, const Place& place, Evaluated* evaluated) {
  if (node.form == Node::Form::always) return true;
  if (gave_up() || !spend(1)) return false;
  if (node.form == Node::Form::never) {
    if (wants_faults()) add_fault(place, node, {}, "is not allowed here");
    return false;
  }
  if (nesting_ == 0) {
    why_ = "the schema refers to itself without end for this value, or nests too deeply";
    return false;
  }
  --nesting_;
  const bool enters = scopes_.empty() || scopes_.back() != node.scope;
  if (enters) scopes_.push_back(node.scope);
  const bool matches = apply(node, value, place, evaluated);
  if (enters) scopes_.pop_back();
  ++nesting_;
  return matches;
}

bool Run::apply(const Node& node, const Value& value, const Place& place, Evaluated* evaluated) {
  // What the keywords beside this schema saw is not for its own unevaluated keywords.
  Evaluated own;
  const Subject subject{value, place, node, node.tracks ? &own : evaluated};
  bool matches = true;
  for (std::size_t i = 0; i < node.rules.size(); ++i) {
    if (!spend(1) || (!matches && i == node.asserting)) return false;
    if (node.rules[i]->check(*this, subject)) continue;
    matches = false;
    if (!wants_faults()) return false;
  }
  if (matches && node.tracks && evaluated != nullptr) merge(*evaluated, own);
  return matches;
}

bool Run::probe(const Node& node, const Value& value, const Place& place, Evaluated* evaluated) {
  std::vector<SchemaFault>* const faults = std::exchange(faults_, nullptr);
  const bool matches = check(node, value, place, evaluated);
  faults_ = faults;
  return matches;
}

std::vector<SchemaFault> Run::explain(const Node& node, const Subject& subject) {
  std::vector<SchemaFault> found;
  std::vector<SchemaFault>* const faults = std::exchange(faults_, &found);
  const std::size_t limit = std::exchange(limit_, kExplained);
  Evaluated seen;
  std::ignore = check(node, subject.value, subject.place,
                      subject.evaluated != nullptr ? &seen : nullptr);  // only its faults matter
  faults_ = faults;
  limit_ = limit;
  return found;
}

void Run::merge(Evaluated& into, const Evaluated& seen) {
  if (spend_bytes(seen.size())) into.add(seen);
}

const Node* Run::dynamic_target(std::string_view anchor) {
  spend(scopes_.size());
  for (const Scope* scope : scopes_) {
    const auto found = scope->dynamic_anchors.find(anchor);
    if (found != scope->dynamic_anchors.end()) return found->second;
  }
  return nullptr;
}

}  // namespace flotilla::json
