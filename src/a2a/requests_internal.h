#pragma once

#include <string>

#include "a2a/types.h"
#include "base/result.h"

// Shared by the readers of bodies and of queries: unset spellings become absent, then the values
// are checked.
namespace flotilla::a2a {

Result<> check_task_id(const std::string& id, const std::string& at);
Result<> check(SendMessageRequest& request, const std::string& at);
/// `at` is the pointer of the config.
Result<> check(TaskPushNotificationConfig& config, const std::string& at);
Result<> check(GetTaskRequest& request, const std::string& at);
Result<> check(ListTasksRequest& request, const std::string& at);

}  // namespace flotilla::a2a
