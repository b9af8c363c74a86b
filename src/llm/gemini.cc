#include <algorithm>
#include <utility>

#include "json/json.h"
#include "llm/embedding_parts_internal.h"
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

/// Texts of one request of the Gemini API. Vertex AI takes one, of any model.
constexpr std::size_t kEmbeddingTexts = 100;

class GeminiEmbeddings final : public EmbeddingModel {
 public:
  GeminiEmbeddings(ModelSettings settings, const ModelServices& services)
      : settings_(std::move(settings)), place_(settings_, services) {}
  Result<> open(const ModelServices& services) { return place_.open(services); }

  Async<Result<Embeddings>> embed(const std::vector<std::string>& texts,
                                  const CallOptions& options) override {
    VectorReader reader(settings_);
    const std::size_t batch = place_.on_vertex() ? 1 : kEmbeddingTexts;
    for (std::size_t at = 0; at < texts.size(); at += batch) {
      const std::size_t end = std::min(texts.size(), at + batch);
      CO_TRY(call, co_await place_.request(std::string(method()), options));
      call.body = json::to_string(body(texts, at, end));
      CO_TRY(answer, co_await place_.http().fetch(std::move(call), options));
      CO_TRY_VOID(read(answer, reader));
    }
    co_return reader.finish(texts.size());
  }
  [[nodiscard]] const std::string& name() const override { return settings_.model; }

 private:
  /// gemini-embedding-2 and later are not served by `predict`.
  [[nodiscard]] bool predicts() const {
    return place_.on_vertex() && (!settings_.model.starts_with("gemini-embedding-") ||
                                  settings_.model == "gemini-embedding-001");
  }
  [[nodiscard]] std::string_view method() const {
    if (!place_.on_vertex()) return "batchEmbedContents";
    return predicts() ? "predict" : "embedContent";
  }
  static json::Object content(const std::string& text) {
    json::Array parts;
    parts.emplace_back(json::Object{{"text", text}});
    return {{"parts", std::move(parts)}};
  }
  [[nodiscard]] json::Object body(const std::vector<std::string>& texts, std::size_t at,
                                  std::size_t end) const {
    if (place_.on_vertex() && !predicts()) return {{"content", content(texts[at])}};
    json::Array items;
    for (; at < end; ++at) {
      if (predicts()) {
        items.emplace_back(json::Object{{"content", texts[at]}});
      } else {
        items.emplace_back(
            json::Object{{"model", "models/" + settings_.model}, {"content", content(texts[at])}});
      }
    }
    return {{predicts() ? "instances" : "requests", std::move(items)}};
  }
  Result<> read(const json::Value& answer, VectorReader& reader) const {
    if (place_.on_vertex() && !predicts()) {
      return reader.add(member_at(&answer, {"embedding", "values"}));
    }
    const auto* items = member_at(&answer, {predicts() ? "predictions" : "embeddings"});
    if (items == nullptr || items->if_array() == nullptr) return reader.add(nullptr);
    for (const auto& item : *items->if_array()) {
      const auto* vector = predicts() ? member_at(&item, {"embeddings"}) : &item;
      TRY_VOID(reader.add(member_at(vector, {"values"})));
      if (const auto* count = member_at(vector, {"statistics", "token_count"})) {
        reader.usage.inputTokens += count->as_int64().value_or(0);
      }
    }
    return ok();
  }

  ModelSettings settings_;
  GeminiPlace place_;
};

}  // namespace

Result<EmbeddingModelPtr> make_gemini_embeddings(ModelSettings settings,
                                                 const ModelServices& services) {
  auto model = std::make_shared<GeminiEmbeddings>(std::move(settings), services);
  TRY_VOID(model->open(services));
  return model;
}

Result<ModelPtr> make_gemini(ModelSettings settings, const ModelServices& services) {
  TRY_VOID(check_gemini_settings(settings));
  auto model = std::make_shared<GeminiModel>(std::move(settings), services);
  TRY_VOID(model->open());
  return model;
}

}  // namespace flotilla::llm
