#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "async/async.h"
#include "async/clock.h"
#include "base/result.h"
#include "http/client.h"
#include "mcp/client.h"
#include "mcp/rpc_message.h"

/// How the client's core and its transports meet. All on one loop.
namespace flotilla::mcp {

using RequestId = std::int64_t;

/// One message on its way out.
struct Outgoing {
  std::optional<RequestId> id;  // of a request
  std::string method;           // of a request or notification; empty for a response
  std::string name;             // for Mcp-Name
  std::vector<std::pair<std::string, std::string>> headers;  // Mcp-Param-*
  std::vector<std::pair<std::string, std::string>> own;      // the caller's
  std::string text;
};

/// What a transport tells its core.
class TransportSink {
 public:
  virtual ~TransportSink() = default;
  /// `about`: the request on whose own stream it came. Waits while that one's owner is slow.
  virtual Async<> receive(RpcMessage message, std::optional<RequestId> about) = 0;
  /// Whether the request has no answer yet.
  [[nodiscard]] virtual bool awaits(RequestId id) const = 0;
  /// What could not be read; false once there was too much of it.
  virtual bool receive_garbage(const std::string& what) = 0;
  /// The standalone stream was cut and came back: what was sent in between is lost.
  virtual void missed_changes() = 0;
  /// For good.
  virtual void closed(const Error& error) = 0;
};

/// Metadata of transport errors, for the core's decisions.
namespace fault {
inline constexpr std::string_view kHttpStatus = "httpStatus";
inline constexpr std::string_view kSessionLost = "sessionLost";  // `refused` or `cut`
std::string_view find(const Error& error, std::string_view name);
}  // namespace fault

class Transport {
 public:
  virtual ~Transport() = default;
  /// Gives a message to the peer. Over Streamable HTTP a request's send ends once its answer was
  /// received; elsewhere when it is written. Cancelling a request's send closes its stream.
  virtual Async<Result<>> send(std::shared_ptr<const Outgoing> message) = 0;
  /// The handshake is over: which revision was agreed on.
  virtual void agree(Revision revision) = 0;
  /// Legacy only: reads the standalone stream until it is cancelled or there is none.
  virtual Async<> follow() = 0;
  /// Whether a request's answer comes on a stream of its own.
  [[nodiscard]] virtual bool is_exchange() const = 0;
  [[nodiscard]] virtual ClientTransport kind() const = 0;
  /// Which session requests now belong to; grows with each handshake.
  [[nodiscard]] virtual std::uint64_t session() const = 0;
  virtual void forget_session() = 0;
  /// Ends the session and the process.
  virtual Async<> stop() = 0;
};

/// What every transport needs.
struct TransportContext {
  http::Client* http;
  Clock& clock;
  const ClientOptions& options;
  TransportSink& sink;
};

std::unique_ptr<Transport> make_http_transport(TransportContext context);
Async<Result<std::unique_ptr<Transport>>> open_sse_transport(TransportContext context);
Async<Result<std::unique_ptr<Transport>>> open_stdio_transport(TransportContext context);

/// A failure of the peer to speak the protocol.
Error broken_protocol(std::string what);
/// Foreign text for an error message: bounded, one line.
std::string shown(std::string_view text);

/// Parses one message, or an array of them (2025-03-26), and hands them on.
Async<bool> deliver(TransportSink& sink, const ClientLimits& limits, std::string text,
                    std::optional<RequestId> about);

}  // namespace flotilla::mcp
