#pragma once

#include <string>
#include <utility>

#include "json/json.h"
#include "llm/openai_internal.h"
#include "llm/providers_internal.h"

namespace flotilla::llm {

/// A model behind one of OpenAI's APIs. `Api` is what differs: `kPath`; `check(settings)`;
/// `request(settings, request, stream)`, the body; `answer(settings, body, ids)` of one that is
/// whole; `Stream`, the AnswerStream of its events.
template <class Api>
class OpenAiModel final : public Model {
 public:
  OpenAiModel(ModelSettings settings, const ModelServices& services)
      : settings_(std::move(settings)),
        services_(services),
        http_(settings_, services_),
        provider_(wire_name(settings_.provider)) {}

  static Result<ModelPtr> make(ModelSettings settings, const ModelServices& services) {
    TRY_VOID(Api::check(settings));
    return std::make_shared<OpenAiModel>(std::move(settings), services);
  }

  Async<Result<Answer>> generate(const Request& request, DeltaSink* sink,
                                 const CallOptions& options) override {
    const bool streams = sink != nullptr;
    CO_TRY(body, Api::request(settings_, request, streams));
    CO_TRY(call, openai_call(settings_, http_, Api::kPath, streams, options));
    call.body = json::to_string(body);
    CallIds ids(request, services_.random);
    if (!streams) {
      CO_TRY(answer, co_await http_.fetch(std::move(call), options));
      co_return Api::answer(settings_, answer, std::move(ids));
    }
    CO_TRY(stream, co_await http_.open(std::move(call), options));
    typename Api::Stream answer(settings_, std::move(ids));
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

}  // namespace flotilla::llm
