#include <algorithm>

#include "mcp/client_core_internal.h"

/// Core tasks of 2025-11-25 (mcp.md 3.14), for tools that cannot be called otherwise: to the caller
/// it is a call like any other.
namespace flotilla::mcp {
namespace {

constexpr Duration kPollDefault = std::chrono::seconds(1);
constexpr Duration kPollShortest = std::chrono::milliseconds(100);
constexpr Duration kPollLongest = std::chrono::seconds(10);

std::string text_at(const json::Object& object, std::string_view name) {
  const auto* value = object.find(name);
  return value == nullptr || value->if_string() == nullptr ? "" : *value->if_string();
}

Duration pause_of(const json::Object& task) {
  const auto* told = task.find("pollInterval");
  const auto ms = told == nullptr ? std::nullopt : told->as_int64();
  if (!ms) return kPollDefault;
  const auto bounded = std::clamp<std::int64_t>(*ms, 0, 1'000'000);
  return std::clamp<Duration>(std::chrono::milliseconds(bounded), kPollShortest, kPollLongest);
}

}  // namespace

/// Cancels the task when its caller goes away.
class TaskGuard {
 public:
  TaskGuard(ClientCore& core, std::string id) : core_(core), id_(std::move(id)) { ++core_.active_; }
  TaskGuard(const TaskGuard&) = delete;
  TaskGuard& operator=(const TaskGuard&) = delete;
  ~TaskGuard() {
    if (!id_.empty() && !core_.closed_) core_.group_.spawn(core_.drop_task(std::move(id_)));
    if (--core_.active_ == 0) core_.idle_.notify_all();
  }
  void keep() { id_.clear(); }

 private:
  ClientCore& core_;
  std::string id_;
};

bool ClientCore::needs_task(const Call& call) const {
  return !modern() && call.method == "tools/call" && task_tools_.contains(call.name) &&
         info_.has("tasks");
}

Async<Result<Reply>> ClientCore::perform_as_task(Call call, CallOptions options) {
  call.params.set("task", json::Object());
  call.may_ask = false;
  CO_TRY(created, co_await perform(std::move(call), options));
  auto* complete = std::get_if<Complete>(&created);
  const auto* value = complete == nullptr ? nullptr : complete->result.find("task");
  // An error, or a server that answered at once.
  if (value == nullptr || value->if_object() == nullptr) co_return created;
  json::Object task = *value->if_object();
  const auto id = text_at(task, "taskId");
  if (id.empty()) co_return fail(broken_protocol("/result/task/taskId: expected string"));
  TaskGuard guard(*this, id);
  CO_TRY_VOID(co_await await_task(id, std::move(task), options));
  // What is asked in between comes here too, and is held like within any call.
  Call result;
  result.method = "tasks/result";
  result.params.set("taskId", id);
  result.may_ask = true;
  auto reply = co_await perform(std::move(result), std::move(options));
  guard.keep();
  co_return reply;
}

Async<Result<>> ClientCore::await_task(const std::string& id, json::Object task,
                                       const CallOptions& options) {
  const auto deadline = clock_.steady_now() + options_.max_timeout;
  CallOptions quiet;
  quiet.owner = options.owner;
  while (text_at(task, "status") == "working") {
    if (clock_.steady_now() >= deadline) {
      co_return fail(Error(Code::deadline_exceeded, "the server did not end its task in time"));
    }
    co_await clock_.sleep_for(pause_of(task));
    if (closed_) co_return fail(gone());
    Call get;
    get.method = "tasks/get";
    get.params.set("taskId", id);
    get.idempotent = true;
    CO_TRY(fresh, co_await perform_plain(std::move(get), quiet));
    task = std::move(fresh);
  }
  co_return ok();
}

Async<> ClientCore::drop_task(std::string id) {
  Call cancel;
  cancel.method = "tasks/cancel";
  cancel.params.set("taskId", std::move(id));
  CallOptions quiet;
  std::ignore = co_await perform_plain(std::move(cancel), std::move(quiet));
}

}  // namespace flotilla::mcp
