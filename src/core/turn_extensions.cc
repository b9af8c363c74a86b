#include "core/turn_extensions.h"

#include <algorithm>
#include <utility>

#include "json/json.h"

namespace flotilla::core {
namespace {

constexpr std::string_view kScheme = "https://";

std::string key_of(std::string_view uri, std::string_view field) {
  return std::string(uri.substr(kScheme.size())) + "/" + std::string(field);
}

bool lists(const std::vector<std::string>& uris, std::string_view uri) {
  return std::ranges::find(uris, uri) != uris.end();
}

template <class T>
void set_data(T& target, std::string_view uri, std::string_view field, json::Value value) {
  const auto key = key_of(uri, field);
  if (target.metadata.find(key) != nullptr) return;
  target.metadata.set(key, std::move(value));
  if (!lists(target.extensions, uri)) target.extensions.emplace_back(uri);
}

/// int64 in ProtoJSON is text.
json::Value int64_text(std::int64_t value) {
  return json::Value(std::to_string(value));
}

json::Object times_of(Time from, Time to) {
  json::Object out;
  out.append("latency", int64_text((to - from).count()));
  out.append("startTime", json::Value(format_time(from)));
  out.append("endTime", json::Value(format_time(to)));
  return out;
}

/// A Step of the extension's ResponseTrace.
json::Object step_of(std::string id, const std::string& trace, std::string parent, bool agent,
                     json::Object action, json::Object times) {
  json::Object out;
  out.append("stepId", json::Value(std::move(id)));
  out.append("traceId", json::Value(trace));
  if (!parent.empty()) out.append("parentStepId", json::Value(std::move(parent)));
  out.append("callType", json::Value(agent ? "AGENT" : "TOOL"));
  json::Object wrapped;
  wrapped.append(agent ? "agentInvocation" : "toolInvocation", json::Value(std::move(action)));
  out.append("stepAction", json::Value(std::move(wrapped)));
  for (auto& [name, value] : times.members()) out.append(name, std::move(value));
  return out;
}

std::string text_at(const json::Object& object, std::string_view name) {
  const auto* value = object.find(name);
  const auto* text = value == nullptr ? nullptr : value->if_string();
  return text == nullptr ? std::string() : *text;
}

/// The call that a step of a declarative agent (agents/declarative/steps.h) begins, as other agents
/// say it; empty for the other entries, which tell of the same calls again.
json::Object declared_call(const json::Object& step) {
  json::Object call;
  if (text_at(step, "phase") != "intent" || step.find("arguments") == nullptr) return call;
  if (text_at(step, "type") == "agent") {
    json::Object sent{{"to", text_at(step, "target")}};
    call.append("message", std::move(sent));
    return call;
  }
  auto arguments = json::parse(text_at(step, "arguments"));
  call.append(text_at(step, "name"), arguments ? std::move(*arguments) : json::Value());
  return call;
}

}  // namespace

TurnExtensions::TurnExtensions(const std::vector<std::string>& activated, Time begun)
    : timestamps_(lists(activated, kTimestampExtension)),
      trace_(lists(activated, kTraceabilityExtension)),
      begun_(begun) {}

void TurnExtensions::stamp(a2a::Message& message, Time now) const {
  if (timestamps_)
    set_data(message, kTimestampExtension, "timestamp", json::Value(format_time(now)));
}

void TurnExtensions::stamp(a2a::Artifact& artifact, Time now) const {
  if (timestamps_)
    set_data(artifact, kTimestampExtension, "timestamp", json::Value(format_time(now)));
}

void TurnExtensions::add_step(std::string_view payload, Time now) {
  if (!trace_) return;
  auto value = json::parse(payload);
  auto* object = value ? value->if_object() : nullptr;
  if (object != nullptr && object->find("phase") != nullptr) {
    auto call = declared_call(*object);
    if (call.empty()) return;
    *object = std::move(call);
  }
  if (object == nullptr || object->empty() || steps_.size() == kTraceStepsMax) {
    ++left_out_;
    return;
  }
  // `{"message": {"to": …}}` is a call of another agent, `{NAME: {…}}` one of a tool.
  auto& [name, details] = object->members().front();
  Step step;
  step.at = now;
  const auto* call = details.if_object();
  step.agent = name == "message" && call != nullptr;
  if (step.agent) {
    step.action.append("agentName", json::Value(text_at(*call, "to")));
  } else {
    step.action.append("toolName", json::Value(name));
    if (call != nullptr) step.action.append("parameters", details);
  }
  steps_.push_back(std::move(step));
}

json::Object TurnExtensions::response_trace(const TaskRow& row, Time now) const {
  const std::string trace = row.id.to_string();
  json::Object turn;
  turn.append("agentUrl", json::Value("/a2a/" + row.name_space + "/" + row.agent));
  turn.append("agentName", json::Value(row.agent));
  json::Array steps;
  auto root = step_of("1", trace, "", true, std::move(turn), times_of(begun_, now));
  if (left_out_ > 0) {
    json::Object more;
    more.append("stepsLeftOut", json::Value(std::to_string(left_out_)));
    root.append("additionalAttributes", json::Value(std::move(more)));
  }
  steps.emplace_back(std::move(root));
  for (std::size_t i = 0; i < steps_.size(); ++i) {
    const Time until = i + 1 < steps_.size() ? steps_[i + 1].at : now;
    steps.emplace_back(step_of(std::to_string(i + 2), trace, "1", steps_[i].agent, steps_[i].action,
                               times_of(steps_[i].at, until)));
  }
  json::Object out;
  out.append("traceId", json::Value(trace));
  out.append("steps", json::Value(std::move(steps)));
  return out;
}

void TurnExtensions::attach_trace(a2a::Message& message, const TaskRow& row, Time now) const {
  set_data(message, kTraceabilityExtension, "traceability", json::Value(response_trace(row, now)));
}

a2a::Artifact TurnExtensions::trace_artifact(const TaskRow& row, Time now) const {
  a2a::Artifact out;
  out.artifactId = "trace";
  out.name = "trace";
  out.description = "steps of the agent's turn";
  a2a::Part part;
  json::Object data;
  data.append(key_of(kTraceabilityExtension, "traceability"),
              json::Value(response_trace(row, now)));
  part.data = json::Value(std::move(data));
  out.parts.push_back(std::move(part));
  out.extensions.emplace_back(kTraceabilityExtension);
  return out;
}

}  // namespace flotilla::core
