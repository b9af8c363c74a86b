#include "app/cli/remote.h"

#include <fmt/format.h>

#include <ostream>

#include "app/cli/output.h"
#include "app/version.h"
#include "async/loops.h"
#include "base/log.h"
#include "http/status.h"
#include "json/json.h"

namespace flotilla::app {

namespace {

/// A problem document is small; more is not read.
constexpr std::size_t kProblemLimit = std::size_t{64} << 10;

http::ClientOptions client_options() {
  http::ClientOptions options;
  options.body_limit = std::size_t{64} << 20;
  options.max_idle_per_host = 2;
  return options;
}

Async<> run_work(Target& target, http::EgressPolicy& egress,
                 const std::function<Async<Result<Exit>>(Remote&)>& work, Result<Exit>& done) {
  const Executor executor = co_await boost::asio::this_coro::executor;
  Remote remote(executor, std::move(target), std::move(egress));
  done = co_await work(remote);
}

}  // namespace

Remote::Remote(Executor executor, Target target, http::EgressPolicy egress)
    : target_(std::move(target)),
      resolver_("resolver", 1, 16),
      egress_(std::move(egress)),
      client_(std::move(executor), system_clock(), resolver_, egress_, client_options()) {}

std::string Remote::name_space() const {
  return target_.name_space.empty() ? "default" : target_.name_space;
}

http::ClientRequest Remote::request(http::Method method, std::string path) const {
  http::ClientRequest request;
  request.method = method;
  request.url = target_.url + path;
  request.headers.add("Accept", "application/json");
  request.headers.add("User-Agent", fmt::format("flotilla/{}", kVersion));
  if (!target_.token.empty())
    request.headers.add("Authorization", "Bearer " + target_.token.reveal());
  return request;
}

Error Remote::explain(const Error& error) const {
  if (exit_of(error) != Exit::unreachable) return error;
  return Error(
      error.code(), error.reason(),
      fmt::format("cannot reach {} ({}): {}", target_.url, target_.origin, error.message()));
}

Async<Result<json::Value>> Remote::exchange(http::ClientRequest request) {
  auto response = co_await client_.fetch(std::move(request));
  if (!response) co_return fail(explain(response.error()));
  if (response->status < 200 || response->status > 299)
    co_return fail(error_of_response(response->status, response->body));
  if (response->body.empty()) co_return json::Value();
  auto value = json::parse(response->body);
  if (!value)
    co_return fail(Error(Code::internal, fmt::format("{} did not answer as a Flotilla server: {}",
                                                     target_.url, value.error().message())));
  co_return value;
}

Async<Result<json::Value>> Remote::get(std::string path) {
  return exchange(request(http::Method::get, std::move(path)));
}

Async<Result<json::Value>> Remote::post(std::string path) {
  return exchange(request(http::Method::post, std::move(path)));
}

Async<Result<json::Value>> Remote::remove(std::string path) {
  return exchange(request(http::Method::delete_, std::move(path)));
}

Async<Result<json::Value>> Remote::post(std::string path, json::Value body, bool replayable) {
  auto wanted = request(http::Method::post, std::move(path));
  wanted.headers.set("Content-Type", "application/json");
  wanted.body = json::to_string(body);
  wanted.replayable = replayable;
  return exchange(std::move(wanted));
}

Async<Result<std::unique_ptr<http::ClientStream>>> Remote::events(std::string path,
                                                                  std::string last_event_id) {
  auto wanted = request(http::Method::get, std::move(path));
  wanted.headers.set("Accept", "text/event-stream");
  if (!last_event_id.empty()) wanted.headers.add("Last-Event-ID", std::move(last_event_id));
  auto stream = co_await client_.open(std::move(wanted));
  if (!stream) co_return fail(explain(stream.error()));
  const int status = (*stream)->status();
  if (status == 200) co_return std::move(*stream);
  std::string body;
  while (body.size() < kProblemLimit) {
    auto piece = co_await (*stream)->read();
    if (!piece || !*piece) break;
    body += **piece;
  }
  co_return fail(error_of_response(status, body));
}

Exit run_remote(const ClientFlags& flags, Io& io,
                std::function<Async<Result<Exit>>(Remote&)> work) {
  // What happens is told by the command itself.
  configure_log(LogLevel::error, LogFormat::text);
  auto target = find_target(flags, io);
  if (!target) {
    report(target.error(), io);
    return Exit::usage;
  }
  for (const std::string& warning : target->warnings) io.err << "warning: " << warning << "\n";
  auto egress = http::EgressPolicy::make({});
  if (!egress) return report(egress.error(), io);
  Result<Exit> done = Exit::error;
  run_blocking(run_work(*target, *egress, work, done));
  io.out.flush();
  return done ? *done : report(done.error(), io);
}

std::string query_of(const std::vector<std::pair<std::string_view, std::string>>& values) {
  std::string out;
  for (const auto& [name, value] : values) {
    if (value.empty()) continue;
    out += fmt::format("{}{}={}", out.empty() ? '?' : '&', name, http::percent_encode(value));
  }
  return out;
}

Error error_of_response(int status, std::string_view body) {
  std::string message;
  const auto problem = json::parse(body);
  if (problem) {
    message = text_at(*problem, {"detail"});
    if (message.empty()) message = text_at(*problem, {"title"});
  }
  if (message.empty()) message = fmt::format("the server answered with status {}", status);
  Error error(http::code_of_status(status), printable(message));
  const json::Value* errors = problem ? find_at(*problem, {"errors"}) : nullptr;
  if (errors == nullptr || errors->if_array() == nullptr) return error;
  for (const json::Value& one : *errors->if_array()) {
    const std::string field = text_at(one, {"pointer"});
    const std::string what = text_at(one, {"detail"});
    Error longer = std::move(error).with_field(printable_line(field), printable_line(what));
    error = std::move(longer);
  }
  return error;
}

}  // namespace flotilla::app
