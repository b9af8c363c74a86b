#include <fmt/format.h>

#include <map>
#include <optional>
#include <set>

#include "json/json.h"
#include "json/text_internal.h"
#include "json/yaml_internal.h"

namespace flotilla::json {
namespace {

/// What a value costs to hold, aliases counted in full: a few lines of nested aliases would
/// otherwise unfold to any size.
struct Cost {
  std::size_t values = 0;
  std::size_t bytes = 0;

  void add(const Cost& other) {
    values += other.values;
    bytes += other.bytes;
  }
};

/// Builds the values of all documents.
class YamlBuilder final : public YamlHandler {
 public:
  Array take_documents() { return std::move(documents_); }

  [[nodiscard]] std::string pointer() const override {
    std::string out;
    for (const Frame& frame : frames_) {
      if (frame.key) append_pointer(*frame.key, out);
      if (const Array* array = frame.container.if_array()) {
        append_pointer(std::to_string(array->size()), out);
      }
    }
    return out;
  }

  void start_document(const YAML::Mark&) override {
    anchors_.clear();
    kept_ = {};
  }

  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    if (wants_key()) refuse_yaml(mark, "null as a key, quote it if it is text");
    // At the root this is an empty document, which counts for nothing.
    if (!frames_.empty()) complete(mark, anchor, Value(), {.values = 1});
  }

  void scalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
              const std::string& text) override {
    if (wants_key()) {
      if (anchor != 0) keep(mark, anchor, Value(text), {.values = 1, .bytes = text.size()});
      set_key(mark, text);
      return;
    }
    Value value = resolve_yaml_scalar(mark, tag, text);
    complete(mark, anchor, std::move(value), {.values = 1, .bytes = text.size()});
  }

  void OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    const auto found = anchors_.find(anchor);
    if (found == anchors_.end()) refuse_yaml(mark, "alias inside of what it names");
    const Anchored& target = found->second;
    if (wants_key()) {
      const std::string* text = target.value.if_string();
      if (text == nullptr) refuse_yaml(mark, "an alias as a key must name text");
      set_key(mark, *text);
      return;
    }
    check_depth(mark, frames_.size() + target.depth);
    charge(mark, target.cost);
    attach(target.value, target.cost, target.depth);
  }

  void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value) override {
    check_yaml_tag(mark, tag, "seq");
    open(mark, anchor, Array());
  }
  void OnSequenceEnd() override { close(); }

  void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value) override {
    check_yaml_tag(mark, tag, "map");
    open(mark, anchor, Object());
  }
  void OnMapEnd() override { close(); }

 private:
  struct Frame {
    YAML::Mark mark;
    YAML::anchor_t anchor = 0;
    Value container;
    std::optional<std::string> key;  // of a mapping, read before its value
    std::set<std::string, std::less<>> keys;
    Cost cost{.values = 1};
    std::size_t depth = 1;  // levels of containers, this one included
  };
  struct Anchored {
    Value value;
    Cost cost;
    std::size_t depth;
  };

  [[nodiscard]] bool wants_key() const {
    return !frames_.empty() && frames_.back().container.if_object() != nullptr &&
           !frames_.back().key;
  }

  void set_key(const YAML::Mark& mark, const std::string& text) {
    Frame& frame = frames_.back();
    if (!frame.keys.insert(text).second) refuse_yaml(mark, "duplicate key " + shorten(text));
    charge(mark, {.bytes = text.size()});
    frame.cost.bytes += text.size();
    frame.key = text;
  }

  void open(const YAML::Mark& mark, YAML::anchor_t anchor, Value container) {
    if (wants_key()) refuse_yaml(mark, "a key must be a scalar");
    check_depth(mark, frames_.size() + 1);
    charge(mark, {.values = 1});
    Frame& frame = frames_.emplace_back();
    frame.mark = mark;
    frame.anchor = anchor;
    frame.container = std::move(container);
  }

  void close() {
    Frame frame = std::move(frames_.back());
    frames_.pop_back();
    if (frame.anchor != 0) keep(frame.mark, frame.anchor, frame.container, frame.cost, frame.depth);
    attach(std::move(frame.container), frame.cost, frame.depth);
  }

  void complete(const YAML::Mark& mark, YAML::anchor_t anchor, Value value, Cost cost) {
    charge(mark, cost);
    if (anchor != 0) keep(mark, anchor, value, cost);
    attach(std::move(value), cost, 0);
  }

  /// Puts a finished value, `depth` levels high, where it belongs.
  void attach(Value value, const Cost& cost, std::size_t depth) {
    if (frames_.empty()) {
      documents_.push_back(std::move(value));
      return;
    }
    Frame& frame = frames_.back();
    frame.cost.add(cost);
    frame.depth = std::max(frame.depth, depth + 1);
    if (Array* array = frame.container.if_array()) {
      array->push_back(std::move(value));
      return;
    }
    frame.container.if_object()->append(*std::move(frame.key), std::move(value));
    frame.key.reset();
  }

  /// The copies that anchors keep are charged where they are used; here they are bounded too,
  /// since nested anchors keep the inner values once per level.
  void keep(const YAML::Mark& mark, YAML::anchor_t anchor, Value value, const Cost& cost,
            std::size_t depth = 0) {
    kept_.add(cost);
    if (kept_.values > limits_.values || kept_.bytes > limits_.size) {
      refuse_yaml(mark, "anchors hold too much");
    }
    anchors_.insert_or_assign(anchor, Anchored{std::move(value), cost, depth});
  }

  void check_depth(const YAML::Mark& mark, std::size_t depth) const {
    if (depth > limits_.depth) {
      refuse_yaml(mark, fmt::format("nested deeper than {} levels", limits_.depth));
    }
  }

  void charge(const YAML::Mark& mark, const Cost& cost) {
    total_.add(cost);
    if (total_.values > limits_.values) {
      refuse_yaml(mark, fmt::format("more than {} values", limits_.values));
    }
    // Text without aliases cannot get here, it has been measured already.
    if (total_.bytes > limits_.size) {
      refuse_yaml(mark, fmt::format("aliases unfold to more than {} bytes", limits_.size));
    }
  }

  const ParseLimits limits_;
  Cost total_;  // over all documents
  Cost kept_;
  std::vector<Frame> frames_;
  std::map<YAML::anchor_t, Anchored> anchors_;
  Array documents_;
};

}  // namespace

Result<Array> parse_yaml_documents(std::string_view text) {
  YamlBuilder builder;
  TRY_VOID(run_yaml(text, builder));
  return builder.take_documents();
}

Result<Value> parse_yaml(std::string_view text) {
  TRY(documents, parse_yaml_documents(text));
  if (documents.empty()) return Value();
  if (documents.size() > 1) {
    return fail(Error(Code::invalid_argument, reason::kParseError,
                      "several documents where one is expected"));
  }
  return std::move(documents.front());
}

}  // namespace flotilla::json
