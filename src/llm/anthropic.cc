#include <utility>

#include "json/json.h"
#include "llm/anthropic_wire_internal.h"
#include "llm/provider_http_internal.h"
#include "llm/providers_internal.h"
#include "llm/vertex_internal.h"

namespace flotilla::llm {
namespace {

constexpr std::string_view kVersion = "2023-06-01";

class AnthropicModel final : public Model {
 public:
  AnthropicModel(ModelSettings settings, const ModelServices& services)
      : settings_(std::move(settings)),
        services_(services),
        http_(settings_, services_),
        provider_(wire_name(settings_.provider)) {}

  Result<> open_tokens() {
    if (settings_.provider != Provider::anthropic_vertex) return ok();
    TRY(tokens, GoogleTokens::make(settings_, services_));
    tokens_ = std::move(tokens);
    return ok();
  }

  Async<Result<Answer>> generate(const Request& request, DeltaSink* sink,
                                 const CallOptions& options) override {
    CO_TRY(body, anthropic_request(settings_, request, sink != nullptr));
    CO_TRY(call, co_await prepare(sink != nullptr, options));
    call.body = json::to_string(body);
    if (sink == nullptr) {
      CO_TRY(answer, co_await http_.fetch(std::move(call), options));
      co_return anthropic_answer(settings_, answer);
    }
    CO_TRY(stream, co_await http_.open(std::move(call), options));
    AnthropicStream answer(settings_);
    co_return co_await read_events(settings_, *stream, answer, *sink, services_.clock);
  }

  [[nodiscard]] const std::string& provider() const override { return provider_; }
  [[nodiscard]] const std::string& name() const override { return settings_.model; }

 private:
  Async<Result<ProviderRequest>> prepare(bool stream, const CallOptions& options) {
    ProviderRequest call;
    call.headers.set("Accept", stream ? "text/event-stream" : "application/json");
    if (tokens_ != nullptr) {
      call.url =
          vertex_url(settings_, "v1", "anthropic", stream ? "streamRawPredict" : "rawPredict");
      CO_TRY(token, co_await tokens_->token(options));
      call.headers.set("Authorization", "Bearer " + token.reveal());
      call.key = std::move(token);
      co_return call;
    }
    std::string base = base_url_of(settings_, "https://api.anthropic.com");
    if (base.ends_with("/v1")) base.resize(base.size() - 3);
    call.url = base + "/v1/messages";
    CO_TRY(key, http_.key_of(options));
    if (!key.empty()) call.headers.set("x-api-key", key.reveal());
    if (!has_header("anthropic-version"))
      call.headers.set("anthropic-version", std::string(kVersion));
    call.key = std::move(key);
    co_return call;
  }

  [[nodiscard]] bool has_header(std::string_view name) const {
    http::Headers configured;
    for (const auto& header : settings_.headers) configured.add(header.first, "");
    return configured.find(name).has_value();
  }

  ModelSettings settings_;
  ModelServices services_;
  ProviderHttp http_;
  std::string provider_;
  std::unique_ptr<GoogleTokens> tokens_;  // on Vertex
};

}  // namespace

Result<ModelPtr> make_anthropic(ModelSettings settings, const ModelServices& services) {
  TRY_VOID(check_anthropic_settings(settings));
  auto model = std::make_shared<AnthropicModel>(std::move(settings), services);
  TRY_VOID(model->open_tokens());
  return model;
}

}  // namespace flotilla::llm
