#include <algorithm>
#include <boost/describe.hpp>
#include <utility>

#include "json/json.h"
#include "json/map.h"
#include "llm/openai_internal.h"
#include "llm/providers_internal.h"
#include "llm/request_parts_internal.h"

namespace flotilla::llm {
namespace {

struct EmbeddingItem {
  std::int64_t index = 0;
  std::vector<double> embedding;
};
BOOST_DESCRIBE_STRUCT(EmbeddingItem, (), (index, embedding))

struct EmbeddingUsage {
  std::optional<std::int64_t> prompt_tokens;
};
BOOST_DESCRIBE_STRUCT(EmbeddingUsage, (), (prompt_tokens))

struct EmbeddingList {
  std::vector<EmbeddingItem> data;
  std::optional<EmbeddingUsage> usage;
};
BOOST_DESCRIBE_STRUCT(EmbeddingList, (), (data, usage))

class OpenaiEmbeddings final : public EmbeddingModel {
 public:
  OpenaiEmbeddings(ModelSettings settings, const ModelServices& services)
      : settings_(std::move(settings)), http_(settings_, services) {}

  Async<Result<Embeddings>> embed(const std::vector<std::string>& texts,
                                  const CallOptions& options) override {
    Embeddings out;
    for (std::size_t from = 0; from < texts.size(); from += kEmbeddingBatch) {
      const auto count = std::min(texts.size() - from, kEmbeddingBatch);
      json::Array input;
      for (std::size_t i = 0; i < count; ++i) input.emplace_back(texts[from + i]);
      json::Object body{{"model", openai_model_name(settings_)},
                        {"input", std::move(input)},
                        {"encoding_format", "float"}};
      merge(body, settings_.parameters.extra);
      CO_TRY(call, openai_call(settings_, http_, "/embeddings", false, options));
      call.body = json::to_string(body);
      CO_TRY(value, co_await http_.fetch(std::move(call), options));
      CO_TRY_VOID(take(std::move(value), count, out));
    }
    co_return out;
  }
  [[nodiscard]] const std::string& name() const override { return settings_.model; }

 private:
  [[nodiscard]] Result<> take(json::Value value, std::size_t count, Embeddings& out) const {
    auto list = json::read<EmbeddingList>(std::move(value));
    if (!list) return fail(broken_answer(settings_, list.error().message()));
    std::ranges::sort(list->data, {}, &EmbeddingItem::index);
    for (std::size_t i = 0; i < list->data.size(); ++i)
      if (list->data[i].index != static_cast<std::int64_t>(i)) list->data.clear();
    if (list->data.size() != count)
      return fail(broken_answer(settings_, "there is not one vector for each text"));
    for (const auto& item : list->data)
      out.vectors.emplace_back(item.embedding.begin(), item.embedding.end());
    if (list->usage) out.usage.inputTokens += list->usage->prompt_tokens.value_or(0);
    return ok();
  }

  ModelSettings settings_;
  ProviderHttp http_;
};

}  // namespace

Result<EmbeddingModelPtr> make_openai_embeddings(ModelSettings settings,
                                                 const ModelServices& services) {
  TRY_VOID(check_openai_settings(settings));
  return std::make_shared<OpenaiEmbeddings>(std::move(settings), services);
}

}  // namespace flotilla::llm
