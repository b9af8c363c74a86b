#include <algorithm>
#include <utility>

#include "mcp/conformance_tasks_internal.h"

namespace flotilla::mcp {
namespace {

constexpr std::int64_t kTtlMs = 600'000;
constexpr std::int64_t kPollMs = 100;
constexpr std::size_t kMaxTasks = 1'000;

json::Object confirmation(const std::string& message) {
  json::Object schema{{"type", "object"},
                      {"properties", json::Object{{"confirm", json::Object{{"type", "boolean"}}}}}};
  json::Object params{{"mode", "form"}, {"message", message}};
  params.append("requestedSchema", std::move(schema));
  json::Object request{{"method", "elicitation/create"}};
  request.append("params", std::move(params));
  return request;
}

}  // namespace

std::string ConformanceTasks::status(const Task& task) const {
  if (task.cancelled) return "cancelled";
  if (!task.done) return "input_required";
  if (clock_.steady_now() < *task.done) return "working";
  return task.plan.error ? "failed" : "completed";
}

json::Object ConformanceTasks::fields(const std::string& id, const Task& task) const {
  return json::Object{{"taskId", id},
                      {"status", status(task)},
                      {"createdAt", format_time(task.created)},
                      {"lastUpdatedAt", format_time(task.changed)},
                      {"ttlMs", kTtlMs},
                      {"pollIntervalMs", kPollMs}};
}

json::Object ConformanceTasks::create(Plan plan) {
  const std::scoped_lock lock(mutex_);
  if (tasks_.size() >= kMaxTasks) tasks_.erase(tasks_.begin());  // ids grow with time
  const std::string id = make_uuid_v7(clock_.now(), random_).to_string();
  Task task{std::move(plan), clock_.now(), clock_.now(), std::nullopt, false};
  if (task.plan.questions.empty()) task.done = clock_.steady_now() + task.plan.work;
  return fields(id, tasks_.emplace(id, std::move(task)).first->second);
}

Result<ConformanceTasks::Task*> ConformanceTasks::find(const std::string& id) {
  const auto found = tasks_.find(id);
  if (found == tasks_.end()) return fail(Error(Code::not_found, "Unknown task: " + id));
  return &found->second;
}

Result<json::Object> ConformanceTasks::get(const std::string& id) {
  const std::scoped_lock lock(mutex_);
  TRY(task, find(id));
  json::Object out = fields(id, *task);
  const std::string now = status(*task);
  if (now == "completed") out.append("result", task->plan.result);
  if (now == "failed") out.append("error", *task->plan.error);
  if (now == "input_required") {
    json::Object requests;
    for (const auto& [key, message] : task->plan.questions)
      requests.append(key, confirmation(message));
    out.append("inputRequests", std::move(requests));
  }
  return out;
}

Result<> ConformanceTasks::update(const std::string& id, const json::Object& responses) {
  const std::scoped_lock lock(mutex_);
  TRY(task, find(id));
  if (status(*task) != "input_required") return ok();
  std::erase_if(task->plan.questions,
                [&](const auto& question) { return responses.find(question.first) != nullptr; });
  task->changed = clock_.now();
  if (task->plan.questions.empty()) task->done = clock_.steady_now() + task->plan.work;
  return ok();
}

Result<> ConformanceTasks::cancel(const std::string& id) {
  const std::scoped_lock lock(mutex_);
  TRY(task, find(id));
  const std::string now = status(*task);
  if (now != "working" && now != "input_required") return ok();
  task->cancelled = true;
  task->changed = clock_.now();
  return ok();
}

}  // namespace flotilla::mcp
