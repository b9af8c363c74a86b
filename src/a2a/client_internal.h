#pragma once

#include <memory>
#include <optional>
#include <string>

#include "a2a/client.h"
#include "a2a/v03.h"
#include "a2a/version.h"
#include "http/sse.h"

/// The client's two halves: ClientWire says how one call looks on the chosen binding and version,
/// StreamReader turns a response into items. Both know nothing of retries.
namespace flotilla::a2a {

/// The interface chosen from the card.
struct Endpoint {
  std::string url;  // without trailing slash
  Binding binding = Binding::jsonrpc;
  Version version = Version::v1_0;
  std::optional<std::string> tenant;
  http::UrlAuthor author = http::UrlAuthor::caller;
};

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
  http::ClientRequest subscribe(const SubscribeToTaskRequest& request,
                                const std::optional<std::string>& after);

  /// The result of a complete answer: its JSON, or the error that it tells.
  [[nodiscard]] Result<json::Value> result(const http::Response& response) const;
  [[nodiscard]] Result<SendMessageResponse> read_send(json::Value value) const;
  [[nodiscard]] Result<Task> read_task(json::Value value) const;
  /// One `data:` of a stream.
  [[nodiscard]] Result<StreamResponse> read_item(const std::string& data) const;

 private:
  http::ClientRequest call(Call call, std::string params, const std::string& path);
  [[nodiscard]] v03::Form form() const;

  Endpoint endpoint_;
  std::shared_ptr<const ClientOptions> options_;  // shared with the client
  std::uint64_t next_id_ = 0;
};

/// The error told by a JSON-RPC error object, a REST error body of either version, or plain text.
Error read_error(const json::Value& body, int status);
Error read_error_text(const std::string& body, int status);

/// The interfaces of a card that this client speaks, best first; FAILED_PRECONDITION when none.
Result<Endpoint> choose_endpoint(const std::string& card_text, const std::string& base_url,
                                 const ClientOptions& options, AgentCard* card);

/// A stream that survives cuts. `open` is the request that begins it.
struct StreamStart {
  http::ClientRequest request;
  std::string task_id;  // of a subscription
  std::string cursor;
};
std::unique_ptr<ClientEvents> make_client_events(http::Client& http, Clock& clock,
                                                 std::shared_ptr<ClientWire> wire,
                                                 const ClientOptions& options, StreamStart start);

/// 250 ms, 500 ms … 5 s.
Duration backoff(int attempt);
/// Whether another try may succeed: the transport failed or the server was not there.
bool is_transient(const Error& error);

}  // namespace flotilla::a2a
