#include <fmt/format.h>

#include <algorithm>

#include "agents/approvals/approvals.h"
#include "agents/approvals/limits.h"
#include "agents/approvals/wire.h"
#include "json/json.h"

namespace flotilla::agents {

namespace {

struct AskUserArguments {
  std::vector<Question> questions;
};
BOOST_DESCRIBE_STRUCT(AskUserArguments, (), (questions))

constexpr std::string_view kParameters = R"({"type": "object", "additionalProperties": false,
"required": ["questions"], "properties": {"questions": {"type": "array", "minItems": 1,
"maxItems": 20, "items": {"type": "object", "additionalProperties": false,
"required": ["question"], "properties": {
"question": {"type": "string", "description": "one question, as the user reads it"},
"choices": {"type": "array", "maxItems": 50, "items": {"type": "string"},
"description": "answers to choose from; empty for a free answer"},
"multiple": {"type": "boolean", "description": "whether several choices may be taken"}}}}}})";

}  // namespace

llm::Tool ask_user_tool() {
  llm::Tool tool;
  tool.name = kAskUser;
  tool.description =
      "Asks the user one or more questions and waits for the answers. Use it when something is "
      "missing that only the user can know or decide.";
  tool.parameters = *json::parse(kParameters)->if_object();
  return tool;
}

Result<std::vector<Question>> parse_questions(const json::Object& arguments) {
  TRY(read, json::read<AskUserArguments>(json::Value(arguments), {.strict = true}));
  if (read.questions.empty() || read.questions.size() > kMaxQuestions)
    return fail(invalid("/questions", fmt::format("must have 1 to {} questions", kMaxQuestions)));
  for (std::size_t i = 0; i < read.questions.size(); ++i) {
    const auto& question = read.questions[i];
    const auto at = fmt::format("/questions/{}", i);
    if (question.question.empty() || question.question.size() > kMaxQuestionText)
      return fail(
          invalid(at + "/question", fmt::format("must have 1 to {} bytes", kMaxQuestionText)));
    if (question.choices.size() > kMaxChoices)
      return fail(invalid(at + "/choices", fmt::format("has more than {} choices", kMaxChoices)));
    for (const auto& choice : question.choices)
      if (choice.empty() || choice.size() > kMaxQuestionText)
        return fail(invalid(at + "/choices", "has an empty choice, or one that is too long"));
  }
  return std::move(read.questions);
}

Result<> check_answers(const std::vector<Question>& questions, const std::vector<Answer>& answers) {
  if (answers.size() != questions.size())
    return fail(invalid("/answers", fmt::format("must have {} answers, one for each question in "
                                                "its place, but has {}",
                                                questions.size(), answers.size())));
  for (std::size_t i = 0; i < answers.size(); ++i) {
    const auto& given = answers[i].answer;
    const auto at = fmt::format("/answers/{}/answer", i);
    if (given.empty()) return fail(invalid(at, "is empty"));
    if (given.size() > kMaxChoices) return fail(invalid(at, "has too many values"));
    for (const auto& text : given)
      if (text.size() > kMaxAnswerText) return fail(invalid(at, "is longer than 64 KiB"));
    if (!questions[i].choices.empty() && !questions[i].multiple && given.size() > 1)
      return fail(invalid(at, "takes one choice only"));
  }
  return ok();
}

}  // namespace flotilla::agents
