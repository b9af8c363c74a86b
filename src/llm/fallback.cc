#include <utility>

#include "base/log.h"
#include "llm/restart_internal.h"
#include "llm/retry.h"
#include "llm/settings.h"

namespace flotilla::llm {
namespace {

constexpr Log kLog("llm");

bool another_may_answer(const Error& error) {
  if (may_pass(error) || error.reason() == reason::kModelContextExceeded) return true;
  switch (error.code()) {
    case Code::unauthenticated:
    case Code::permission_denied:
    case Code::not_found:
    case Code::resource_exhausted:
      return true;
    default:
      return false;
  }
}

class FallbackModel final : public Model {
 public:
  explicit FallbackModel(std::vector<std::shared_ptr<Model>> models) : models_(std::move(models)) {}

  Async<Result<Answer>> generate(const Request& request, DeltaSink* sink,
                                 const CallOptions& options) override {
    std::optional<AttemptSink> own;
    if (sink != nullptr) sink = &own.emplace(*sink);
    for (std::size_t i = 0;; ++i) {
      auto answer = co_await models_[i]->generate(request, sink, options);
      if (answer) co_return answer;
      if (own && own->failure()) co_return fail(*own->failure());
      const bool is_last = i + 1 == models_.size();
      if (is_last || !another_may_answer(answer.error())) co_return answer;
      kLog.warn("another model is asked instead",
                {{"model", models_[i]->name()}, {"error", answer.error()}});
      if (own) CO_TRY_VOID(co_await own->begin());
    }
  }
  /// Of the first, who is meant to answer; the Answer names who did.
  [[nodiscard]] const std::string& provider() const override { return models_.front()->provider(); }
  [[nodiscard]] const std::string& name() const override { return models_.front()->name(); }

 private:
  std::vector<std::shared_ptr<Model>> models_;
};

}  // namespace

std::shared_ptr<Model> make_fallback(std::vector<std::shared_ptr<Model>> models) {
  if (models.size() == 1) return std::move(models.front());
  return std::make_shared<FallbackModel>(std::move(models));
}

}  // namespace flotilla::llm
