#include "agents/builtin_internal.h"
#include "agents/messenger.h"
#include "agents/text_statistics.h"
#include "json/map.h"

namespace flotilla::agents {

namespace {

/// Answers with artifact `analysis`, for people as text, for programs as a data part, and publishes
/// the latter as analysis.complete.
class Analysis final : public core::Runner {
 public:
  explicit Analysis(core::Messaging& messaging) : messaging_(messaging) {}

  Async<Result<>> run(core::Run& run) override {
    const std::string input = text_input(run.input());
    const std::string_view text = without_verb(
        input, {"analyse", "analyze", "analysis of", "analysis", "sentiment of", "statistics of"});
    if (text.find_first_not_of(" \t\r\n") == std::string_view::npos) {
      auto question = run.message("Which text shall I analyse?");
      co_return co_await run.status(a2a::TaskState::input_required, std::move(question));
    }
    const auto statistics = analyse(text);
    auto artifact = text_artifact("analysis", "analysis", render(statistics));
    a2a::Part data;
    data.data = json::to_value(statistics);
    data.mediaType = "application/json";
    artifact.parts.push_back(std::move(data));
    Messenger messenger(messaging_, run);
    CO_TRY_VOID(co_await messenger.publish("analysis.complete", json::to_value(statistics)));
    CO_TRY_VOID(co_await run.artifact(std::move(artifact), false, true));
    co_return co_await run.status(a2a::TaskState::completed);
  }

 private:
  core::Messaging& messaging_;
};

}  // namespace

std::shared_ptr<core::Runner> make_analysis(core::Messaging& messaging) {
  return std::make_shared<Analysis>(messaging);
}

}  // namespace flotilla::agents
