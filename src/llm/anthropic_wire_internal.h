#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/result.h"
#include "http/sse.h"
#include "json/value.h"
#include "llm/answer_builder_internal.h"
#include "llm/answer_stream_internal.h"
#include "llm/settings.h"
#include "llm/types.h"

/// The Messages API of Anthropic (version 2023-06-01), direct and on Vertex AI, as a pure
/// translation.
namespace flotilla::llm {

/// Whether the API has what the settings ask for; faults name the field below /spec.
Result<> check_anthropic_settings(const ModelSettings& settings);

/// The body of a request. On Vertex the model is in the URL and the version in the body.
/// invalid_argument where the conversation has what the API cannot take.
Result<json::Object> anthropic_request(const ModelSettings& settings, const Request& request,
                                       bool stream);

/// A whole answer, as one JSON object.
Result<Answer> anthropic_answer(const ModelSettings& settings, const json::Value& body);

struct AnthropicUsage {
  std::optional<std::int64_t> input_tokens;
  std::optional<std::int64_t> cache_creation_input_tokens;
  std::optional<std::int64_t> cache_read_input_tokens;
  std::optional<std::int64_t> output_tokens;
  std::optional<std::int64_t> thinking_tokens;
};
struct AnthropicBlock;
struct AnthropicEvent;

/// The events from message_start to message_stop.
class AnthropicStream final : public AnswerStream {
 public:
  explicit AnthropicStream(const ModelSettings& settings) : settings_(settings) {}
  Result<> feed(const http::SseMessage& event) override;
  std::vector<Delta> take_deltas() override { return builder_.take_deltas(); }
  [[nodiscard]] bool done() const override { return done_; }
  Result<Answer> finish() override;

 private:
  friend Result<Answer> anthropic_answer(const ModelSettings& settings, const json::Value& body);
  Result<> start_block(std::int64_t index, const AnthropicBlock& block);
  Result<> take(const AnthropicEvent& event);
  Result<> take_delta(std::int64_t index, const AnthropicEvent& event);
  Result<> end_block(std::int64_t index);

  const ModelSettings& settings_;
  AnswerBuilder builder_;
  std::map<std::int64_t, std::string> inputs_;  // given whole at the start of a call's block
  std::map<std::int64_t, bool> known_;          // blocks; false: of a kind that is passed over
  std::set<std::int64_t> sealed_;
  AnthropicUsage usage_;
  std::string model_;
  std::string id_;
  std::optional<std::string> stop_reason_;
  bool started_ = false;
  bool done_ = false;
};

}  // namespace flotilla::llm
