#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "app/cli/client_config.h"
#include "app/cli/exit_code.h"
#include "app/cli/io.h"
#include "async/async.h"
#include "async/blocking_pool.h"
#include "async/clock.h"
#include "http/client.h"
#include "http/egress.h"
#include "json/value.h"

namespace flotilla::app {

/// A server as a command sees it: its address, its native API (`/api/v1`), and the HTTP client
/// for the rest. Belongs to one loop. Errors of the API carry the server's own words; a server
/// that cannot be reached is unavailable and the message names it.
class Remote {
 public:
  Remote(Executor executor, Target target, http::EgressPolicy egress);

  /// `path` begins with `/api/v1`; query included, percent-encoded.
  Async<Result<json::Value>> get(std::string path);
  Async<Result<json::Value>> post(std::string path);
  /// With a JSON body. `replayable`: the server does not do it twice.
  Async<Result<json::Value>> post(std::string path, json::Value body, bool replayable = false);
  Async<Result<json::Value>> remove(std::string path);
  /// A stream of server-sent events; a status other than 200 is the API's error.
  Async<Result<std::unique_ptr<http::ClientStream>>> events(std::string path,
                                                            std::string last_event_id);

  [[nodiscard]] const Target& target() const { return target_; }
  [[nodiscard]] http::Client& http() { return client_; }
  /// The error of an exchange that did not come about, with the server that was meant.
  [[nodiscard]] Error explain(const Error& error) const;
  /// The namespace for what is named without one.
  [[nodiscard]] std::string name_space() const;

 private:
  [[nodiscard]] http::ClientRequest request(http::Method method, std::string path) const;
  Async<Result<json::Value>> exchange(http::ClientRequest request);

  Target target_;
  BlockingPool resolver_;
  http::EgressPolicy egress_;
  http::Client client_;
};

/// Finds the server, runs `work` on a loop of its own until it returns, reports its error.
Exit run_remote(const ClientFlags& flags, Io& io, std::function<Async<Result<Exit>>(Remote&)> work);

/// `?a=b&c=d` of those that have a value; empty when none has.
std::string query_of(const std::vector<std::pair<std::string_view, std::string>>& values);

/// The error that a response of the native API carries.
Error error_of_response(int status, std::string_view body);

}  // namespace flotilla::app
