#include "agents/prompt/prompt.h"

#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

namespace flotilla::agents {
namespace {

PromptValues values() {
  PromptValues all;
  all.agent_name = "helper";
  all.agent_namespace = "team";
  all.description = "helps";
  all.tool_names = {"read", "write"};
  all.sources["base"]["safety"] = "Be safe. {{.AgentName}}";
  all.sources["base"]["tools"] = "Use tools.";
  return all;
}

std::string render(std::string_view text) {
  auto rendered = render_prompt(text, values());
  return rendered ? *rendered : "! " + std::string(rendered.error().message());
}

TEST(Prompt, says_what_is_asked_for) {
  const std::vector<std::pair<std::string, std::string>> cases{
      {"", ""},
      {"no template at all }", "no template at all }"},
      {"I am {{.AgentName}} of {{ .AgentNamespace }}.", "I am helper of team."},
      {"{{include \"base/tools\"}}", "Use tools."},
      {"{{ include(\"base/tools\") }}", "Use tools."},
      {"{{include `base/tools`}}", "Use tools."},
      {"{{.ToolNames}}{{.SkillNames}}", "[read write][]"},
      {"{{len .ToolNames}} {{join .ToolNames \", \"}}", "2 read, write"},
      {"{{range .ToolNames}}- {{.}}\n{{end}}", "- read\n- write\n"},
      {"{{range .SkillNames}}x{{else}}none{{end}}", "none"},
      {"{{if .SkillNames}}a{{else if .ToolNames}}b{{else}}c{{end}}", "b"},
      {"{{if not .SkillNames}}a{{end}}", "a"},
      {"{{if and .ToolNames (eq .AgentName \"helper\")}}yes{{end}}", "yes"},
      {"{{if or .SkillNames (ne .AgentName \"helper\")}}yes{{else}}no{{end}}", "no"},
      {"a {{- /* nothing }} here */ -}} b", "ab"},
      {"a \n {{- .AgentName -}} \n b", "ahelperb"},
      {"{{\"a }} \\\"b\\\"\"}}", "a }} \"b\""},
      // What is included is no template itself.
      {"{{include \"base/safety\"}}", "Be safe. {{.AgentName}}"}};
  for (const auto& [text, wanted] : cases) EXPECT_EQ(render(text), wanted) << text;
}

TEST(Prompt, faults_say_the_line_and_what_there_is) {
  const std::string at = "! the system message's template, line ";
  const std::vector<std::pair<std::string, std::string>> cases{
      {"a\nb {{include \"base/saftey\"}}",
       at + "2: 'base' has no key 'saftey'; it has: safety, tools"},
      {"{{include \"other/x\"}}", at + "1: there is no data source 'other'; there are: base"},
      {"{{include .AgentName}}", at + "1: include needs a text \"alias/key\""},
      {"{{.Nme}}", at + "1: .Nme is unknown; there are .AgentName, .AgentNamespace, .Description, "
                        ".ToolNames and .SkillNames"},
      {"\n\n{{printf \"x\"}}", at + "3: there is no function printf; there are include, join, len, "
                                    "eq, ne, not, and, or"},
      {"{{if .ToolNames}}", at + "1: is never closed by {{end}}"},
      {"x{{end}}", at + "1: 'end' without if or range"},
      {"{{.AgentName", at + "1: '{{' is never closed by '}}'"},
      {"{{}}", at + "1: is empty: a value is missing"},
      {"{{.AgentName | upper}}",
       at + "1: '| upper' is more than can stand here: a function with its arguments, a field or a "
            "text"},
      {"{{range .AgentName}}x{{end}}", at + "1: range needs a list, such as .ToolNames"},
      {"{{.}}", at + "1: '.' is only known inside range"},
      {"{{\"x}}", at + "1: '{{' is never closed by '}}'"}};
  for (const auto& [text, wanted] : cases) EXPECT_EQ(render(text), wanted) << text;
}

TEST(Prompt, is_bounded_in_length_and_depth) {
  auto all = values();
  all.sources["base"]["big"] = std::string(200 << 10, 'x');
  const std::string once = "{{include \"base/big\"}}";
  EXPECT_TRUE(render_prompt(once, all));
  EXPECT_FALSE(render_prompt(once + once, all));
  std::string deep;
  for (int i = 0; i < 100'000; ++i) deep += "{{if .AgentName}}";
  EXPECT_FALSE(render_prompt(deep, all));
  EXPECT_FALSE(render_prompt("{{" + std::string(100'000, '('), all));
}

}  // namespace
}  // namespace flotilla::agents
