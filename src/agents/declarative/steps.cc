#include "agents/declarative/steps.h"

#include <utility>

#include "json/map.h"

namespace flotilla::agents {

std::string to_payload(const Step& step) {
  return json::to_text(step);
}

Result<std::optional<Step>> read_step(std::string_view payload) {
  TRY(value, json::parse(payload));
  const auto* object = value.if_object();
  if (object == nullptr || object->find("type") == nullptr || object->find("phase") == nullptr)
    return std::optional<Step>();
  TRY(step, json::read<Step>(std::move(value)));
  return std::optional<Step>(std::move(step));
}

StepError to_step_error(const Error& error) {
  StepError out;
  out.code = to_string(error.code());
  out.reason = error.reason();
  out.message = error.message();
  return out;
}

}  // namespace flotilla::agents
