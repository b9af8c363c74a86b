#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/id.h"
#include "llm/answer_builder_internal.h"
#include "llm/answer_stream_internal.h"
#include "llm/provider_http_internal.h"
#include "llm/settings.h"

/// What OpenAI's own API, Azure's and the compatible ones share.
namespace flotilla::llm {

/// `path` (`/chat/completions`) at the place that is configured; on Azure below the deployment or,
/// without an API version, in its v1 API.
std::string openai_url(const ModelSettings& settings, std::string_view path);
/// The name that goes into the body: on Azure the deployment.
const std::string& openai_model_name(const ModelSettings& settings);
/// URL, credentials and Accept of a call.
Result<ProviderRequest> openai_call(const ModelSettings& settings, const ProviderHttp& http,
                                    std::string_view path, bool stream, const CallOptions& options);
/// Whether the API has what the settings ask for.
Result<> check_openai_settings(const ModelSettings& settings);

/// Ids of calls that are new in the conversation: the provider's own where it is, else one of ours.
class CallIds {
 public:
  CallIds(const Request& request, Random& random);
  std::string take(std::string id);

 private:
  std::set<std::string, std::less<>> taken_;
  Random& random_;
};
/// An id of ours or of another provider within the 40 characters that the API takes.
std::string openai_call_id(const std::string& id);

/// The format that asks for output: `{name, schema, strict}`. Strict where the schema names every
/// property as required, as the API wants it then.
json::Object openai_schema(const OutputFormat& output);

/// `data:` URL of media given as base64, or its URL.
Result<std::string> openai_media_url(const Media& media, const std::string& pointer);
/// What a tool said, where the API has no flag for errors.
std::string openai_result_text(const ToolResult& result);
/// `mp3` or `wav`; nullopt: the API takes no other sound.
std::optional<std::string> openai_audio_format(const Media& media);

/// The body of a request for chat completions.
Result<json::Object> chat_request(const ModelSettings& settings, const Request& request,
                                  bool stream);
/// A whole answer.
Result<Answer> chat_answer(const ModelSettings& settings, const json::Value& body, CallIds ids);

struct ChatDelta;
struct ChatToolCall;
struct ChatUsage;
struct ChatChunk;

/// The chunks up to `[DONE]`.
class ChatStream final : public AnswerStream {
 public:
  ChatStream(const ModelSettings& settings, CallIds ids)
      : settings_(settings), ids_(std::move(ids)) {}
  Result<> feed(const http::SseMessage& event) override;
  std::vector<Delta> take_deltas() override { return builder_.take_deltas(); }
  [[nodiscard]] bool done() const override { return done_; }
  Result<Answer> finish() override;
  /// One chunk, or a whole answer.
  Result<> take(json::Value value);

 private:
  Result<> take_delta(const ChatDelta& delta);
  Result<> take_call(const ChatToolCall& call, std::int64_t position);
  std::int64_t block_of(const ChatToolCall& call, std::int64_t position);

  const ModelSettings& settings_;
  CallIds ids_;
  AnswerBuilder builder_;
  std::map<std::int64_t, std::string> calls_;  // block to the provider's id
  Usage usage_;
  std::string model_;
  std::string id_;
  std::optional<std::string> finish_;
  bool has_reasoning_ = false;
  bool refused_ = false;
  bool done_ = false;
};

}  // namespace flotilla::llm
