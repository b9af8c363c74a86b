#include "a2a/client.h"

#include <utility>

#include "a2a/client_internal.h"

namespace flotilla::a2a {

namespace {

class AgentClient final : public Client {
 public:
  AgentClient(http::Client& http, Clock& clock, AgentCard card, Endpoint endpoint,
              ClientOptions options)
      : http_(http),
        clock_(clock),
        card_(std::move(card)),
        options_(std::make_shared<const ClientOptions>(std::move(options))),
        wire_(std::make_shared<ClientWire>(std::move(endpoint), options_)) {}

  [[nodiscard]] const AgentCard& card() const override { return card_; }
  [[nodiscard]] Binding binding() const override { return wire_->endpoint().binding; }
  [[nodiscard]] Version version() const override { return wire_->endpoint().version; }

  Async<Result<SendMessageResponse>> send(SendMessageRequest request) override {
    CO_TRY(value, co_await call(wire_->send(request, false), true));
    co_return wire_->read_send(std::move(value));
  }

  Async<Result<std::unique_ptr<ClientEvents>>> stream(SendMessageRequest request) override {
    StreamStart start;
    start.continues = request.message.taskId.has_value();
    start.send = std::move(request);
    start.plain = !card_.capabilities.streaming.value_or(true);
    start.promised = card_.capabilities.streaming.value_or(false);
    co_return make_client_events(http_, clock_, wire_, options_, std::move(start));
  }

  Async<Result<Task>> get_task(GetTaskRequest request) override {
    CO_TRY(value, co_await call(wire_->get(request), false));
    co_return wire_->read_task(std::move(value));
  }

  Async<Result<ListTasksResponse>> list_tasks(ListTasksRequest request) override {
    if (wire_->endpoint().version == Version::v0_3)
      co_return fail(Error(Code::failed_precondition, reason::kUnsupportedOperation,
                           "version 0.3 of the protocol has no list of tasks"));
    CO_TRY(value, co_await call(wire_->list(request), false));
    co_return wire_->read_list(std::move(value));
  }

  Async<Result<Task>> cancel_task(CancelTaskRequest request) override {
    CO_TRY(value, co_await call(wire_->cancel(request), false));
    co_return wire_->read_task(std::move(value));
  }

  Async<Result<std::unique_ptr<ClientEvents>>> subscribe(
      SubscribeToTaskRequest request, std::optional<std::string> after) override {
    StreamStart start;
    start.task_id = std::move(request.id);
    start.cursor = std::move(after).value_or("");
    co_return make_client_events(http_, clock_, wire_, options_, std::move(start));
  }

 private:
  /// Every call of ours may be repeated: reads and cancels change nothing twice, sends have their
  /// messageId. But where the answer to a send is only late, a server that does not know repeats
  /// would begin the work a second time.
  Async<Result<json::Value>> call(http::ClientRequest request, bool sends) {
    Outage outage(clock_, *options_);
    for (;;) {
      const auto began = clock_.steady_now();
      auto response = co_await http_.fetch(request);
      auto value = read(response);
      if (value) co_return value;
      const bool late = !response && response.error().code() == Code::deadline_exceeded &&
                        clock_.steady_now() - began >= options_->call_timeout;
      const bool lost = !response && !options_->repeat_sends;
      if (sends && (late || lost)) co_return value;
      CO_TRY_VOID(co_await outage.wait(std::move(value.error())));
    }
  }

  [[nodiscard]] Result<json::Value> read(const Result<http::Response>& response) const {
    if (!response) return fail(response.error());
    return wire_->result(*response);
  }

  http::Client& http_;
  Clock& clock_;
  AgentCard card_;
  std::shared_ptr<const ClientOptions> options_;  // shared with the wire and with streams
  std::shared_ptr<ClientWire> wire_;              // shared with streams that outlive the client
};

}  // namespace

Async<Result<std::unique_ptr<Client>>> Client::connect(http::Client& http, Clock& clock,
                                                       std::string base_url,
                                                       ClientOptions options) {
  while (base_url.ends_with('/')) base_url.pop_back();
  http::ClientRequest request;
  request.url = base_url + "/.well-known/agent-card.json";
  request.author = options.author;
  request.timeout = options.call_timeout;
  request.headers.set("A2A-Version", options.version.empty() ? "1.0" : options.version);
  request.headers.set("Accept", "application/json");
  add_own(options, request);
  CO_TRY(response, co_await http.fetch(std::move(request)));
  if (response.status != 200) co_return fail(read_error_text(response.body, response.status));
  if (options.card_trust) CO_TRY_VOID(options.card_trust->check(response.body, base_url));
  AgentCard card;
  CO_TRY(endpoint, choose_endpoint(response.body, base_url, options, &card));
  std::unique_ptr<Client> client = std::make_unique<AgentClient>(
      http, clock, std::move(card), std::move(endpoint), std::move(options));
  co_return client;
}

}  // namespace flotilla::a2a
