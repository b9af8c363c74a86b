#include <utility>

#include "llm/openai_model_internal.h"

namespace flotilla::llm {
namespace {

struct ChatApi {
  using Stream = ChatStream;
  static constexpr std::string_view kPath = "/chat/completions";
  static constexpr auto check = check_openai_settings;
  static constexpr auto request = chat_request;
  static constexpr auto answer = chat_answer;
};

}  // namespace

Result<ModelPtr> make_openai_chat(ModelSettings settings, const ModelServices& services) {
  return OpenAiModel<ChatApi>::make(std::move(settings), services);
}

}  // namespace flotilla::llm
