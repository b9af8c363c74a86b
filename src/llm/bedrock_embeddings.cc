#include <algorithm>
#include <utility>

#include "json/json.h"
#include "llm/bedrock_http_internal.h"
#include "llm/bedrock_wire_internal.h"
#include "llm/embedding_parts_internal.h"
#include "llm/providers_internal.h"

namespace flotilla::llm {
namespace {

/// Most texts of one request to Cohere's models; Titan's take one.
constexpr std::size_t kCohereBatch = 96;

class BedrockEmbeddings final : public EmbeddingModel {
 public:
  BedrockEmbeddings(ModelSettings settings, const ModelServices& services, bool cohere)
      : settings_(std::move(settings)),
        services_(services),
        http_(settings_, services_),
        cohere_(cohere) {}

  Async<Result<Embeddings>> embed(const std::vector<std::string>& texts,
                                  const CallOptions& options) override {
    VectorReader reader(settings_);
    const std::size_t batch = cohere_ ? kCohereBatch : 1;
    for (std::size_t at = 0; at < texts.size(); at += batch) {
      const std::size_t end = std::min(texts.size(), at + batch);
      CO_TRY(call, bedrock_http_request(settings_, http_, "invoke", body(texts, at, end), options,
                                        services_.clock.now()));
      CO_TRY(answer, co_await http_.fetch(std::move(call), options));
      CO_TRY_VOID(read(answer, reader));
    }
    co_return reader.finish(texts.size());
  }
  [[nodiscard]] const std::string& name() const override { return settings_.model; }

 private:
  [[nodiscard]] std::string body(const std::vector<std::string>& texts, std::size_t at,
                                 std::size_t end) const {
    if (!cohere_) return json::to_string(json::Object{{"inputText", texts[at]}});
    json::Array list(texts.begin() + static_cast<std::ptrdiff_t>(at),
                     texts.begin() + static_cast<std::ptrdiff_t>(end));
    json::Array types;
    types.emplace_back("float");
    return json::to_string(json::Object{{"texts", std::move(list)},
                                        {"input_type", "search_document"},
                                        {"embedding_types", std::move(types)}});
  }
  Result<> read(const json::Value& answer, VectorReader& reader) const {
    if (!cohere_) {
      if (const auto* count = member_at(&answer, {"inputTextTokenCount"})) {
        reader.usage.inputTokens += count->as_int64().value_or(0);
      }
      return reader.add(member_at(&answer, {"embedding"}));
    }
    const auto* vectors = member_at(&answer, {"embeddings", "float"});
    if (vectors == nullptr || vectors->if_array() == nullptr) return reader.add(nullptr);
    for (const auto& vector : *vectors->if_array()) {
      TRY_VOID(reader.add(&vector));
    }
    return ok();
  }

  ModelSettings settings_;
  ModelServices services_;
  ProviderHttp http_;
  bool cohere_;
};

}  // namespace

Result<EmbeddingModelPtr> make_bedrock_embeddings(ModelSettings settings,
                                                  const ModelServices& services) {
  settings.parameters = Parameters();
  TRY_VOID(check_bedrock_settings(settings));
  const bool cohere = settings.model.contains("cohere.embed");
  if (!cohere && !settings.model.contains("titan-embed-text")) {
    return fail(invalid("/spec/model",
                        "is none of Bedrock's embedding models that are known here: "
                        "amazon.titan-embed-text-*, cohere.embed-*"));
  }
  return std::make_shared<BedrockEmbeddings>(std::move(settings), services, cohere);
}

}  // namespace flotilla::llm
