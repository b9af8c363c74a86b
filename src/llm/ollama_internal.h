#pragma once

#include <optional>
#include <string>

#include "llm/openai_internal.h"

/// Ollama's own API.
namespace flotilla::llm {

Result<json::Object> ollama_request(const ModelSettings& settings, const Request& request,
                                    bool stream);

/// The lines up to the one that is `done`. Fed as events without a name.
class OllamaStream final : public AnswerStream {
 public:
  OllamaStream(const ModelSettings& settings, CallIds ids)
      : settings_(settings), ids_(std::move(ids)) {}
  Result<> feed(const http::SseMessage& line) override;
  std::vector<Delta> take_deltas() override { return builder_.take_deltas(); }
  [[nodiscard]] bool done() const override { return done_; }
  Result<Answer> finish() override;
  Result<> take(json::Value value);

 private:
  const ModelSettings& settings_;
  CallIds ids_;
  AnswerBuilder builder_;
  std::int64_t calls_ = 0;
  Usage usage_;
  std::string model_;
  std::string reason_;
  bool done_ = false;
};

}  // namespace flotilla::llm
