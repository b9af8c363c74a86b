#include <boost/asio/this_coro.hpp>
#include <utility>

#include "json/json.h"
#include "llm/openai_internal.h"
#include "llm/providers_internal.h"

namespace flotilla::llm {
namespace {

class ChatModel final : public Model {
 public:
  ChatModel(ModelSettings settings, const ModelServices& services)
      : settings_(std::move(settings)),
        services_(services),
        http_(settings_, services_),
        provider_(wire_name(settings_.provider)) {}

  Async<Result<Answer>> generate(const Request& request, DeltaSink* sink,
                                 const CallOptions& options) override {
    const bool streams = sink != nullptr;
    CO_TRY(body, chat_request(settings_, request, streams));
    CO_TRY(call, openai_call(settings_, http_, "/chat/completions", streams, options));
    call.body = json::to_string(body);
    CallIds ids(request, services_.random);
    if (!streams) {
      CO_TRY(answer, co_await http_.fetch(std::move(call), options));
      co_return chat_answer(settings_, answer, std::move(ids));
    }
    CO_TRY(stream, co_await http_.open(std::move(call), options));
    ChatStream answer(settings_, std::move(ids));
    co_return co_await read_events(settings_, *stream, answer, *sink, services_.clock);
  }
  [[nodiscard]] const std::string& provider() const override { return provider_; }
  [[nodiscard]] const std::string& name() const override { return settings_.model; }

 private:
  ModelSettings settings_;
  ModelServices services_;
  ProviderHttp http_;
  std::string provider_;
};

}  // namespace

Result<ModelPtr> make_openai_chat(ModelSettings settings, const ModelServices& services) {
  TRY_VOID(check_openai_settings(settings));
  return std::make_shared<ChatModel>(std::move(settings), services);
}

}  // namespace flotilla::llm
