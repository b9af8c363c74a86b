#include <benchmark/benchmark.h>

#include <cstdint>
#include <iterator>
#include <optional>
#include <string>
#include <vector>

#include "json/json.h"
#include "json/map.h"

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
  state.SetBytesProcessed(state.iterations() * std::ssize(text));
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
  state.SetBytesProcessed(state.iterations() * std::ssize(message_text()));
}
BENCHMARK(write_message);

struct Part {
  std::optional<std::string> text;
  std::optional<Value> data;
};
BOOST_DESCRIBE_STRUCT(Part, (), (text, data))

struct Message {
  std::string messageId;
  std::optional<std::string> contextId;
  std::string role;
  std::vector<Part> parts;
  Object metadata;
};
BOOST_DESCRIBE_STRUCT(Message, (), (messageId, contextId, role, parts, metadata))

struct Configuration {
  std::vector<std::string> acceptedOutputModes;
  std::optional<std::int32_t> historyLength;
};
BOOST_DESCRIBE_STRUCT(Configuration, (), (acceptedOutputModes, historyLength))

struct Params {
  Message message;
  std::optional<Configuration> configuration;
};
BOOST_DESCRIBE_STRUCT(Params, (), (message, configuration))

struct Request {
  std::string jsonrpc;
  std::string id;
  std::string method;
  Params params;
};
BOOST_DESCRIBE_STRUCT(Request, (), (jsonrpc, id, method, params))

void map_message_copying(benchmark::State& state) {
  const auto value = parse(message_text());
  for (auto _ : state) {
    auto request = read<Request>(*value);
    benchmark::DoNotOptimize(request);
  }
}
BENCHMARK(map_message_copying);

void parse_and_map_message(benchmark::State& state) {
  for (auto _ : state) {
    auto request = from_text<Request>(message_text());
    benchmark::DoNotOptimize(request);
  }
}
BENCHMARK(parse_and_map_message);

void write_mapped_message(benchmark::State& state) {
  const auto request = from_text<Request>(message_text());
  std::string out;
  for (auto _ : state) {
    out.clear();
    write(*request, out);
    benchmark::DoNotOptimize(out);
  }
}
BENCHMARK(write_mapped_message);

}  // namespace
}  // namespace flotilla::json

BENCHMARK_MAIN();
