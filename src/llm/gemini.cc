#include <utility>

#include "json/json.h"
#include "llm/gemini_wire_internal.h"
#include "llm/provider_http_internal.h"
#include "llm/providers_internal.h"
#include "llm/request_parts_internal.h"
#include "llm/sigv4_internal.h"
#include "llm/vertex_internal.h"

namespace flotilla::llm {
namespace {

/// Where the Gemini API or Vertex AI is, and with what key.
class GeminiPlace {
 public:
  GeminiPlace(const ModelSettings& settings, const ModelServices& services)
      : settings_(settings), http_(settings, services) {}

  Result<> open(const ModelServices& services) {
    if (settings_.provider != Provider::gemini_vertex) return ok();
    TRY(tokens, GoogleTokens::make(settings_, services));
    tokens_ = std::move(tokens);
    return ok();
  }
  [[nodiscard]] bool on_vertex() const { return tokens_ != nullptr; }
  ProviderHttp& http() { return http_; }

  /// A request without body; `method` as in `models/x:METHOD`.
  Async<Result<ProviderRequest>> request(std::string method, const CallOptions& options) {
    ProviderRequest call;
    call.headers.set("Accept",
                     method.contains("alt=sse") ? "text/event-stream" : "application/json");
    if (tokens_ != nullptr) {
      call.url = vertex_url(settings_, "v1beta1", "google", method);
      CO_TRY(token, co_await tokens_->token(options));
      call.headers.set("Authorization", "Bearer " + token.reveal());
      call.key = std::move(token);
      co_return call;
    }
    std::string base = base_url_of(settings_, "https://generativelanguage.googleapis.com");
    if (base.ends_with("/v1beta")) base.resize(base.size() - 7);
    call.url = base + "/v1beta/models/" + uri_encode(settings_.model) + ":" + method;
    CO_TRY(key, http_.key_of(options));
    if (!key.empty()) call.headers.set("x-goog-api-key", key.reveal());
    call.key = std::move(key);
    co_return call;
  }

 private:
  const ModelSettings& settings_;
  ProviderHttp http_;
  std::unique_ptr<GoogleTokens> tokens_;  // on Vertex
};

class GeminiModel final : public Model {
 public:
  GeminiModel(ModelSettings settings, const ModelServices& services)
      : settings_(std::move(settings)),
        services_(services),
        place_(settings_, services),
        provider_(wire_name(settings_.provider)) {}
  Result<> open() { return place_.open(services_); }

  Async<Result<Answer>> generate(const Request& request, DeltaSink* sink,
                                 const CallOptions& options) override {
    CO_TRY(body, gemini_request(settings_, request));
    std::string method = "generateContent";
    if (sink != nullptr) method = "streamGenerateContent?alt=sse";
    CO_TRY(call, co_await place_.request(std::move(method), options));
    call.body = json::to_string(body);
    if (sink == nullptr) {
      CO_TRY(answer, co_await place_.http().fetch(std::move(call), options));
      co_return gemini_answer(settings_, answer, services_.random);
    }
    CO_TRY(stream, co_await place_.http().open(std::move(call), options));
    GeminiStream answer(settings_, services_.random);
    co_return co_await read_events(settings_, *stream, answer, *sink, services_.clock);
  }

  [[nodiscard]] const std::string& provider() const override { return provider_; }
  [[nodiscard]] const std::string& name() const override { return settings_.model; }

 private:
  ModelSettings settings_;
  ModelServices services_;
  GeminiPlace place_;
  std::string provider_;
};

}  // namespace

Result<ModelPtr> make_gemini(ModelSettings settings, const ModelServices& services) {
  TRY_VOID(check_gemini_settings(settings));
  auto model = std::make_shared<GeminiModel>(std::move(settings), services);
  TRY_VOID(model->open());
  return model;
}

}  // namespace flotilla::llm
