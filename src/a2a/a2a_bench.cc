#include <benchmark/benchmark.h>

#include <string>

#include "a2a/fake_handler.h"
#include "a2a/legacy.h"
#include "a2a/routes.h"
#include "a2a/rpc_request.h"
#include "async/loops.h"
#include "http/router.h"

namespace flotilla::a2a {
namespace {

constexpr int kBatch = 1000;
constexpr std::string_view kSend =
    R"({"jsonrpc":"2.0","id":"0192f3a4-7c1e-7000-8000-0123456789ab","method":"SendMessage",)"
    R"("params":{"message":{"messageId":"0192f3a4-7c1e-7000-8000-0123456789ac",)"
    R"("role":"ROLE_USER","parts":[{"text":"hello from the load generator"}]}}})";
constexpr std::string_view kOldSend =
    R"({"jsonrpc":"2.0","id":"0192f3a4-7c1e-7000-8000-0123456789ab","method":"message/send",)"
    R"("params":{"message":{"kind":"message","messageId":"0192f3a4-7c1e-7000-8000-0123456789ac",)"
    R"("role":"user","parts":[{"kind":"text","text":"hello from the load generator"}]}}})";

Async<> send_all(http::Router& router, http::Request& request) {
  for (int i = 0; i < kBatch; ++i) {
    http::Response response = co_await router.route(request);
    benchmark::DoNotOptimize(response.body);
  }
}

/// Everything between the parsed HTTP request and its response, with a handler that does nothing.
void send(benchmark::State& state, std::string_view body, std::string version) {
  FakeHandler handler;
  http::Router router;
  add_routes(router, handler, ServerConfig{});
  http::Request request;
  request.method = http::Method::post;
  request.path = "/";
  request.headers.add("Host", "127.0.0.1:8080");
  request.headers.add("Content-Type", "application/json");
  request.headers.add("A2A-Version", std::move(version));
  request.body = std::string(body);
  for (auto _ : state) run_blocking(send_all(router, request));
  state.SetItemsProcessed(state.iterations() * kBatch);
}
BENCHMARK_CAPTURE(send, json_rpc_1_0, kSend, "1.0");
BENCHMARK_CAPTURE(send, json_rpc_0_3, kOldSend, "0.3");

void parse_envelope(benchmark::State& state) {
  for (auto _ : state) {
    auto request = parse_rpc(kSend);
    benchmark::DoNotOptimize(request);
  }
}
BENCHMARK(parse_envelope);

void translate_task(benchmark::State& state) {
  const std::string task = FakeHandler::task_json();
  for (auto _ : state) {
    auto text = to_v03_text(ItemKind::task, task, v03::Form::rpc);
    benchmark::DoNotOptimize(text);
  }
}
BENCHMARK(translate_task);

}  // namespace
}  // namespace flotilla::a2a

BENCHMARK_MAIN();
