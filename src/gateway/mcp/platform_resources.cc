#include "gateway/mcp/platform_resources.h"

#include <algorithm>
#include <boost/asio/this_coro.hpp>

#include "a2a/card.h"
#include "auth/access.h"
#include "gateway/handover.h"
#include "gateway/mcp/agent_tools_internal.h"
#include "gateway/mcp/platform_prompts.h"
#include "gateway/mcp/platform_uri.h"
#include "gateway/mcp/task_changes.h"
#include "json/json.h"

namespace flotilla::gateway {
namespace {

constexpr std::size_t kListedTasks = 50;
constexpr std::size_t kJournalEvents = 1000;
constexpr std::size_t kMaxCompletions = 100;

json::Object definition(std::string uri, std::string name, std::string description) {
  return json::Object{{"uri", std::move(uri)},
                      {"name", std::move(name)},
                      {"description", std::move(description)},
                      {"mimeType", "application/json"}};
}

json::Object template_of(std::string uri, std::string name, std::string description) {
  return json::Object{{"uriTemplate", std::move(uri)},
                      {"name", std::move(name)},
                      {"description", std::move(description)},
                      {"mimeType", "application/json"}};
}

mcp::Reply contents(std::string uri, std::string text) {
  json::Array items;
  items.emplace_back(json::Object{
      {"uri", std::move(uri)}, {"mimeType", "application/json"}, {"text", std::move(text)}});
  mcp::Complete done;
  done.result.append("contents", std::move(items));
  return done;
}

class PlatformResources final : public PartialHandler {
 public:
  explicit PlatformResources(PlatformServices services) : services_(services) {}

  Async<Result<mcp::ListPage>> list(mcp::Caller caller, mcp::ListKind kind,
                                    std::optional<std::string> cursor) override {
    mcp::ListPage page;
    if (cursor) co_return fail(invalid("cursor", "is none of this list"));
    if (kind == mcp::ListKind::prompts)
      page.items = list_prompts(services_.agents, *caller.context.principal);
    if (kind == mcp::ListKind::resource_templates) page.items = templates();
    if (kind == mcp::ListKind::resources) {
      CO_TRY(items, co_await resources(caller.context.principal));
      page.items = std::move(items);
    }
    co_return page;
  }

  Async<Result<mcp::Reply>> read_resource(mcp::Exchange& exchange,
                                          mcp::ReadResource request) override {
    const auto parsed = parse_platform_uri(request.uri);
    if (!parsed) co_return fail(unknown_resource(request.uri));
    auto text = co_await read(*parsed, exchange.caller().context);
    if (!text && is_unknown(text.error())) co_return fail(unknown_resource(request.uri));
    if (!text) co_return fail(text.error());
    co_return contents(std::move(request.uri), std::move(*text));
  }

  Async<Result<mcp::Reply>> get_prompt(mcp::Exchange& exchange, mcp::GetPrompt request) override {
    co_return gateway::get_prompt(services_.agents, *exchange.caller().context.principal, request);
  }

  Async<Result<json::Object>> complete(mcp::Caller caller, mcp::Complement request) override {
    CO_TRY(values, co_await candidates(caller.context.principal, request));
    json::Array fitting;
    std::int64_t total = 0;
    for (auto& value : values) {
      if (!value.starts_with(request.value)) continue;
      if (++total <= static_cast<std::int64_t>(kMaxCompletions))
        fitting.emplace_back(std::move(value));
    }
    const bool more = total > static_cast<std::int64_t>(kMaxCompletions);
    co_return json::Object{{"values", std::move(fitting)}, {"total", total}, {"hasMore", more}};
  }

  Async<Result<std::unique_ptr<mcp::ChangeStream>>> changes(mcp::Caller caller,
                                                            mcp::ChangeFilter& filter) override {
    const auto executor = co_await boost::asio::this_coro::executor;
    auto stream =
        std::make_unique<TaskChanges>(services_.tasks, caller.context.principal, executor);
    std::erase_if(filter.resource_uris,
                  [&stream](const std::string& uri) { return !stream->watch(uri); });
    std::erase_if(filter.task_ids,
                  [&stream](const std::string& id) { return !stream->watch_task(id); });
    co_return std::unique_ptr<mcp::ChangeStream>(std::move(stream));
  }

  Async<Result<json::Object>> get_task(mcp::Caller caller, std::string id) override {
    CO_TRY(found, co_await load_task(services_, caller.context, std::move(id)));
    CO_TRY(loaded, co_await core::TaskLog::load(found.log));
    co_return mcp_task(found.log->committed(), loaded.first);
  }

  Async<Result<>> update_task(mcp::Caller caller, std::string id, json::Object responses) override {
    CO_TRY_VOID(auth::require(*caller.context.principal, Role::operator_));
    CO_TRY(found, co_await load_task(services_, caller.context, id));
    const auto text = task_input(responses);
    // Partial and unusable answers change nothing: the task still waits.
    if (!text || !a2a::is_interrupted(found.log->state())) co_return ok();
    a2a::SendMessageRequest request;
    request.message.role = a2a::MessageRole::user;
    request.message.messageId =
        "mcp-" + id + "-" + std::to_string(found.log->committed().status_seq);
    request.message.taskId = std::move(id);
    request.message.parts.push_back(a2a::text_part(*text));
    request.configuration.emplace().returnImmediately = true;
    const auto row = found.log->committed();
    a2a::AgentRef agent{row.name_space, row.agent};
    auto sent =
        co_await services_.a2a.send_message(caller.context, std::move(agent), std::move(request));
    if (!sent) co_return fail(sent.error());
    co_return ok();
  }

  Async<Result<>> cancel_task(mcp::Caller caller, std::string id) override {
    CO_TRY_VOID(auth::require(*caller.context.principal, Role::operator_));
    CO_TRY(found, co_await load_task(services_, caller.context, std::move(id)));
    auto done = co_await services_.tasks.cancel(found.log, caller.context.principal);
    if (!done && done.error().reason() != reason::kTaskNotCancelable) co_return done;
    co_return ok();
  }

 private:
  static json::Array templates() {
    json::Array out;
    out.emplace_back(
        template_of(agent_uri("{namespace}", "{name}"), "agent card", "What an agent can do"));
    out.emplace_back(template_of(task_uri("{id}"), "task", "A task with its artifacts"));
    out.emplace_back(template_of(journal_uri("{id}"), "journal", "Each step of a task"));
    return out;
  }

  Async<Result<std::vector<core::TaskRow>>> newest(std::shared_ptr<const Principal> principal) {
    core::Visibility visibility;
    visibility.principal = std::move(principal);
    core::TaskFilter filter;
    filter.limit = kListedTasks;
    CO_TRY(page, co_await services_.tasks.list(std::move(visibility), std::move(filter)));
    co_return std::move(page.rows);
  }

  Async<Result<json::Array>> resources(std::shared_ptr<const Principal> principal) {
    json::Array items;
    items.emplace_back(
        definition(std::string(kAgentsUri), "agents", "The agents that you may use"));
    for (const auto& agent : services_.agents.list())
      if (principal->may_enter(agent->name_space))
        items.emplace_back(
            definition(agent_uri(agent->name_space, agent->name), agent->name, agent->summary));
    CO_TRY(rows, co_await newest(principal));
    for (const auto& row : rows) {
      const auto id = row.id.to_string();
      items.emplace_back(
          definition(task_uri(id), "task " + id, row.agent + ", " + state_name(row.state)));
      items.emplace_back(definition(journal_uri(id), "journal " + id, "The journal of task " + id));
    }
    co_return items;
  }

  Async<Result<std::string>> read(PlatformUri uri, Context context) {
    if (uri.kind == PlatformUri::Kind::agents) co_return agents_text(*context.principal);
    if (uri.kind == PlatformUri::Kind::agent) {
      const auto agent = services_.agents.find(uri.name_space, uri.name);
      if (!agent || !context.principal->may_enter(uri.name_space))
        co_return fail(Error(Code::not_found, "no such agent"));
      co_return agent->card;
    }
    core::Visibility visibility;
    visibility.principal = context.principal;
    CO_TRY(log, co_await services_.tasks.find(uri.name, std::move(visibility)));
    if (uri.kind == PlatformUri::Kind::journal) co_return co_await journal(log);
    CO_TRY(text, co_await core::TaskLog::snapshot(log));
    co_return *text;
  }

  [[nodiscard]] std::string agents_text(const Principal& principal) const {
    json::Array agents;
    for (const auto& agent : services_.agents.list())
      if (principal.may_enter(agent->name_space))
        agents.emplace_back(json::Object{{"ref", agent->name_space + "/" + agent->name},
                                         {"description", agent->summary}});
    return json::to_string(json::Object{{"agents", std::move(agents)}});
  }

  /// The newest events of a long journal; `seq` shows where it begins.
  static Async<Result<std::string>> journal(core::TaskLog::Ptr log) {
    const auto last = log->committed().seq;
    const auto after = last > kJournalEvents ? last - kJournalEvents : 0;
    CO_TRY(events, co_await log->stored_events(after, last, kJournalEvents));
    std::string text = R"({"events":[)";
    for (const auto& event : events) {
      if (text.back() != '[') text += ',';
      text += R"({"seq":)" + std::to_string(event->seq) + R"(,"kind":")";
      text.append(core::to_string(event->kind)).append(R"(","at":")");
      text.append(format_time(event->at)).append(R"(","actor":)");
      json::write_string(event->actor, text);
      text.append(R"(,"payload":)").append(*event->payload).append("}");
    }
    co_return text + "]}";
  }

  Async<Result<std::vector<std::string>>> candidates(std::shared_ptr<const Principal> principal,
                                                     mcp::Complement request) {
    std::vector<std::string> values;
    if (auto of_prompt = complete_prompt(services_.agents, *principal, request))
      co_return std::move(*of_prompt);
    const auto* uri = request.ref.find("uri");
    const auto* text = uri == nullptr ? nullptr : uri->if_string();
    if (text == nullptr || !text->starts_with("flotilla://"))
      co_return fail(Error(Code::not_found, "ref names neither a prompt nor a template"));
    if (request.argument == "id") {
      CO_TRY(rows, co_await newest(principal));
      for (const auto& row : rows) values.push_back(row.id.to_string());
      co_return values;
    }
    const auto* chosen = request.context.find("namespace");
    for (const auto& agent : services_.agents.list()) {
      if (!principal->may_enter(agent->name_space)) continue;
      if (request.argument == "namespace") values.push_back(agent->name_space);
      if (request.argument == "name" &&
          (chosen == nullptr || *chosen == json::Value(agent->name_space)))
        values.push_back(agent->name);
    }
    std::ranges::sort(values);
    values.erase(std::ranges::unique(values).begin(), values.end());
    co_return values;
  }

  PlatformServices services_;
};

}  // namespace

std::shared_ptr<mcp::Handler> make_platform_resources(PlatformServices services) {
  return std::make_shared<PlatformResources>(services);
}

}  // namespace flotilla::gateway
