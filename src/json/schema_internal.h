#pragma once

// The compiled form of a schema and how it is applied to a value. Rules (schema_*_rules.cc) are
// made by the compiler (schema_compile.cc) and applied by Run (schema_run.cc).

#include <fmt/format.h>

#include <cstddef>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "json/schema.h"
#include "json/schema_pattern_internal.h"

namespace flotilla::json {

struct Node;

/// A schema with an `$id`, as far as `$dynamicRef` needs it.
struct Scope {
  std::map<std::string, const Node*, std::less<>> dynamic_anchors;
};

/// Where in the value a rule is applied: a chain on the stack, so that no pointer is written unless
/// there is a fault.
struct Place {
  const Place* parent = nullptr;
  const std::string* name = nullptr;  // of a member
  std::size_t index = 0;              // of an element, when there is no name
};
std::string to_pointer(const Place& place);

/// Which members or elements of one value have been looked at by some subschema; for
/// `unevaluatedProperties` and `unevaluatedItems`.
class Evaluated {
 public:
  void add_all() { all_ = true; }
  void add(std::size_t index);
  void add(const Evaluated& other);
  [[nodiscard]] bool has(std::size_t index) const;
  [[nodiscard]] std::size_t size() const { return indices_.size(); }

 private:
  bool all_ = false;
  std::vector<bool> indices_;
};

/// What a rule is applied to. `evaluated` is null when nobody asks.
struct Subject {
  const Value& value;
  const Place& place;
  const Node& node;
  Evaluated* evaluated = nullptr;
};

class Run;

/// One keyword, or a few that belong together, of one subschema.
class Rule {
 public:
  virtual ~Rule() = default;
  virtual bool check(Run& run, const Subject& subject) const = 0;
};

/// A compiled subschema.
struct Node {
  enum class Form { always, never, rules };
  Form form = Form::always;
  bool tracks = false;  // has an unevaluated keyword, so its subschemas must say what they saw
  const Scope* scope = nullptr;
  std::string where;  // JSON pointer in its document, with the document's URI if not the main one
  std::vector<std::unique_ptr<const Rule>> rules;  // cheap ones first, unevaluated last
  std::size_t asserting =
      0;  // rules before the unevaluated ones, which mean nothing if others fail
};

struct CompiledSchema {
  SchemaDialect dialect = SchemaDialect::draft2020_12;
  std::size_t steps = 0;
  std::size_t nesting = 0;
  std::size_t faults = 0;
  const Node* root = nullptr;
  std::vector<std::unique_ptr<Node>> nodes;
  std::vector<std::unique_ptr<Scope>> scopes;
  std::map<std::string, std::unique_ptr<const Pattern>, std::less<>> patterns;  // by their text
};

/// One validation. Without a list of faults it stops at the first one.
class Run {
 public:
  Run(const CompiledSchema& schema, std::vector<SchemaFault>* faults);

  /// Applies a subschema to a member or an element, or with `evaluated` to the same value.
  bool check(const Node& node, const Value& value, const Place& place,
             Evaluated* evaluated = nullptr);
  /// The same without reporting faults: for alternatives.
  bool probe(const Node& node, const Value& value, const Place& place,
             Evaluated* evaluated = nullptr);
  /// What is wrong according to one alternative that did not match: its first faults.
  std::vector<SchemaFault> explain(const Node& node, const Subject& subject);

  /// Reports a fault of the keyword; always false.
  template <class... A>
  bool refuse(const Subject& subject, std::string_view keyword, fmt::format_string<A...> text,
              A&&... arguments) {
    if (wants_faults()) {
      add_fault(subject.place, subject.node, keyword,
                fmt::format(text, std::forward<A>(arguments)...));
    }
    return false;
  }
  [[nodiscard]] bool collects() const { return faults_ != nullptr; }
  [[nodiscard]] bool wants_faults() const;

  /// Takes steps from the budget; false when it is used up.
  bool spend(std::size_t steps);
  /// For work in proportion to a text.
  bool spend_bytes(std::size_t bytes) { return spend(1 + bytes / 32); }
  [[nodiscard]] bool gave_up() const { return !why_.empty(); }
  [[nodiscard]] std::string_view why() const { return why_; }

  /// Adds what an alternative saw that turned out to match.
  void merge(Evaluated& into, const Evaluated& seen);

  /// The outermost schema on the way here that has the dynamic anchor; null when none has.
  [[nodiscard]] const Node* dynamic_target(std::string_view anchor);

 private:
  bool apply(const Node& node, const Value& value, const Place& place, Evaluated* evaluated);
  void add_fault(const Place& place, const Node& node, std::string_view keyword,
                 std::string message);

  std::vector<SchemaFault>* faults_;
  std::size_t limit_;
  std::size_t steps_;
  std::size_t nesting_;
  std::string_view why_;
  std::vector<const Scope*> scopes_;
};

/// A text that two values share only if they are equal as JSON Schema has it: members in any order,
/// numbers by value.
std::string equality_key(const Value& value);
/// Whether it is a number without fraction: `1.0` and `1e3` are.
bool is_integer(const Value& value);
/// In Unicode code points.
std::size_t code_points(std::string_view text);
/// For messages: compact text, cut.
std::string excerpt(const Value& value);

}  // namespace flotilla::json
