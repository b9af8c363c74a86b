#include "a2a/client.h"

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

  Async<Result<SendMessageResponse>> send(SendMessageRequest request) override {
    // The messageId makes a repeat harmless where the server deduplicates; others may see it twice
    // only when the connection broke after they had accepted it.
    CO_TRY(value, co_await call_with_retry(wire_->send(request, false)));
    co_return wire_->read_send(std::move(value));
  }

  Async<Result<std::unique_ptr<ClientEvents>>> stream(SendMessageRequest request) override {
    StreamStart start;
    start.request = wire_->send(request, true);
    co_return make_client_events(http_, clock_, wire_, *options_, std::move(start));
  }

  Async<Result<Task>> get_task(GetTaskRequest request) override {
    CO_TRY(value, co_await call_with_retry(wire_->get(request)));
    co_return wire_->read_task(std::move(value));
  }

  Async<Result<ListTasksResponse>> list_tasks(ListTasksRequest request) override {
    if (wire_->endpoint().version == Version::v0_3)
      co_return fail(Error(Code::failed_precondition, reason::kUnsupportedOperation,
                           "version 0.3 of the protocol has no list of tasks"));
    CO_TRY(value, co_await call_with_retry(wire_->list(request)));
    json::ReadOptions lenient;
    lenient.proto_names = true;
    co_return json::read<ListTasksResponse>(value, lenient);
  }

  Async<Result<Task>> cancel_task(CancelTaskRequest request) override {
    CO_TRY(value, co_await call_with_retry(wire_->cancel(request)));
    co_return wire_->read_task(std::move(value));
  }

  Async<Result<std::unique_ptr<ClientEvents>>> subscribe(
      SubscribeToTaskRequest request, std::optional<std::string> after) override {
    StreamStart start;
    start.request = wire_->subscribe(request, after);
    start.task_id = request.id;
    start.cursor = after.value_or("");
    co_return make_client_events(http_, clock_, wire_, *options_, std::move(start));
  }

 private:
  /// Every call of ours may be repeated: reads and cancels change nothing twice, sends have their
  /// messageId.
  Async<Result<json::Value>> call_with_retry(http::ClientRequest request) {
    const auto give_up = clock_.steady_now() + options_->retry_for;
    for (int attempt = 0;; ++attempt) {
      auto response = co_await http_.fetch(request);
      Result<json::Value> value = fail(Error(Code::unavailable, "not asked yet"));
      if (response)
        value = wire_->result(*response);
      else
        value = fail(response.error());
      const bool again = !value && is_transient(value.error()) && attempt < kAttempts &&
                         clock_.steady_now() < give_up;
      if (!again) co_return value;
      co_await clock_.sleep_for(backoff(attempt));
    }
  }

  static constexpr int kAttempts = 4;

  http::Client& http_;
  Clock& clock_;
  AgentCard card_;
  std::shared_ptr<const ClientOptions> options_;  // shared with the wire
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
  if (!options.token.empty())
    request.headers.set("Authorization", "Bearer " + options.token.reveal());
  CO_TRY(response, co_await http.fetch(std::move(request)));
  if (response.status != 200) co_return fail(read_error_text(response.body, response.status));
  AgentCard card;
  CO_TRY(endpoint, choose_endpoint(response.body, base_url, options, &card));
  std::unique_ptr<Client> client = std::make_unique<AgentClient>(
      http, clock, std::move(card), std::move(endpoint), std::move(options));
  co_return client;
}

}  // namespace flotilla::a2a
