#include "http/client.h"

#include <fmt/format.h>

#include <array>
#include <utility>

#include "async/cancel.h"
#include "http/client_exchange_internal.h"
#include "http/client_pool_internal.h"
#include "http/client_tls_internal.h"

namespace flotilla::http {
namespace {

bool is_idempotent(const ClientRequest& request) {
  switch (request.method) {
    case Method::get:
    case Method::head:
    case Method::put:
    case Method::delete_:
    case Method::options:
      return true;
    case Method::post:
    case Method::patch:
      return request.replayable;
  }
  return false;
}

bool is_redirect(int status) {
  return status == 301 || status == 302 || status == 303 || status == 307 || status == 308;
}

// What may follow a redirect to a peer that the headers were not written for.
Headers without_credentials(const Headers& headers) {
  constexpr std::array kKept = {"Accept", "Accept-Encoding", "Accept-Language", "User-Agent"};
  Headers kept;
  for (const auto* name : kKept) {
    if (const auto value = headers.find(name)) kept.add(name, std::string(*value));
  }
  return kept;
}

}  // namespace

/// Where one request goes, after each redirect anew.
struct Destination {
  Url url;
  UrlAuthor author = UrlAuthor::operator_;
  SteadyTime deadline;
};

/// An exchange whose head has arrived, and where its connection goes afterwards.
struct OpenExchange {
  std::unique_ptr<ClientExchange> exchange;
  std::string pool_key;
};

class ClientCore {
 public:
  ClientCore(Executor executor, Clock& clock, BlockingPool& pool, const EgressPolicy& egress,
             ClientOptions options)
      : executor_(executor),
        clock_(clock),
        egress_(egress),
        options_(std::move(options)),
        resolver_(std::move(executor), pool, clock, options_.lookup),
        pool_(clock, options_.max_idle_per_host, options_.idle_connection_timeout) {}

  /// Follows redirects until a response head is there. `request` lives until it returns.
  Async<Result<OpenExchange>> begin(ClientRequest& request, std::optional<std::size_t> body_limit);
  /// The addresses of the host that its author may reach, in order.
  Async<Result<Addresses>> reachable(const Destination& destination);
  void finish(OpenExchange& open);
  [[nodiscard]] Clock& clock() { return clock_; }
  [[nodiscard]] const ClientOptions& options() const { return options_; }
  [[nodiscard]] std::size_t idle_connections() const { return pool_.size(); }

 private:
  struct Obtained {
    std::unique_ptr<ClientConnection> connection;
    std::string pool_key;
  };
  Async<Result<OpenExchange>> attempt(const ClientRequest& request, const Destination& destination,
                                      std::optional<std::size_t> body_limit);
  Result<bool> follow(ClientRequest& request, Destination& destination,
                      const ClientExchange& response) const;
  std::optional<Obtained> from_pool(const Url& url, const Addresses& addresses,
                                    const ClientTls* tls);
  Async<Result<Obtained>> connect(const Destination& destination, const Addresses& addresses,
                                  ClientTlsPtr tls);
  Result<ClientTlsPtr> tls_for(const Url& url, const ClientTlsPtr& wanted);

  Executor executor_;
  Clock& clock_;
  const EgressPolicy& egress_;
  ClientOptions options_;
  Resolver resolver_;
  ClientTlsPtr tls_;  // made by the first https call
  ClientPool pool_;
};

Result<ClientTlsPtr> ClientCore::tls_for(const Url& url, const ClientTlsPtr& wanted) {
  if (!url.tls) return nullptr;
  if (wanted) return wanted;
  if (options_.tls) return options_.tls;
  if (!tls_) {
    TRY(context, make_client_tls(options_.ca_file));
    auto made = std::make_shared<ClientTls>();
    made->context = std::move(context);
    made->digest = "https";
    tls_ = std::move(made);
  }
  return tls_;
}

Async<Result<Addresses>> ClientCore::reachable(const Destination& destination) {
  const auto& host = destination.url.host;
  auto resolved = resolver_.try_resolve(host);
  if (!resolved) {
    const auto limit =
        std::min(destination.deadline, after(clock_.steady_now(), options_.connect_timeout));
    resolved = co_await with_deadline(resolver_.resolve(host), limit, clock_);
  }
  if (!resolved) {
    co_return fail(
        Error(Code::deadline_exceeded, "the name " + host + " took too long to resolve"));
  }
  if (!*resolved) co_return fail(std::move(resolved->error()));
  Addresses allowed;
  std::optional<Error> denied;
  for (auto& address : **resolved) {
    auto verdict = egress_.check(host, address, destination.author);
    if (verdict) {
      allowed.push_back(std::move(address));
    } else {
      denied = std::move(verdict.error());
    }
  }
  if (allowed.empty() && denied) co_return fail(std::move(*denied));
  co_return allowed;
}

std::optional<ClientCore::Obtained> ClientCore::from_pool(const Url& url,
                                                          const Addresses& addresses,
                                                          const ClientTls* tls) {
  for (const auto& address : addresses) {
    auto key = ClientPool::key(url, address, tls);
    if (auto connection = pool_.take(key)) return Obtained{std::move(connection), std::move(key)};
  }
  return std::nullopt;
}

Async<Result<ClientCore::Obtained>> ClientCore::connect(const Destination& destination,
                                                        const Addresses& addresses,
                                                        ClientTlsPtr tls) {
  const auto limit =
      std::min(destination.deadline, after(clock_.steady_now(), options_.connect_timeout));
  Error failure(Code::deadline_exceeded,
                "connecting to " + destination.url.origin() + " took too long");
  for (std::size_t i = 0; i < addresses.size(); ++i) {
    const auto now = clock_.steady_now();
    if (now >= limit) break;
    // A dead address must leave time for those after it.
    const auto share = (limit - now) / static_cast<std::int64_t>(addresses.size() - i);
    auto work = ClientConnection::connect(executor_, destination.url, addresses[i], tls);
    auto connected = co_await with_deadline(std::move(work), now + share, clock_);
    if (!connected) continue;
    if (*connected) {
      auto key = ClientPool::key(destination.url, addresses[i], tls.get());
      Obtained obtained{std::move(**connected), std::move(key)};
      co_return obtained;
    }
    failure = std::move(connected->error());
  }
  co_return fail(std::move(failure));
}

Async<Result<OpenExchange>> ClientCore::attempt(const ClientRequest& request,
                                                const Destination& destination,
                                                std::optional<std::size_t> body_limit) {
  CO_TRY(head, format_request_head(request, destination.url));
  CO_TRY(addresses, co_await reachable(destination));
  CO_TRY(tls, tls_for(destination.url, request.tls));
  auto obtained = from_pool(destination.url, addresses, tls.get());
  const bool reused = obtained.has_value();
  for (bool again = false;; again = true) {
    if (!obtained) {
      CO_TRY(fresh, co_await connect(destination, addresses, tls));
      obtained = std::move(fresh);
    }
    ExchangeOptions options{destination.url.origin(), request.method == Method::head, body_limit};
    const auto silence = request.idle_timeout.value_or(options_.idle_timeout);
    const Watch watch(clock_, destination.deadline, silence);
    OpenExchange open;
    open.exchange = std::make_unique<ClientExchange>(std::move(obtained->connection),
                                                     std::move(options), watch);
    open.pool_key = std::move(obtained->pool_key);
    obtained.reset();
    auto started = co_await open.exchange->start(head, request.body);
    if (started) co_return open;
    const bool stale = reused && !again && open.exchange->died_unanswered();
    const bool may_repeat = is_idempotent(request) || open.exchange->wrote_nothing();
    if (!stale || !may_repeat) co_return fail(std::move(started.error()));
  }
}

// Whether `response` redirects; then request and destination are the next ones.
Result<bool> ClientCore::follow(ClientRequest& request, Destination& destination,
                                const ClientExchange& response) const {
  if (request.method != Method::get || options_.max_redirects <= 0) return false;
  const auto location = response.headers().find("Location");
  if (!is_redirect(response.status()) || !location) return false;
  auto next = resolve_reference(destination.url, *location);
  if (!next) {
    return fail(Error(
        Code::unavailable,
        destination.url.origin() + " redirects to a malformed URL: " + next.error().message()));
  }
  if (destination.url.tls && !next->tls) {
    return fail(Error(Code::unavailable, destination.url.origin() + " redirects to plain http"));
  }
  if (!next->same_peer(destination.url)) {
    destination.author = UrlAuthor::caller;
    request.headers = without_credentials(request.headers);
    request.tls.reset();
  }
  destination.url = std::move(*next);
  return true;
}

Async<Result<OpenExchange>> ClientCore::begin(ClientRequest& request,
                                              std::optional<std::size_t> body_limit) {
  CO_TRY(url, parse_url(request.url));
  Destination destination{std::move(url), request.author,
                          after(clock_.steady_now(), request.timeout)};
  for (int redirects = 0;; ++redirects) {
    CO_TRY(open, co_await attempt(request, destination, body_limit));
    const auto origin = destination.url.origin();
    CO_TRY(redirected, follow(request, destination, *open.exchange));
    if (!redirected) co_return open;
    if (redirects == options_.max_redirects) {
      co_return fail(Error(Code::unavailable, fmt::format("{} redirects more than {} times", origin,
                                                          options_.max_redirects)));
    }
    finish(open);
  }
}

void ClientCore::finish(OpenExchange& open) {
  if (auto connection = open.exchange->take_connection()) {
    pool_.put(std::move(open.pool_key), std::move(connection));
  }
}

namespace {

class BodyStream final : public ClientStream {
 public:
  BodyStream(std::shared_ptr<ClientCore> core, OpenExchange open)
      : core_(std::move(core)), open_(std::move(open)) {
    open_.exchange->watch().lift_deadline();
  }
  [[nodiscard]] int status() const override { return open_.exchange->status(); }
  [[nodiscard]] const Headers& headers() const override { return open_.exchange->headers(); }

  Async<Result<std::optional<std::string>>> read() override {
    if (failure_) co_return fail(*failure_);
    std::string piece;
    auto more = co_await open_.exchange->read(piece);
    if (!more) {
      failure_ = more.error();
      co_return fail(*failure_);
    }
    if (*more) co_return piece;
    if (!std::exchange(ended_, true)) core_->finish(open_);
    co_return std::nullopt;
  }

 private:
  std::shared_ptr<ClientCore> core_;  // the pool to which the connection goes back
  OpenExchange open_;
  std::optional<Error> failure_;  // the first one stays
  bool ended_ = false;
};

// Free functions that own the core: a call may outlive the Client.
Async<Result<Response>> fetch_with(std::shared_ptr<ClientCore> core, ClientRequest request) {
  CO_TRY(open, co_await core->begin(request, core->options().body_limit));
  Response response;
  response.status = open.exchange->status();
  response.headers = open.exchange->headers();
  for (;;) {
    CO_TRY(more, co_await open.exchange->read(response.body));
    if (!more) break;
  }
  core->finish(open);
  co_return response;
}

Async<Result<std::unique_ptr<ClientStream>>> open_with(std::shared_ptr<ClientCore> core,
                                                       ClientRequest request) {
  CO_TRY(open, co_await core->begin(request, std::nullopt));
  co_return std::make_unique<BodyStream>(core, std::move(open));
}

Async<Result<>> check_with(std::shared_ptr<ClientCore> core, std::string text, UrlAuthor author) {
  CO_TRY(url, parse_url(text));
  const auto deadline = after(core->clock().steady_now(), core->options().connect_timeout);
  const Destination destination{std::move(url), author, deadline};
  CO_TRY_VOID(co_await core->reachable(destination));
  co_return ok();
}

}  // namespace

Client::Client(Executor executor, Clock& clock, BlockingPool& resolver, const EgressPolicy& egress,
               ClientOptions options)
    : core_(std::make_shared<ClientCore>(std::move(executor), clock, resolver, egress,
                                         std::move(options))) {}

Client::~Client() = default;

Async<Result<Response>> Client::fetch(ClientRequest request) {
  return fetch_with(core_, std::move(request));
}

Async<Result<std::unique_ptr<ClientStream>>> Client::open(ClientRequest request) {
  return open_with(core_, std::move(request));
}

Async<Result<>> Client::check(std::string url, UrlAuthor author) {
  return check_with(core_, std::move(url), author);
}

std::size_t Client::idle_connections() const {
  return core_->idle_connections();
}

}  // namespace flotilla::http
