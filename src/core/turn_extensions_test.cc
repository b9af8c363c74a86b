#include "core/turn_extensions.h"

#include <gtest/gtest.h>

#include "json/json.h"

namespace flotilla::core {
namespace {

constexpr Time kBegun{std::chrono::seconds{1'800'000'000}};
const std::string kTimeKey =
    "github.com/a2aproject/a2a-samples/samples/extensions/timestamp/v1/timestamp";
const std::string kTraceKey =
    "github.com/a2aproject/a2a-samples/extensions/traceability/v1/traceability";

TurnExtensions both() {
  return TurnExtensions({std::string(kTimestampExtension), std::string(kTraceabilityExtension)},
                        kBegun);
}

TaskRow row() {
  TaskRow out;
  out.id.uuid.bytes[15] = 1;
  out.name_space = "default";
  out.agent = "echo";
  return out;
}

TEST(TurnExtensions, without_activation_nothing_is_added) {
  const TurnExtensions none({"https://other/v1"}, kBegun);
  EXPECT_FALSE(none.timestamps());
  EXPECT_FALSE(none.trace());
  a2a::Message message;
  none.stamp(message, kBegun);
  EXPECT_TRUE(message.metadata.empty());
  EXPECT_TRUE(message.extensions.empty());
}

TEST(TurnExtensions, stamps_once_and_says_so) {
  a2a::Artifact artifact;
  both().stamp(artifact, kBegun);
  EXPECT_EQ(*artifact.metadata.find(kTimeKey)->if_string(), "2027-01-15T08:00:00.000Z");
  EXPECT_EQ(artifact.extensions, std::vector<std::string>{std::string(kTimestampExtension)});
  both().stamp(artifact, kBegun + std::chrono::seconds(1));
  EXPECT_EQ(*artifact.metadata.find(kTimeKey)->if_string(), "2027-01-15T08:00:00.000Z");
  EXPECT_EQ(artifact.extensions.size(), 1U);
}

TEST(TurnExtensions, the_trace_tells_the_turn_and_its_steps) {
  auto turn = both();
  turn.add_step(R"({"message":{"to":"calculator","key":"k"}})", kBegun + Time::duration(5));
  turn.add_step(R"({"read_file":{"path":"a"}})", kBegun + Time::duration(7));
  turn.add_step("[]", kBegun);
  a2a::Message message;
  turn.attach_trace(message, row(), kBegun + Time::duration(20));
  EXPECT_EQ(
      json::to_string(*message.metadata.find(kTraceKey)),
      R"({"traceId":"00000000-0000-0000-0000-000000000001","steps":[{"stepId":"1",)"
      R"("traceId":"00000000-0000-0000-0000-000000000001","callType":"AGENT","stepAction":)"
      R"({"agentInvocation":{"agentUrl":"/a2a/default/echo","agentName":"echo"}},"latency":"20",)"
      R"("startTime":"2027-01-15T08:00:00.000Z","endTime":"2027-01-15T08:00:00.020Z",)"
      R"("additionalAttributes":{"stepsLeftOut":"1"}},{"stepId":"2",)"
      R"("traceId":"00000000-0000-0000-0000-000000000001","parentStepId":"1","callType":"AGENT",)"
      R"("stepAction":{"agentInvocation":{"agentName":"calculator"}},"latency":"2",)"
      R"("startTime":"2027-01-15T08:00:00.005Z","endTime":"2027-01-15T08:00:00.007Z"},)"
      R"({"stepId":"3","traceId":"00000000-0000-0000-0000-000000000001","parentStepId":"1",)"
      R"("callType":"TOOL","stepAction":{"toolInvocation":{"toolName":"read_file",)"
      R"("parameters":{"path":"a"}}},"latency":"13","startTime":"2027-01-15T08:00:00.007Z",)"
      R"("endTime":"2027-01-15T08:00:00.020Z"}]})");
}

TEST(TurnExtensions, calls_of_a_declarative_agent_are_told_once) {
  auto turn = both();
  turn.add_step(R"({"type":"model","phase":"result","number":1})", kBegun);
  turn.add_step(
      R"({"type":"tool","phase":"intent","number":1,"name":"price","arguments":"{\"of\":1}"})",
      kBegun);
  turn.add_step(R"({"type":"tool","phase":"result","number":1,"name":"price"})", kBegun);
  turn.add_step(
      R"({"type":"agent","phase":"intent","number":2,"target":"default/a","arguments":"{}"})",
      kBegun);
  turn.add_step(R"({"type":"agent","phase":"intent","number":2,"child":"t"})", kBegun);
  const auto text = json::to_string(json::Value(turn.response_trace(row(), kBegun)));
  EXPECT_NE(text.find(R"({"toolName":"price","parameters":{"of":1}})"), std::string::npos) << text;
  EXPECT_NE(text.find(R"({"agentName":"default/a"})"), std::string::npos) << text;
  EXPECT_EQ(text.find("stepsLeftOut"), std::string::npos) << text;
  EXPECT_EQ(text.find(R"("stepId":"4")"), std::string::npos) << text;
}

TEST(TurnExtensions, a_trace_is_bounded) {
  auto turn = both();
  for (std::size_t i = 0; i < kTraceStepsMax + 5; ++i) turn.add_step(R"({"t":{}})", kBegun);
  const auto trace = turn.response_trace(row(), kBegun);
  EXPECT_EQ(trace.find("steps")->if_array()->size(), kTraceStepsMax + 1);
}

TEST(TurnExtensions, a_turn_without_a_message_has_an_artifact) {
  const auto artifact = both().trace_artifact(row(), kBegun);
  EXPECT_EQ(artifact.artifactId, "trace");
  ASSERT_EQ(artifact.parts.size(), 1U);
  EXPECT_NE(artifact.parts[0].data->if_object()->find(kTraceKey), nullptr);
}

}  // namespace
}  // namespace flotilla::core
