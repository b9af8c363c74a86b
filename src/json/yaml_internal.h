#pragma once

#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/mark.h>

#include <string>
#include <string_view>

#include "base/result.h"
#include "json/value.h"

namespace flotilla::json {

/// What becomes of a document's events. Functions may call refuse_yaml.
class YamlHandler : public YAML::EventHandler {
 public:
  /// yaml-cpp 0.7 makes empty documents without end of a token that it cannot place (such as `,`
  /// outside of a list): a document that starts where the last one did is refused.
  void OnDocumentStart(const YAML::Mark& mark) final;
  void OnDocumentEnd() final {}

  /// yaml-cpp 0.7 turns the escapes `\N` and `\_` into bytes that are not UTF-8: they are mended.
  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                const std::string& text) final;

  virtual void start_document(const YAML::Mark& mark) = 0;
  virtual void scalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                      const std::string& text) = 0;
  /// JSON pointer of the place that was reached, for errors.
  [[nodiscard]] virtual std::string pointer() const = 0;

 private:
  int last_start_ = -1;
};

/// Leaves run_yaml with this error: yaml-cpp has no other way out of its events.
[[noreturn]] void refuse_yaml(const YAML::Mark& mark, const std::string& what);

/// Feeds all documents to the handler. The only place where yaml-cpp's exceptions are caught.
Result<> run_yaml(std::string_view text, YamlHandler& handler);

/// A scalar by its tag: `?` is plain, `!` quoted (YAML 1.2.2 section 10.3, with the strictness of
/// json.h).
Value resolve_yaml_scalar(const YAML::Mark& mark, const std::string& tag, const std::string& text);
/// Refuses what is not the tag of a sequence or of a mapping.
void check_yaml_tag(const YAML::Mark& mark, const std::string& tag, std::string_view expected);

}  // namespace flotilla::json
