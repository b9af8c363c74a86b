#include <set>

#include "json/json.h"
#include "json/text_internal.h"
#include "json/yaml_internal.h"

namespace flotilla::json {
namespace {

/// One mapping of names to scalars or to lists of scalars.
class FlatYaml final : public YamlHandler {
 public:
  std::vector<YamlEntry> take_entries() { return std::move(entries_); }

  [[nodiscard]] std::string pointer() const override {
    std::string out;
    if (!wants_key_ && !entries_.empty()) append_pointer(entries_.back().key, out);
    return out;
  }

  void start_document(const YAML::Mark& mark) override {
    if (++documents_ > 1) refuse_yaml(mark, "several documents where one is expected");
  }

  void OnNull(const YAML::Mark& mark, YAML::anchor_t) override {
    if (depth_ == 0) return;
    if (wants_key_) refuse_yaml(mark, "null as a key, quote it if it is text");
    if (depth_ == 2) refuse_yaml(mark, "null in a list, quote it if it is text");
    wants_key_ = true;
  }

  void OnAlias(const YAML::Mark& mark, YAML::anchor_t) override {
    refuse_yaml(mark, "aliases have no place here");
  }

  void scalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t,
              const std::string& text) override {
    if (depth_ == 0) refuse_yaml(mark, "expected names with values, such as `listen: 8080`");
    if (wants_key_) {
      if (!keys_.insert(text).second) refuse_yaml(mark, "duplicate key " + shorten(text));
      entries_.push_back({.key = text, .values = {}, .line = mark.line + 1});
      wants_key_ = false;
      return;
    }
    resolve_yaml_scalar(mark, tag, text);  // refuses unknown tags
    entries_.back().values.push_back(text);
    if (depth_ == 1) wants_key_ = true;
  }

  void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t,
                       YAML::EmitterStyle::value) override {
    check_yaml_tag(mark, tag, "seq");
    if (depth_ != 1 || wants_key_) refuse_yaml(mark, "unexpected list");
    ++depth_;
  }
  void OnSequenceEnd() override {
    --depth_;
    wants_key_ = true;
  }

  void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t,
                  YAML::EmitterStyle::value) override {
    check_yaml_tag(mark, tag, "map");
    if (depth_ != 0) refuse_yaml(mark, "unexpected mapping, keys have no sub-keys here");
    ++depth_;
    wants_key_ = true;
  }
  void OnMapEnd() override { --depth_; }

 private:
  std::vector<YamlEntry> entries_;
  std::set<std::string, std::less<>> keys_;
  int documents_ = 0;
  int depth_ = 0;  // 1 in the mapping, 2 in a list
  bool wants_key_ = false;
};

}  // namespace

Result<std::vector<YamlEntry>> parse_flat_yaml(std::string_view text) {
  FlatYaml handler;
  TRY_VOID(run_yaml(text, handler));
  return handler.take_entries();
}

}  // namespace flotilla::json
