#pragma once

#include <memory>
#include <optional>
#include <string>

#include "a2a/client.h"
#include "a2a/v03.h"
#include "a2a/version.h"
#include "http/sse.h"

/// The client's parts: choose_endpoint reads the card, ClientWire says how one call and its answer
/// look on the chosen binding and version, Outage says when to try again. Only client.cc and
/// client_events.cc do I/O.
namespace flotilla::a2a {

/// The interface chosen from the card.
struct Endpoint {
  std::string url;  // without trailing slash
  Binding binding = Binding::jsonrpc;
  Version version = Version::v1_0;
  std::optional<std::string> tenant;
  http::UrlAuthor author = http::UrlAuthor::caller;
  bool with_token = false;
};

/// The interfaces of a card that this client speaks, best first; FAILED_PRECONDITION when none.
Result<Endpoint> choose_endpoint(const std::string& card_text, const std::string& base_url,
                                 const ClientOptions& options, AgentCard* card);

/// Token, headers and TLS of the options, for a request to the host of the base URL.
void add_own(const ClientOptions& options, http::ClientRequest& request);

enum class Call : std::uint8_t { send, stream, get, list, cancel, subscribe };

/// Fills in requests and reads answers for one endpoint.
class ClientWire {
 public:
  ClientWire(Endpoint endpoint, std::shared_ptr<const ClientOptions> options);
  [[nodiscard]] const Endpoint& endpoint() const { return endpoint_; }

  http::ClientRequest send(const SendMessageRequest& request, bool streaming);
  http::ClientRequest get(const GetTaskRequest& request);
  http::ClientRequest list(const ListTasksRequest& request);
  http::ClientRequest cancel(const CancelTaskRequest& request);
  /// `by_get`: HTTP+JSON as the proto has it, for servers that do not know the text's POST.
  http::ClientRequest subscribe(const std::string& task_id, const std::string& cursor, bool by_get);

  /// The result of a complete answer: its JSON, or the error that it tells.
  [[nodiscard]] Result<json::Value> result(const http::Response& response) const;
  [[nodiscard]] Result<SendMessageResponse> read_send(json::Value value) const;
  [[nodiscard]] Result<Task> read_task(json::Value value) const;
  [[nodiscard]] Result<ListTasksResponse> read_list(json::Value value) const;
  /// One event of a stream, or the error that it tells. No member is set for an event of a kind
  /// that only later versions know.
  [[nodiscard]] Result<StreamResponse> read_item(const http::SseMessage& message) const;

 private:
  http::ClientRequest call(Call call, std::string params, const std::string& path);
  [[nodiscard]] v03::Form form() const;
  [[nodiscard]] Result<json::Value> unwrap(json::Value body) const;
  [[nodiscard]] bool tells_error(const json::Object& body) const;

  Endpoint endpoint_;
  std::shared_ptr<const ClientOptions> options_;  // shared with the client
  std::uint64_t next_id_ = 0;
};

/// Gives messages without messageId, which some servers keep in histories, an empty one.
json::Value with_message_ids(json::Value answer);
/// Artifacts of one id become one, their parts in order: some servers list each update.
void join_artifacts(Task& task);
/// The error told by a JSON-RPC error object, a REST error body of either version, or problem+json.
Error read_error(const json::Value& body, int status);
/// The same for a body that may also be plain text.
Error read_error_text(const std::string& body, int status);
/// What is wrong with an answer that is none: internal/INVALID_AGENT_RESPONSE.
Error invalid_answer(const std::string& what);
/// Whether another try may succeed: the transport failed, the server was not there, or it was busy
/// and said until when.
bool is_transient(const Error& error);

/// 250 ms, 500 ms … 5 s, of each the upper half by chance.
Duration backoff(int attempt, Random& random);
/// The error with the pause that `Retry-After` asks for, which Outage keeps to.
Error with_asked_pause(Error error, const http::Headers& headers);

/// One time without service, over all its tries. `clock` and `options` outlive it.
class Outage {
 public:
  Outage(Clock& clock, const ClientOptions& options) : clock_(clock), options_(options) {}
  /// Waits until the next try is due; the error itself when trying again is no use or has lasted
  /// too long.
  Async<Result<>> wait(Error error);
  /// It has ended: the next fault begins a new one.
  void over() { attempt_ = 0; }

 private:
  Clock& clock_;
  const ClientOptions& options_;
  int attempt_ = 0;
  bool told_ = false;
  SteadyTime give_up_{};
};

/// How a stream begins: by a send, or by a subscription.
struct StreamStart {
  std::optional<SendMessageRequest> send;
  bool plain = false;      // without a stream: the agent has none
  bool promised = false;   // its card says that it has
  bool continues = false;  // the message is for a task that exists
  std::string task_id;     // of a subscription
  std::string cursor;
};
std::unique_ptr<ClientEvents> make_client_events(http::Client& http, Clock& clock,
                                                 std::shared_ptr<ClientWire> wire,
                                                 std::shared_ptr<const ClientOptions> options,
                                                 StreamStart start);

}  // namespace flotilla::a2a
