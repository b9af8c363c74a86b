#include "agents/prompt/prompt.h"

#include <fmt/format.h>

#include <optional>
#include <variant>

#include "agents/prompt/prompt_parse_internal.h"

namespace flotilla::agents {

namespace {

using Texts = std::vector<std::string>;
using PromptValue = std::variant<std::string, Texts, bool, std::int64_t>;

constexpr std::string_view kFields =
    ".AgentName, .AgentNamespace, .Description, .ToolNames and .SkillNames";
constexpr std::string_view kFunctions = "include, join, len, eq, ne, not, and, or";

bool is_true(const PromptValue& value) {
  if (const auto* text = std::get_if<std::string>(&value)) return !text->empty();
  if (const auto* texts = std::get_if<Texts>(&value)) return !texts->empty();
  if (const auto* number = std::get_if<std::int64_t>(&value)) return *number != 0;
  return std::get<bool>(value);
}

/// As Go prints it: a list in brackets.
std::string printed(const PromptValue& value) {
  if (const auto* text = std::get_if<std::string>(&value)) return *text;
  if (const auto* texts = std::get_if<Texts>(&value))
    return fmt::format("[{}]", fmt::join(*texts, " "));
  if (const auto* number = std::get_if<std::int64_t>(&value)) return std::to_string(*number);
  return std::get<bool>(value) ? "true" : "false";
}

std::string keys_of(const auto& map) {
  std::string text;
  for (const auto& [key, value] : map) text += (text.empty() ? "" : ", ") + key;
  return text;
}

class Renderer {
 public:
  explicit Renderer(const PromptValues& values) : values_(values) {}

  Result<> render(const PromptNodes& nodes) {
    for (const auto& node : nodes) {
      TRY_VOID(render(node));
      if (out_.size() > kMaxPrompt)
        return fail(Error(Code::invalid_argument, reason::kLimitExceeded,
                          fmt::format("the system message has more than {} KiB once its template "
                                      "is filled in",
                                      kMaxPrompt >> 10)));
    }
    return ok();
  }
  std::string take() { return std::move(out_); }

 private:
  Result<> render(const PromptNode& node) {
    if (node.kind == PromptNode::Kind::text) {
      out_ += node.text;
      return ok();
    }
    TRY(value, evaluate(node.expression));
    if (node.kind == PromptNode::Kind::value) {
      out_ += printed(value);
      return ok();
    }
    if (!is_true(value)) return render(node.otherwise);
    if (node.kind == PromptNode::Kind::if_) return render(node.body);
    const auto* items = std::get_if<Texts>(&value);
    if (items == nullptr)
      return fail(prompt_error(node.expression.line, "range needs a list, such as .ToolNames"));
    const auto outer = dot_;
    for (const auto& item : *items) {
      dot_ = item;
      TRY_VOID(render(node.body));
    }
    dot_ = outer;
    return ok();
  }

  Result<PromptValue> evaluate(const PromptExpression& expression) {
    switch (expression.kind) {
      case PromptExpression::Kind::text:
        return PromptValue(expression.word);
      case PromptExpression::Kind::field:
        return field(expression);
      case PromptExpression::Kind::call:
        break;
    }
    return call(expression);
  }

  Result<PromptValue> field(const PromptExpression& expression) {
    const auto& name = expression.word;
    if (name == "AgentName") return PromptValue(values_.agent_name);
    if (name == "AgentNamespace") return PromptValue(values_.agent_namespace);
    if (name == "Description") return PromptValue(values_.description);
    if (name == "ToolNames") return PromptValue(values_.tool_names);
    if (name == "SkillNames") return PromptValue(values_.skill_names);
    if (name.empty() && dot_) return PromptValue(*dot_);
    if (name.empty()) return fail(prompt_error(expression.line, "'.' is only known inside range"));
    return fail(
        prompt_error(expression.line, fmt::format(".{} is unknown; there are {}", name, kFields)));
  }

  Result<PromptValue> call(const PromptExpression& expression) {
    Texts texts;
    std::vector<PromptValue> arguments;
    for (const auto& argument : expression.arguments) {
      TRY(value, evaluate(argument));
      arguments.push_back(std::move(value));
    }
    const auto& name = expression.word;
    const auto need = [&](std::size_t count) -> Result<> {
      if (arguments.size() == count) return ok();
      return fail(prompt_error(expression.line, fmt::format("{} takes {} arguments, not {}", name,
                                                            count, arguments.size())));
    };
    if (name == "include") {
      TRY_VOID(need(1));
      return include(expression, arguments[0]);
    }
    if (name == "not") {
      TRY_VOID(need(1));
      return PromptValue(!is_true(arguments[0]));
    }
    if (name == "len") {
      TRY_VOID(need(1));
      return length(expression, arguments[0]);
    }
    if (name == "join") {
      TRY_VOID(need(2));
      return join(expression, arguments[0], arguments[1]);
    }
    if (name == "eq" || name == "ne") {
      TRY_VOID(need(2));
      return PromptValue((printed(arguments[0]) == printed(arguments[1])) == (name == "eq"));
    }
    if (name == "and" || name == "or") return chain(expression, arguments, name == "and");
    return fail(prompt_error(
        expression.line, fmt::format("there is no function {}; there are {}", name, kFunctions)));
  }

  /// The first that decides, else the last, as in Go.
  static Result<PromptValue> chain(const PromptExpression& expression,
                                   std::vector<PromptValue>& arguments, bool all) {
    if (arguments.empty()) return fail(prompt_error(expression.line, "and, or take arguments"));
    for (auto& value : arguments)
      if (is_true(value) != all) return std::move(value);
    return std::move(arguments.back());
  }

  static Result<PromptValue> length(const PromptExpression& expression, const PromptValue& value) {
    if (const auto* texts = std::get_if<Texts>(&value))
      return PromptValue(static_cast<std::int64_t>(texts->size()));
    if (const auto* text = std::get_if<std::string>(&value))
      return PromptValue(static_cast<std::int64_t>(text->size()));
    return fail(prompt_error(expression.line, "len needs a list or text"));
  }

  static Result<PromptValue> join(const PromptExpression& expression, const PromptValue& list,
                                  const PromptValue& between) {
    const auto* texts = std::get_if<Texts>(&list);
    const auto* text = std::get_if<std::string>(&between);
    if (texts == nullptr || text == nullptr)
      return fail(prompt_error(expression.line, "join needs a list and a text"));
    return PromptValue(fmt::format("{}", fmt::join(*texts, *text)));
  }

  Result<PromptValue> include(const PromptExpression& expression, const PromptValue& value) {
    const auto* path = std::get_if<std::string>(&value);
    const auto slash = path == nullptr ? std::string::npos : path->find('/');
    if (slash == std::string::npos)
      return fail(prompt_error(expression.line, "include needs a text \"alias/key\""));
    const auto alias = path->substr(0, slash);
    const auto key = path->substr(slash + 1);
    const auto source = values_.sources.find(alias);
    if (source == values_.sources.end())
      return fail(prompt_error(
          expression.line, values_.sources.empty()
                               ? fmt::format("there is no data source '{}'", alias)
                               : fmt::format("there is no data source '{}'; there are: {}", alias,
                                             keys_of(values_.sources))));
    const auto text = source->second.find(key);
    if (text == source->second.end())
      return fail(prompt_error(expression.line, fmt::format("'{}' has no key '{}'; it has: {}",
                                                            alias, key, keys_of(source->second))));
    return PromptValue(text->second);
  }

  const PromptValues& values_;
  std::optional<std::string> dot_;
  std::string out_;
};

}  // namespace

Result<std::string> render_prompt(std::string_view text, const PromptValues& values) {
  TRY(nodes, parse_prompt(text));
  Renderer renderer(values);
  TRY_VOID(renderer.render(nodes));
  return renderer.take();
}

}  // namespace flotilla::agents
