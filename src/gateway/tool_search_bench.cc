#include <benchmark/benchmark.h>

#include <string>
#include <vector>

#include "gateway/tool_search.h"

namespace flotilla::gateway {
namespace {

/// As many tools as a large gateway federates, with definitions of the usual length.
const std::vector<json::Value>& tools() {
  static const std::vector<json::Value> made = [] {
    constexpr const char* kVerbs[] = {"list", "get", "create", "update", "delete"};
    constexpr const char* kNouns[] = {"repository", "issue", "pull_request", "file", "user"};
    std::vector<json::Value> out;
    for (int i = 0; i < 5000; ++i) {
      const std::string verb = kVerbs[i % 5];
      const std::string noun = kNouns[i / 5 % 5];
      json::Object properties;
      for (const char* name : {"owner", "name", "page", "filter"}) {
        properties.set(name, json::Object{{"description", "What the tool needs to find it"}});
      }
      out.emplace_back(json::Object{
          {"name", "server" + std::to_string(i / 25) + "_" + verb + "_" + noun},
          {"description", "Can " + verb + " one " + noun + " of the server, if it is permitted"},
          {"inputSchema", json::Object{{"properties", std::move(properties)}}}});
    }
    return out;
  }();
  return made;
}

ToolSearch index_all() {
  ToolSearch search;
  for (const auto& tool : tools()) search.add(tool);
  return search;
}

void index_tools(benchmark::State& state) {
  tools();
  for (auto _ : state) {
    auto search = index_all();
    benchmark::DoNotOptimize(search);
  }
}
BENCHMARK(index_tools)->Unit(benchmark::kMillisecond);

void find_tool(benchmark::State& state) {
  const auto search = index_all();
  for (auto _ : state) {
    auto found = search.find("create a pull request on server117", 8);
    benchmark::DoNotOptimize(found);
  }
}
BENCHMARK(find_tool)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace flotilla::gateway

BENCHMARK_MAIN();
