#include <benchmark/benchmark.h>

#include <string>

#include "json/json.h"

namespace flotilla::json {
namespace {

/// A send request of the size and shape that agents exchange: 1 KiB, mostly text.
const std::string& message_text() {
  static const std::string text = [] {
    std::string words;
    while (words.size() < 560) words += "The quick brown fox jumps over the lazy dog. ";
    return R"({"jsonrpc":"2.0","id":"0192f3a4-7c1e-7000-8000-0123456789ab","method":"SendMessage",)"
           R"("params":{"message":{"messageId":"0192f3a4-7c1e-7000-8000-0123456789ac",)"
           R"("contextId":"ctx-17","role":"ROLE_USER","parts":[{"text":")" +
           words +
           R"("},{"data":{"query":"weather","limit":10,"tags":["a","b"],"exact":true}}],)"
           R"("metadata":{"source":"bench","trace":"4bf92f3577b34da6a3ce929d0e0e4736"}},)"
           R"("configuration":{"acceptedOutputModes":["text/plain"],"historyLength":5}}})";
  }();
  return text;
}

void parse_message(benchmark::State& state) {
  const std::string& text = message_text();
  for (auto _ : state) {
    auto value = parse(text);
    benchmark::DoNotOptimize(value);
  }
  state.SetBytesProcessed(static_cast<std::int64_t>(state.iterations() * text.size()));
}
BENCHMARK(parse_message);

void write_message(benchmark::State& state) {
  const auto value = parse(message_text());
  std::string out;
  for (auto _ : state) {
    out.clear();
    write(*value, out);
    benchmark::DoNotOptimize(out);
  }
  state.SetBytesProcessed(static_cast<std::int64_t>(state.iterations() * message_text().size()));
}
BENCHMARK(write_message);

}  // namespace
}  // namespace flotilla::json

BENCHMARK_MAIN();
