#pragma once

#include <compare>
#include <optional>
#include <string>
#include <vector>

#include "base/id.h"
#include "base/result.h"
#include "http/sse.h"
#include "json/value.h"
#include "llm/answer_builder_internal.h"
#include "llm/answer_stream_internal.h"
#include "llm/settings.h"
#include "llm/types.h"

/// GenerateContent of the Gemini API (v1beta) and of Vertex AI (v1beta1), as a pure translation.
namespace flotilla::llm {

/// gemini-2.5-pro is 2.5; names without a version are newer than all.
struct GeminiVersion {
  int major = 99;
  int minor = 0;
  auto operator<=>(const GeminiVersion&) const = default;
};
GeminiVersion gemini_version(std::string_view model);

/// Whether the API has what the settings ask for; faults name the field below /spec.
Result<> check_gemini_settings(const ModelSettings& settings);

/// The body of a request, streamed or not. invalid_argument where the conversation has what the API
/// cannot take.
Result<json::Object> gemini_request(const ModelSettings& settings, const Request& request);

/// A whole answer. Calls without an id get one of `random`.
Result<Answer> gemini_answer(const ModelSettings& settings, const json::Value& body,
                             Random& random);

/// Ids that are not the provider's begin so, and are not sent to it.
inline constexpr std::string_view kOwnCallId = "flotilla-";

struct GeminiPart;
struct GeminiUsage;
struct GeminiChunk;

/// The chunks of one streamed answer (`alt=sse`). The provider has no last word but the end of the
/// stream.
class GeminiStream final : public AnswerStream {
 public:
  GeminiStream(const ModelSettings& settings, Random& random)
      : settings_(settings), random_(random) {}
  Result<> feed(const http::SseMessage& event) override;
  std::vector<Delta> take_deltas() override { return builder_.take_deltas(); }
  [[nodiscard]] bool done() const override { return false; }
  Result<Answer> finish() override;

 private:
  friend Result<Answer> gemini_answer(const ModelSettings& settings, const json::Value& body,
                                      Random& random);
  enum class Open : std::uint8_t { nothing, text, thought };

  Result<> feed(json::Value value);
  Result<> take(const GeminiChunk& chunk);
  Result<> take_part(const GeminiPart& part);
  Result<> take_call(const GeminiPart& part);
  /// The block that text of this kind goes on in.
  std::int64_t block(Open kind);

  const ModelSettings& settings_;
  Random& random_;
  AnswerBuilder builder_;
  Open open_ = Open::nothing;
  std::int64_t last_ = -1;  // block
  Usage usage_;
  std::string model_;
  std::string id_;
  std::string finish_;
  std::string finish_message_;
  bool blocked_ = false;
};

}  // namespace flotilla::llm
