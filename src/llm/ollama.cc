#include <algorithm>
#include <boost/describe.hpp>
#include <utility>

#include "json/json.h"
#include "json/map.h"
#include "llm/ollama_internal.h"
#include "llm/providers_internal.h"

namespace flotilla::llm {
namespace {

constexpr std::string_view kLocal = "http://localhost:11434";

Result<ProviderRequest> call_of(const ModelSettings& settings, const ProviderHttp& http,
                                std::string_view path, const CallOptions& options) {
  ProviderRequest call;
  auto base = base_url_of(settings, kLocal);
  if (base.ends_with("/api")) base.resize(base.size() - 4);
  call.url = base.append(path);
  call.headers.set("Accept", "application/json");
  TRY(key, http.key_of(options));
  if (!key.empty()) call.headers.set("Authorization", "Bearer " + key.reveal());
  call.key = std::move(key);
  return call;
}

class OllamaModel final : public Model {
 public:
  OllamaModel(ModelSettings settings, const ModelServices& services)
      : settings_(std::move(settings)),
        services_(services),
        http_(settings_, services_),
        provider_(wire_name(settings_.provider)) {}

  Async<Result<Answer>> generate(const Request& request, DeltaSink* sink,
                                 const CallOptions& options) override {
    CO_TRY(body, ollama_request(settings_, request, sink != nullptr));
    CO_TRY(call, call_of(settings_, http_, "/api/chat", options));
    call.body = json::to_string(body);
    OllamaStream answer(settings_, CallIds(request, services_.random));
    if (sink == nullptr) {
      CO_TRY(value, co_await http_.fetch(std::move(call), options));
      CO_TRY_VOID(answer.take(std::move(value)));
      co_return answer.finish();
    }
    CO_TRY(stream, co_await http_.open(std::move(call), options));
    CO_TRY_VOID(co_await read_lines(*stream, answer, *sink));
    co_return answer.finish();
  }
  [[nodiscard]] const std::string& provider() const override { return provider_; }
  [[nodiscard]] const std::string& name() const override { return settings_.model; }

 private:
  Async<Result<>> read_lines(http::ClientStream& stream, OllamaStream& answer, DeltaSink& sink) {
    LineReader reader(settings_);
    while (!answer.done()) {
      CO_TRY(lines, co_await reader.next(stream));
      if (!lines) co_return ok();
      for (auto& line : *lines) {
        http::SseMessage event;
        event.data = std::move(line);
        CO_TRY_VOID(answer.feed(event));
      }
      CO_TRY_VOID(co_await deliver(answer.take_deltas(), sink));
    }
    co_await drain(stream, services_.clock);
    co_return ok();
  }

  ModelSettings settings_;
  ModelServices services_;
  ProviderHttp http_;
  std::string provider_;
};

struct OllamaVectors {
  std::vector<std::vector<double>> embeddings;
  std::optional<std::int64_t> prompt_eval_count;
};
BOOST_DESCRIBE_STRUCT(OllamaVectors, (), (embeddings, prompt_eval_count))

class OllamaEmbeddings final : public EmbeddingModel {
 public:
  OllamaEmbeddings(ModelSettings settings, const ModelServices& services)
      : settings_(std::move(settings)), http_(settings_, services) {}

  Async<Result<Embeddings>> embed(const std::vector<std::string>& texts,
                                  const CallOptions& options) override {
    Embeddings out;
    for (std::size_t from = 0; from < texts.size(); from += kEmbeddingBatch) {
      json::Array input;
      const auto to = std::min(texts.size(), from + kEmbeddingBatch);
      for (auto i = from; i < to; ++i) input.emplace_back(texts[i]);
      json::Object body{{"model", settings_.model}, {"input", std::move(input)}};
      if (!settings_.ollama_options.empty()) body.set("options", settings_.ollama_options);
      CO_TRY(call, call_of(settings_, http_, "/api/embed", options));
      call.body = json::to_string(body);
      CO_TRY(value, co_await http_.fetch(std::move(call), options));
      auto read = json::read<OllamaVectors>(value);
      if (!read) co_return fail(broken_answer(settings_, read.error().message()));
      if (read->embeddings.size() != to - from)
        co_return fail(broken_answer(settings_, "there is not one vector for each text"));
      for (const auto& vector : read->embeddings)
        out.vectors.emplace_back(vector.begin(), vector.end());
      out.usage.inputTokens += read->prompt_eval_count.value_or(0);
    }
    co_return out;
  }
  [[nodiscard]] const std::string& name() const override { return settings_.model; }

 private:
  ModelSettings settings_;
  ProviderHttp http_;
};

}  // namespace

Result<ModelPtr> make_ollama(ModelSettings settings, const ModelServices& services) {
  return std::make_shared<OllamaModel>(std::move(settings), services);
}

Result<EmbeddingModelPtr> make_ollama_embeddings(ModelSettings settings,
                                                 const ModelServices& services) {
  return std::make_shared<OllamaEmbeddings>(std::move(settings), services);
}

}  // namespace flotilla::llm
