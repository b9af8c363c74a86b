#include "telemetry/trace.h"

#include <gtest/gtest.h>

#include "async/clock.h"
#include "base/error.h"
#include "base/id.h"
#include "telemetry/genai.h"

namespace flotilla::telemetry {
namespace {

const std::string kTrace = "0af7651916cd43dd8448eb211c80319c";
const std::string kSpan = "b7ad6b7169203331";

/// Counts upwards, so that ids differ and are known.
class CountingRandom final : public Random {
 public:
  void fill(void* bytes, std::size_t count) override {
    auto* out = static_cast<unsigned char*>(bytes);
    for (std::size_t i = 0; i < count; ++i) out[i] = ++last_;
  }

 private:
  unsigned char last_ = 0;
};

struct Kept final : SpanSink {
  void add(SpanRecord span) override { spans.push_back(std::move(span)); }
  std::vector<SpanRecord> spans;
};

struct Traced : ::testing::Test {
  ManualClock clock;
  CountingRandom random;
  Kept kept;
  Tracer tracer{clock, random, &kept};
};

std::string value_of(const SpanRecord& span, std::string_view key) {
  for (const auto& [name, value] : span.attributes)
    if (name == key) return std::get<std::string>(value);
  return "(none)";
}

TEST(TraceParent, only_a_well_formed_one_counts) {
  const auto found = parse_traceparent("00-" + kTrace + "-" + kSpan + "-01");
  ASSERT_TRUE(found);
  EXPECT_EQ(trace_id_text(*found), kTrace);
  EXPECT_EQ(span_id_text(*found), kSpan);
  EXPECT_TRUE(found->sampled);
  EXPECT_EQ(traceparent(*found), "00-" + kTrace + "-" + kSpan + "-01");
  EXPECT_FALSE(parse_traceparent("00-" + kTrace + "-" + kSpan + "-fe")->sampled);

  const std::string bad[] = {
      "",
      "00-" + kTrace,
      "00-" + kTrace + "-" + kSpan,
      "00-0AF7651916CD43DD8448EB211C80319C-" + kSpan + "-01",
      "00-" + std::string(32, '0') + "-" + kSpan + "-01",
      "00-" + kTrace + "-" + std::string(16, '0') + "-01",
      "ff-" + kTrace + "-" + kSpan + "-01",
      "00-" + kTrace + "-" + kSpan + "-01-more",
      "01-" + kTrace + "-" + kSpan + "-01more",
      "00-" + kTrace + "-" + kSpan + "-0g",
      "00_" + kTrace + "-" + kSpan + "-01",
  };
  for (const auto& text : bad) EXPECT_FALSE(parse_traceparent(text)) << text;
  // A later version may add fields.
  EXPECT_TRUE(parse_traceparent("01-" + kTrace + "-" + kSpan + "-01-more"));
  EXPECT_EQ(traceparent({}), "");
}

TEST_F(Traced, a_span_tells_its_parent_its_times_and_its_fault) {
  auto root = tracer.start("root", SpanKind::server);
  clock.advance(std::chrono::milliseconds(2));
  {
    auto child = tracer.start("child", SpanKind::client, root.context());
    child.set("key", std::string("one")).set("key", std::string("two"));
    clock.advance(std::chrono::milliseconds(3));
    child.event("told");
    child.fail(Error(Code::unavailable, "the peer is gone"));
  }
  root.end();
  root.end();
  ASSERT_EQ(kept.spans.size(), 2U);
  const auto& child = kept.spans[0];
  const auto& parent = kept.spans[1];
  EXPECT_EQ(child.context.trace, parent.context.trace);
  EXPECT_EQ(child.parent, parent.context.span);
  EXPECT_EQ(parent.parent, (std::array<std::uint8_t, 8>{}));
  EXPECT_EQ(child.end_ns - child.start_ns, 3'000'000);
  EXPECT_EQ(child.start_ns - parent.start_ns, 2'000'000);
  EXPECT_EQ(parent.start_ns, 1'800'000'000'000'000'000);
  ASSERT_EQ(child.events.size(), 1U);
  EXPECT_EQ(child.events[0].at_ns, child.end_ns);
  EXPECT_EQ(child.status, SpanStatus::error);
  EXPECT_EQ(child.status_message, "the peer is gone");
  EXPECT_EQ(value_of(child, "error.type"), "UNAVAILABLE");
  EXPECT_EQ(value_of(child, "key"), "two");
}

TEST_F(Traced, a_callers_decision_not_to_sample_stands_and_is_passed_on) {
  const auto caller = parse_traceparent("00-" + kTrace + "-" + kSpan + "-00");
  {
    auto span = tracer.start("quiet", SpanKind::server, *caller);
    EXPECT_FALSE(span.recording());
    span.set("key", true).fail("type", "why");
    EXPECT_EQ(trace_id_text(span.context()), kTrace);
    EXPECT_NE(span_id_text(span.context()), kSpan);
    EXPECT_FALSE(span.context().sampled);
  }
  EXPECT_TRUE(kept.spans.empty());
}

TEST_F(Traced, without_a_sink_the_callers_context_is_passed_on_as_it_came) {
  Tracer none(clock, random, nullptr);
  const auto caller = parse_traceparent("00-" + kTrace + "-" + kSpan + "-01");
  EXPECT_EQ(none.start("x", SpanKind::server, *caller).context(), *caller);
  EXPECT_FALSE(none.start("x", SpanKind::server).context().valid());
}

TEST_F(Traced, a_ratio_samples_by_the_trace_id) {
  Tracer half(clock, random, &kept, {.parent_based = true, .ratio = 0.5});
  std::array<std::uint8_t, 16> low{};
  low[0] = 1;
  low[9] = 0x7f;
  auto high = low;
  high[9] = 0x80;
  EXPECT_TRUE(half.start("x", SpanKind::server, {}, &low).recording());
  EXPECT_FALSE(half.start("x", SpanKind::server, {}, &high).recording());
  Tracer never(clock, random, &kept, {.parent_based = false, .ratio = 0});
  const auto caller = parse_traceparent("00-" + kTrace + "-" + kSpan + "-01");
  EXPECT_FALSE(never.start("x", SpanKind::server, *caller).context().sampled);
}

TEST_F(Traced, a_moved_span_ends_once) {
  {
    auto first = tracer.start("first", SpanKind::internal);
    auto other = std::move(first);
    other = tracer.start("second", SpanKind::internal);
    ASSERT_EQ(kept.spans.size(), 1U);
    EXPECT_EQ(kept.spans[0].name, "first");
  }
  EXPECT_EQ(kept.spans.size(), 2U);
}

TEST_F(Traced, attributes_are_bounded) {
  auto span = tracer.start("many", SpanKind::internal);
  for (int i = 0; i < 1000; ++i) span.set("key" + std::to_string(i), true).event("e");
  span.end();
  EXPECT_EQ(kept.spans[0].attributes.size(), kMaxSpanAttributes);
  EXPECT_EQ(kept.spans[0].events.size(), kMaxSpanEvents);
}

TEST_F(Traced, the_wall_clock_may_be_set_anew) {
  auto before = tracer.start("before", SpanKind::internal);
  clock.advance(std::chrono::hours(1));
  before.end();
  EXPECT_EQ(kept.spans[0].end_ns - kept.spans[0].start_ns, 3'600'000'000'000);
}

TEST_F(Traced, a_model_call_follows_the_conventions) {
  auto span = start_model_span(tracer, {}, "azure-openai", "gpt-4.1");
  ModelSpanEnd end;
  end.response_model = "gpt-4.1-2025";
  end.finish_reason = "stop";
  end.input_tokens = 12;
  end.output_tokens = 3;
  finish_model_span(span, end);
  ASSERT_EQ(kept.spans.size(), 1U);
  const auto& told = kept.spans[0];
  EXPECT_EQ(told.name, "chat gpt-4.1");
  EXPECT_EQ(told.kind, SpanKind::client);
  EXPECT_EQ(value_of(told, "gen_ai.operation.name"), "chat");
  EXPECT_EQ(value_of(told, "gen_ai.provider.name"), "azure.ai.openai");
  EXPECT_EQ(value_of(told, "gen_ai.response.model"), "gpt-4.1-2025");
  EXPECT_EQ(told.attributes.back().first, "gen_ai.usage.output_tokens");
  EXPECT_EQ(std::get<std::int64_t>(told.attributes.back().second), 3);
}

}  // namespace
}  // namespace flotilla::telemetry
