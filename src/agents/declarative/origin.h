#pragma once

#include <boost/describe.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "a2a/types.h"
#include "json/value.h"

namespace flotilla::agents {

/// Metadata of the first message of a task that was made of another one: what it was made of.
inline constexpr std::string_view kOriginMetadata = "flotilla.dev/origin";

enum class OriginKind : std::uint8_t {
  retry,   // the same request once more
  fork,    // goes on after a step of the other task; its journal begins with those steps
  replay,  // the other's answers and results again, without asking or doing anything
};
BOOST_DESCRIBE_ENUM(OriginKind, retry, fork, replay)

struct TaskOrigin {
  OriginKind kind = OriginKind::retry;
  std::string task;
  std::optional<std::int64_t> step;  // of a fork: the last one that was taken over
};
BOOST_DESCRIBE_STRUCT(TaskOrigin, (), (kind, task, step))

/// nullopt where there is none, or what stands there is none: callers write metadata too, so
/// whoever follows it checks that both tasks have the same owner, namespace and agent.
std::optional<TaskOrigin> origin_of(const json::Object& metadata);
void set_origin(json::Object& metadata, const TaskOrigin& origin);

}  // namespace flotilla::agents
