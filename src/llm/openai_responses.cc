#include <utility>

#include "llm/openai_model_internal.h"
#include "llm/openai_responses_internal.h"

namespace flotilla::llm {
namespace {

struct ResponsesApi {
  using Stream = ResponsesStream;
  static constexpr std::string_view kPath = "/responses";
  static constexpr auto check = check_responses_settings;
  static constexpr auto request = responses_request;
  static constexpr auto answer = responses_answer;
};

}  // namespace

Result<ModelPtr> make_openai_responses(ModelSettings settings, const ModelServices& services) {
  return OpenAiModel<ResponsesApi>::make(std::move(settings), services);
}

}  // namespace flotilla::llm
