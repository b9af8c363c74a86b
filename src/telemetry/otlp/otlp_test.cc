#include <gtest/gtest.h>

#include <map>
#include <numeric>

#include "async/clock.h"
#include "async/testing.h"
#include "base/hash.h"
#include "telemetry/otlp/encode.h"
#include "telemetry/otlp/exporter.h"
#include "telemetry/otlp/settings.h"

namespace flotilla::telemetry::otlp {
namespace {

SpanContext context_of(std::uint8_t first, std::uint8_t span) {
  SpanContext context;
  std::iota(context.trace.begin(), context.trace.end(), first);
  std::iota(context.span.begin(), context.span.end(), span);
  context.sampled = true;
  return context;
}

SpanRecord small_span() {
  SpanRecord span;
  span.context = context_of(1, 9);
  span.name = "x";
  span.start_ns = 5;
  span.end_ns = 6;
  return span;
}

SpanRecord full_span() {
  SpanRecord span;
  span.context = context_of(1, 1);
  std::iota(span.parent.begin(), span.parent.end(), std::uint8_t{9});
  span.name = "chat small";
  span.kind = SpanKind::client;
  span.start_ns = 1'800'000'000'000'000'001;
  span.end_ns = 1'800'000'000'003'000'000;
  span.attributes = {{"text", std::string("höchst")},
                     {"yes", true},
                     {"no", false},
                     {"count", std::int64_t{-3}},
                     {"zero", std::int64_t{0}},
                     {"half", 0.5},
                     {"many", std::vector<std::string>{"a", ""}}};
  span.events = {{"told", 1'800'000'000'001'000'000, {{"k", std::string()}}}};
  SpanContext other;
  std::iota(other.trace.rbegin(), other.trace.rend(), std::uint8_t{1});
  std::iota(other.span.rbegin(), other.span.rend(), std::uint8_t{1});
  other.sampled = true;
  span.links = {other};
  span.status = SpanStatus::error;
  span.status_message = "it broke";
  return span;
}

Source source() {
  return {{{"service.name", std::string("flotilla")}}, "flotilla", "1.2.3"};
}

// Written by Python's opentelemetry-proto 1.45.2 for the same two spans.
constexpr std::string_view kGolden =
    "0afb020a1c0a1a0a0c736572766963652e6e616d65120a0a08666c6f74696c6c6112da020a110a08666c6f74"
    "696c6c611205312e322e331289020a100102030405060708090a0b0c0d0e0f10120801020304050607082208"
    "090a0b0c0d0e0f102a0a6368617420736d616c6c3003390100b49376e2fa1841c0c6e19376e2fa184a110a04"
    "7465787412090a0768c3b6636873744a090a03796573120210014a080a026e6f120210004a140a05636f756e"
    "74120b18fdffffffffffffffff014a0a0a047a65726f120218004a110a0468616c66120921000000000000e0"
    "3f4a130a046d616e79120b2a090a030a01610a020a005a18094042c39376e2fa181204746f6c641a070a016b"
    "12020a006a210a10100f0e0d0c0b0a0908070605040302011208080706050403020135010000007a0c120869"
    "742062726f6b65180285010100000012390a100102030405060708090a0b0c0d0e0f101208090a0b0c0d0e0f"
    "102a01783001390500000000000000410600000000000000850101000000";

TEST(OtlpEncoding, is_what_another_implementation_writes) {
  const std::vector<SpanRecord> spans{full_span(), small_span()};
  EXPECT_EQ(hex(encode_spans(source(), spans)), kGolden);
}

TEST(OtlpEncoding, text_that_is_no_utf8_is_mended) {
  auto span = small_span();
  span.status_message = "a\xff b";
  span.status = SpanStatus::error;
  const std::vector<SpanRecord> spans{span};
  EXPECT_NE(encode_spans(source(), spans).find("a\xef\xbf\xbd b"), std::string::npos);
}

TEST(OtlpEncoding, a_receivers_refusal_is_read) {
  const auto told = decode_answer(*decode_hex("0a0b08071207746f6f206f6c64"));
  EXPECT_EQ(told.rejected, 7);
  EXPECT_EQ(told.message, "too old");
  for (const auto* nonsense : {"", "0a", "0aff", "08", "ff", "0a0b0807", "07", "0d01"})
    EXPECT_EQ(decode_answer(*decode_hex(nonsense)).message, "") << nonsense;
}

/// Keeps what is posted and answers as it is told, then with 200.
struct FakeTransport final : Transport {
  Async<Result<Reply>> post(std::string body, Duration) override {
    bodies.push_back(std::move(body));
    if (unreachable) co_return fail(Error(Code::unavailable, "nobody listens"));
    Reply reply;
    reply.status = 200;
    if (!replies.empty()) {
      reply = replies.front();
      replies.erase(replies.begin());
    }
    co_return reply;
  }
  std::vector<std::string> bodies;
  std::vector<Reply> replies;
  bool unreachable = false;
};

struct Rig {
  explicit Rig(Executor loop, std::size_t queue = 8, std::size_t batch = 4)
      : exporter(std::move(loop), clock, metrics, transport, options(queue, batch)) {
    exporter.start();
  }
  static ExporterOptions options(std::size_t queue, std::size_t batch) {
    ExporterOptions made;
    made.source = source();
    made.max_queue = queue;
    made.max_batch = batch;
    return made;
  }
  Async<> pass(Duration time) {
    co_await flotilla::testing::settle();
    clock.advance(time);
    co_await flotilla::testing::settle();
  }
  [[nodiscard]] std::uint64_t exported() {
    return metrics.counter("flotilla_spans_exported_total", "").value();
  }
  [[nodiscard]] std::uint64_t dropped() {
    return metrics.counter("flotilla_spans_dropped_total", "").value();
  }

  ManualClock clock;
  Registry metrics;
  FakeTransport transport;
  Exporter exporter;
};

constexpr Duration kPatience = std::chrono::seconds(2);

ASYNC_TEST(OtlpExporter, spans_wait_for_others_but_not_long) {
  Rig rig(co_await boost::asio::this_coro::executor);
  rig.exporter.add(small_span());
  co_await rig.pass(std::chrono::seconds(4));
  EXPECT_TRUE(rig.transport.bodies.empty());
  co_await rig.pass(std::chrono::seconds(1));
  EXPECT_EQ(rig.transport.bodies.size(), 1U);
  EXPECT_EQ(rig.exported(), 1U);
  for (int i = 0; i < 4; ++i) rig.exporter.add(small_span());
  co_await flotilla::testing::settle();
  EXPECT_EQ(rig.transport.bodies.size(), 2U);  // a batch is full
  rig.exporter.add(small_span());
  co_await rig.exporter.stop(kPatience);
  EXPECT_EQ(rig.exported(), 6U);
  EXPECT_EQ(rig.dropped(), 0U);
}

ASYNC_TEST(OtlpExporter, a_receiver_that_is_away_is_asked_again_and_memory_does_not_grow) {
  Rig rig(co_await boost::asio::this_coro::executor);
  rig.transport.unreachable = true;
  for (int i = 0; i < 4; ++i) rig.exporter.add(small_span());
  co_await flotilla::testing::settle();
  for (int i = 0; i < 20; ++i) rig.exporter.add(small_span());
  EXPECT_EQ(rig.dropped(), 12U);
  rig.transport.unreachable = false;
  co_await rig.pass(std::chrono::seconds(1));
  EXPECT_EQ(rig.exported(), 12U);
  EXPECT_EQ(rig.transport.bodies[0], rig.transport.bodies[1]);
  co_await rig.exporter.stop(kPatience);
}

ASYNC_TEST(OtlpExporter, retry_after_is_heeded_and_attempts_end) {
  Rig rig(co_await boost::asio::this_coro::executor);
  rig.transport.replies.assign(Exporter::kAttempts, Reply{503, std::chrono::seconds(9), ""});
  for (int i = 0; i < 4; ++i) rig.exporter.add(small_span());
  co_await rig.pass(std::chrono::seconds(8));
  EXPECT_EQ(rig.transport.bodies.size(), 1U);
  co_await rig.pass(std::chrono::seconds(1));
  EXPECT_EQ(rig.transport.bodies.size(), 2U);
  for (int i = 0; i < 5; ++i) co_await rig.pass(std::chrono::seconds(20));
  EXPECT_EQ(rig.transport.bodies.size(), std::size_t{Exporter::kAttempts});
  EXPECT_EQ(rig.dropped(), 4U);
  co_await rig.exporter.stop(kPatience);
}

ASYNC_TEST(OtlpExporter, what_can_never_pass_is_not_sent_again) {
  Rig rig(co_await boost::asio::this_coro::executor);
  rig.transport.replies = {{400, {}, ""}, {200, {}, *decode_hex("0a0b08031207746f6f206f6c64")}};
  for (int i = 0; i < 8; ++i) rig.exporter.add(small_span());
  co_await rig.pass(std::chrono::seconds(5));
  EXPECT_EQ(rig.transport.bodies.size(), 2U);
  EXPECT_EQ(rig.dropped(), 4U + 3U);
  EXPECT_EQ(rig.exported(), 1U);
  co_await rig.exporter.stop(kPatience);
}

ASYNC_TEST(OtlpExporter, stopping_waits_for_a_receiver_only_so_long) {
  auto here = co_await boost::asio::this_coro::executor;
  Rig rig(here);
  rig.transport.unreachable = true;
  for (int i = 0; i < 6; ++i) rig.exporter.add(small_span());
  co_await flotilla::testing::settle();
  TaskGroup group(here);
  group.spawn(rig.exporter.stop(kPatience));
  for (int i = 0; i < 3; ++i) co_await rig.pass(std::chrono::seconds(1));
  co_await group.join();
  EXPECT_EQ(rig.exported(), 0U);
}

using Variables = std::map<std::string, std::string, std::less<>>;

Result<std::optional<Settings>> read(const Variables& variables, const std::string& endpoint = "") {
  return read_settings(endpoint, "1.2.3", [&](std::string_view name) -> std::optional<std::string> {
    const auto found = variables.find(name);
    if (found == variables.end()) return std::nullopt;
    return found->second;
  });
}

TEST(OtlpSettings, an_endpoint_turns_export_on) {
  EXPECT_FALSE(read({})->has_value());
  EXPECT_EQ((*read({}, "http://one:4318/"))->url, "http://one:4318/v1/traces");
  EXPECT_EQ((*read({{"OTEL_TRACES_EXPORTER", "otlp"}}))->url, "http://localhost:4318/v1/traces");
  Variables all{{"OTEL_EXPORTER_OTLP_ENDPOINT", "https://two/otlp"}};
  EXPECT_EQ((*read(all))->url, "https://two/otlp/v1/traces");
  EXPECT_EQ((*read(all, "http://one"))->url, "http://one/v1/traces");
  all["OTEL_EXPORTER_OTLP_TRACES_ENDPOINT"] = "http://three/as-it-is";
  EXPECT_EQ((*read(all))->url, "http://three/as-it-is");
  all["OTEL_TRACES_EXPORTER"] = "none";
  EXPECT_FALSE(read(all)->has_value());
  EXPECT_FALSE(read({{"OTEL_SDK_DISABLED", "true"}}, "http://one")->has_value());
}

TEST(OtlpSettings, the_standard_variables_are_heeded) {
  const auto read_all = read({{"OTEL_EXPORTER_OTLP_HEADERS", "authorization=Bearer%20abc, x-b = 2"},
                              {"OTEL_EXPORTER_OTLP_TIMEOUT", "2500"},
                              {"OTEL_EXPORTER_OTLP_CERTIFICATE", "/ca.pem"},
                              {"OTEL_RESOURCE_ATTRIBUTES", "deployment.environment.name=test"},
                              {"OTEL_SERVICE_NAME", "fleet"},
                              {"OTEL_BSP_SCHEDULE_DELAY", "100"},
                              {"OTEL_BSP_MAX_QUEUE_SIZE", "64"},
                              {"OTEL_TRACES_SAMPLER", "traceidratio"},
                              {"OTEL_TRACES_SAMPLER_ARG", "0.25"},
                              {"OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT", "SPAN_ONLY"}},
                             "http://one");
  ASSERT_TRUE(read_all);
  const Settings& settings = **read_all;
  ASSERT_EQ(settings.headers.size(), 2U);
  EXPECT_EQ(settings.headers[0].second.reveal(), "Bearer abc");
  EXPECT_EQ(settings.headers[1].first, "x-b");
  EXPECT_EQ(settings.exporter.timeout, std::chrono::milliseconds(2500));
  EXPECT_EQ(settings.ca_file, "/ca.pem");
  EXPECT_EQ(settings.exporter.delay, std::chrono::milliseconds(100));
  EXPECT_EQ(settings.exporter.max_queue, 64U);
  EXPECT_EQ(settings.exporter.max_batch, 64U);
  EXPECT_FALSE(settings.sampling.parent_based);
  EXPECT_EQ(settings.sampling.ratio, 0.25);
  EXPECT_TRUE(settings.captures_content);
  const auto& resource = settings.exporter.source.resource;
  EXPECT_EQ(std::get<std::string>(resource[0].second), "fleet");
  EXPECT_EQ(resource[2].first, "deployment.environment.name");
  EXPECT_FALSE((*read({}, "http://one"))->captures_content);
}

TEST(OtlpSettings, what_is_wrong_or_not_supported_is_named) {
  const Variables faults{
      {"OTEL_EXPORTER_OTLP_PROTOCOL", "grpc"},
      {"OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", "http/json"},
      {"OTEL_EXPORTER_OTLP_COMPRESSION", "gzip"},
      {"OTEL_EXPORTER_OTLP_HEADERS", "no-value"},
      {"OTEL_EXPORTER_OTLP_TRACES_HEADERS", "a=%zz"},
      {"OTEL_EXPORTER_OTLP_TIMEOUT", "soon"},
      {"OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE", "/cert.pem"},
      {"OTEL_TRACES_EXPORTER", "zipkin"},
      {"OTEL_TRACES_SAMPLER", "jaeger_remote"},
      {"OTEL_BSP_MAX_QUEUE_SIZE", "0"},
      {"OTEL_RESOURCE_ATTRIBUTES", "=x"},
      {"OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT", "EVENT_ONLY"},
  };
  for (const auto& [name, value] : faults) {
    const auto refused = read({{name, value}}, "http://one");
    ASSERT_FALSE(refused) << name;
    EXPECT_EQ(refused.error().reason(), reason::kInvalidConfig);
    EXPECT_TRUE(refused.error().message().starts_with(name + ":")) << refused.error().message();
  }
  EXPECT_FALSE(read({{"OTEL_EXPORTER_OTLP_ENDPOINT", "collector:4317"}}));
  EXPECT_FALSE(read({{"OTEL_TRACES_SAMPLER", "traceidratio"}, {"OTEL_TRACES_SAMPLER_ARG", "2"}},
                    "http://one"));
}

}  // namespace
}  // namespace flotilla::telemetry::otlp
