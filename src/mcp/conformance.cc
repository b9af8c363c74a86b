#include "mcp/conformance.h"

#include <algorithm>
#include <boost/asio/this_coro.hpp>
#include <set>
#include <utility>

#include "async/event.h"
#include "mcp/conformance_content_internal.h"
#include "mcp/conformance_definitions_internal.h"
#include "mcp/error.h"

namespace flotilla::mcp {

struct ConformanceHandler::Definitions {
  json::Array tools = conformance_definitions(ListKind::tools);
  json::Array prompts = conformance_definitions(ListKind::prompts);
  json::Array resources = conformance_definitions(ListKind::resources);
  json::Array templates = conformance_definitions(ListKind::resource_templates);

  [[nodiscard]] const json::Array& of(ListKind kind) const {
    if (kind == ListKind::prompts) return prompts;
    if (kind == ListKind::resources) return resources;
    return kind == ListKind::resource_templates ? templates : tools;
  }
};

/// All streams of changes that are open.
class ConformanceHandler::Listeners {
 public:
  struct Listener {
    Listener(const Executor& executor, const ChangeFilter& filter)
        : wanted(filter), notifier(executor) {}
    ChangeFilter wanted;
    std::vector<std::string> pending;  // methods
    Notifier notifier;
  };

  void add(Listener& listener) {
    const std::scoped_lock lock(mutex_);
    all_.insert(&listener);
  }
  void remove(Listener& listener) {
    const std::scoped_lock lock(mutex_);
    all_.erase(&listener);
  }
  void tell(const std::string& method) {
    const std::scoped_lock lock(mutex_);
    for (Listener* listener : all_) {
      const bool wanted = method == "notifications/tools/list_changed" ? listener->wanted.tools
                                                                       : listener->wanted.prompts;
      if (!wanted || std::ranges::count(listener->pending, method) > 0) continue;
      listener->pending.push_back(method);
      listener->notifier.post_notify_all();
    }
  }
  std::vector<std::string> take(Listener& listener) {
    const std::scoped_lock lock(mutex_);
    return std::exchange(listener.pending, {});
  }

  class Stream final : public ChangeStream {
   public:
    Stream(std::shared_ptr<Listeners> all, const Executor& executor, const ChangeFilter& filter)
        : all_(std::move(all)), listener_(executor, filter) {
      all_->add(listener_);
    }
    Stream(const Stream&) = delete;
    Stream& operator=(const Stream&) = delete;
    ~Stream() override { all_->remove(listener_); }

    Async<Result<std::vector<Change>>> next() override {
      auto methods = all_->take(listener_);
      while (methods.empty()) {
        co_await listener_.notifier.wait();
        methods = all_->take(listener_);
      }
      std::vector<Change> changes;
      for (std::string& method : methods) changes.push_back(Change{std::move(method), {}});
      co_return changes;
    }
    Result<> watch(std::string /*uri*/) override { return ok(); }
    void unwatch(std::string_view /*uri*/) override {}

   private:
    std::shared_ptr<Listeners> all_;
    Listener listener_;
  };

 private:
  std::mutex mutex_;
  std::set<Listener*> all_;
};

ConformanceHandler::ConformanceHandler(Clock& clock, Random& random)
    : clock_(clock),
      definitions_(std::make_unique<const Definitions>()),
      tasks_(clock, random),
      listeners_(std::make_shared<Listeners>()) {}

ConformanceHandler::~ConformanceHandler() = default;

ServerDescription ConformanceHandler::describe(const Caller& /*caller*/) const {
  ServerDescription server;
  server.name = "flotilla-conformance";
  server.version = "1";
  return server;
}

Async<Result<ListPage>> ConformanceHandler::list(Caller /*caller*/, ListKind kind,
                                                 std::optional<std::string> cursor) {
  if (cursor) co_return fail(invalid("cursor", "is none of this list's"));
  ListPage page;
  page.items = definitions_->of(kind);
  page.ttl_ms = 1000;
  page.shared = true;
  co_return page;
}

Async<std::vector<std::pair<std::string, std::vector<std::string>>>>
ConformanceHandler::header_parameters(Caller /*caller*/, std::string tool) {
  std::vector<std::pair<std::string, std::vector<std::string>>> out;
  if (tool == "test_header_parameter") {
    out.emplace_back("Region", std::vector<std::string>(1, "region"));
    out.emplace_back("Count", std::vector<std::string>(1, "count"));
  }
  co_return out;
}

Async<Result<Reply>> ConformanceHandler::call_tool(Exchange& exchange, CallTool request) {
  if (request.name == "test_trigger_tool_change") {
    listeners_->tell("notifications/tools/list_changed");
    co_return tool_text("told");
  }
  if (request.name == "test_trigger_prompt_change") {
    listeners_->tell("notifications/prompts/list_changed");
    co_return tool_text("told");
  }
  if (auto reply = plain_tool(request)) co_return std::move(*reply);
  if (auto reply = asking_tool(exchange.caller(), request)) co_return std::move(*reply);
  if (auto reply = task_tool(exchange.caller(), request, tasks_)) co_return std::move(*reply);
  if (auto seconds = waiting_tool(request)) {
    co_await clock_.sleep_for(*seconds);
    co_return tool_text("computed");
  }
  co_return co_await telling_tool(exchange, std::move(request), clock_);
}

Async<Result<Reply>> ConformanceHandler::read_resource(Exchange& /*exchange*/,
                                                       ReadResource request) {
  auto contents = resource_contents(request.uri);
  if (!contents) co_return fail(Error(Code::not_found, "no such resource: " + request.uri));
  json::Array all;
  all.emplace_back(std::move(*contents));
  Complete done;
  done.result.append("contents", std::move(all));
  co_return Reply(std::move(done));
}

Async<Result<Reply>> ConformanceHandler::get_prompt(Exchange& exchange, GetPrompt request) {
  co_return prompt(exchange.caller(), request);
}

Async<Result<json::Object>> ConformanceHandler::complete(Caller /*caller*/, Complement request) {
  json::Array values;
  for (const char* word : {"paris", "park", "party"})
    if (std::string_view(word).starts_with(request.value)) values.emplace_back(word);
  json::Object completion;
  completion.append("total", static_cast<std::int64_t>(values.size()));
  completion.append("values", std::move(values));
  completion.append("hasMore", false);
  co_return completion;
}

Async<Result<std::unique_ptr<ChangeStream>>> ConformanceHandler::changes(Caller /*caller*/,
                                                                         ChangeFilter& filter) {
  std::erase_if(filter.resource_uris,
                [](const std::string& uri) { return !resource_contents(uri); });
  std::vector<std::string> known;
  for (const std::string& id : filter.task_ids)
    if (tasks_.get(id)) known.push_back(id);
  filter.task_ids = std::move(known);
  const auto executor = co_await boost::asio::this_coro::executor;
  std::unique_ptr<ChangeStream> stream =
      std::make_unique<Listeners::Stream>(listeners_, executor, filter);
  co_return stream;
}

Async<Result<json::Object>> ConformanceHandler::get_task(Caller /*caller*/, std::string id) {
  co_return tasks_.get(id);
}

Async<Result<>> ConformanceHandler::update_task(Caller /*caller*/, std::string id,
                                                json::Object responses) {
  co_return tasks_.update(id, responses);
}

Async<Result<>> ConformanceHandler::cancel_task(Caller /*caller*/, std::string id) {
  co_return tasks_.cancel(id);
}

}  // namespace flotilla::mcp
