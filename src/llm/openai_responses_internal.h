#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "llm/openai_internal.h"

/// The Responses API, without storage on its side: what it has to remember goes along.
namespace flotilla::llm {

/// Whether the API has what the settings ask for.
Result<> check_responses_settings(const ModelSettings& settings);
Result<json::Object> responses_request(const ModelSettings& settings, const Request& request,
                                       bool stream);
Result<Answer> responses_answer(const ModelSettings& settings, const json::Value& body,
                                CallIds ids);

struct ResponseItem;
struct ResponseBody;
struct ResponseEvent;

/// The events up to response.completed, .incomplete or .failed.
class ResponsesStream final : public AnswerStream {
 public:
  ResponsesStream(const ModelSettings& settings, CallIds ids)
      : settings_(settings), ids_(std::move(ids)) {}
  Result<> feed(const http::SseMessage& event) override;
  std::vector<Delta> take_deltas() override { return builder_.take_deltas(); }
  [[nodiscard]] bool done() const override { return done_; }
  Result<Answer> finish() override;
  /// A whole response with its output.
  Result<> take_whole(const json::Value& value);

 private:
  /// What came of an item before it was said to be complete.
  struct Block {
    bool has_content = false;
    std::int64_t summary = 0;
  };
  Result<> take(const ResponseEvent& event);
  Result<> begin_item(std::int64_t index, const ResponseItem& item);
  Result<> end_item(std::int64_t index, const ResponseItem& item);
  Result<> add_reasoning(std::int64_t index, std::int64_t summary, const std::string& text);
  Result<> end_response(const ResponseBody& body);

  const ModelSettings& settings_;
  CallIds ids_;
  AnswerBuilder builder_;
  std::map<std::int64_t, Block> blocks_;
  Usage usage_;
  std::string model_;
  std::string id_;
  FinishReason finish_ = FinishReason::stop;
  bool refused_ = false;
  bool done_ = false;
};

}  // namespace flotilla::llm
