#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/result.h"
#include "json/value.h"
#include "llm/answer_builder_internal.h"
#include "llm/aws_event_stream_internal.h"
#include "llm/settings.h"
#include "llm/types.h"

/// Converse and ConverseStream of Amazon Bedrock, as a pure translation.
namespace flotilla::llm {

/// Whether the API has what the settings ask for; faults name the field below /spec.
Result<> check_bedrock_settings(const ModelSettings& settings);

/// The body of a request, the same for both. invalid_argument where the conversation has what the
/// API cannot take.
Result<json::Object> bedrock_request(const ModelSettings& settings, const Request& request);

/// A whole answer.
Result<Answer> bedrock_answer(const ModelSettings& settings, const json::Value& body);

struct BedrockBlock;
struct BedrockEvent;
struct BedrockUsage;

/// The messages of one streamed answer. After a failure of feed() it is of no use.
class BedrockStream {
 public:
  explicit BedrockStream(const ModelSettings& settings) : settings_(settings) {}
  Result<> feed(const EventStreamMessage& message);
  std::vector<Delta> take_deltas() { return builder_.take_deltas(); }
  /// messageStop and the counts after it were there.
  [[nodiscard]] bool done() const { return stop_reason_ && counted_; }
  Result<Answer> finish();

 private:
  friend Result<Answer> bedrock_answer(const ModelSettings& settings, const json::Value& body);
  Result<> take(std::string_view type, const BedrockEvent& event);
  Result<> take_delta(std::int64_t index, const BedrockEvent& event);
  Result<> take_block(std::int64_t index, const BedrockBlock& block);
  Result<> seal(std::int64_t index, std::string_view scheme, const std::string& piece);
  void count(const BedrockUsage& usage);

  const ModelSettings& settings_;
  AnswerBuilder builder_;
  std::set<std::int64_t> sealed_;
  std::optional<std::string> stop_reason_;
  Usage usage_;
  bool counted_ = false;
};

}  // namespace flotilla::llm
