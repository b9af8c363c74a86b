#include <benchmark/benchmark.h>

#include <memory>
#include <string_view>

#include "json/json.h"
#include "json/schema.h"

namespace flotilla::json {
namespace {

/// Of the size and shape that tools have.
constexpr std::string_view kTool = R"({"type":"object","properties":{
    "owner":{"type":"string","description":"Repository owner","pattern":"^[\\w.-]+$"},
    "repo":{"type":"string","description":"Repository name","minLength":1,"maxLength":100},
    "title":{"type":"string"},"body":{"type":"string"},
    "labels":{"type":"array","items":{"type":"string"},"uniqueItems":true,"maxItems":20},
    "state":{"enum":["open","closed","all"],"default":"open"},
    "page":{"type":"integer","minimum":1},"perPage":{"type":"integer","minimum":1,"maximum":100}},
    "required":["owner","repo","title"],"additionalProperties":false})";
constexpr std::string_view kGood = R"({"owner":"octo-org","repo":"hello.world","title":"It fails",
    "body":"When I do this, then that happens.","labels":["bug","help wanted"],"state":"open",
    "page":2,"perPage":50})";
constexpr std::string_view kBad = R"({"owner":"octo org","repo":"hello.world","labels":["a","a"],
    "state":"shut","perPage":500})";

std::shared_ptr<const Schema> tool() {
  return *Schema::compile(*parse(kTool));
}

void compile_tool(benchmark::State& state) {
  const Value text = *parse(kTool);
  for (auto _ : state) {
    auto schema = Schema::compile(text);
    benchmark::DoNotOptimize(schema);
  }
}
BENCHMARK(compile_tool);

void check_arguments(benchmark::State& state) {
  const auto schema = tool();
  const Value value = *parse(kGood);
  for (auto _ : state) benchmark::DoNotOptimize(schema->valid(value));
}
BENCHMARK(check_arguments);

void report_faults(benchmark::State& state) {
  const auto schema = tool();
  const Value value = *parse(kBad);
  for (auto _ : state) {
    auto faults = schema->validate(value);
    benchmark::DoNotOptimize(faults);
  }
}
BENCHMARK(report_faults);

/// The metaschema of 2020-12 over a tool's schema: references and dynamic anchors.
void check_against_metaschema(benchmark::State& state) {
  const auto schema =
      *Schema::compile(*parse(R"({"$ref":"https://json-schema.org/draft/2020-12/schema"})"));
  const Value value = *parse(kTool);
  for (auto _ : state) benchmark::DoNotOptimize(schema->valid(value));
}
BENCHMARK(check_against_metaschema);

}  // namespace
}  // namespace flotilla::json
