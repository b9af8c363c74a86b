#include "a2a/grpc/server.h"

#include <absl/synchronization/mutex.h>
#include <fmt/format.h>
#include <google/protobuf/stubs/logging.h>
#include <grpc/impl/codegen/log.h>
#include <grpcpp/resource_quota.h>
#include <grpcpp/security/server_credentials.h>
#include <grpcpp/server.h>
#include <grpcpp/server_builder.h>

#include <boost/asio/post.hpp>
#include <fstream>
#include <sstream>
#include <thread>
#include <utility>
#include <vector>

#include "a2a/grpc/lane.h"
#include "a2a/grpc/poller.h"
#include "async/spawn.h"
#include "base/log.h"

namespace flotilla::a2a::rpc {
namespace {

constexpr Log kLog("grpc");
/// Of all connections' buffers and messages under way.
constexpr std::size_t kMemory = std::size_t{1} << 30;

int millis(Duration duration) {
  return static_cast<int>(std::chrono::duration_cast<std::chrono::milliseconds>(duration).count());
}

/// The library's own words, which it would write to stderr past our format.
void log_from_grpc(gpr_log_func_args* args) {
  if (args->severity == GPR_LOG_SEVERITY_ERROR)
    kLog.warn("grpc library", {{"text", std::string_view(args->message)}});
}

Result<std::string> read_pem(const std::string& path, std::string_view what) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  if (file && !text.str().empty()) return text.str();
  return fail(Error(Code::invalid_argument, reason::kInvalidConfig,
                    fmt::format("{}: cannot read {}", what, path)));
}

Result<std::shared_ptr<::grpc::ServerCredentials>> credentials_of(const ServerOptions& options) {
  if (!options.tls) return ::grpc::InsecureServerCredentials();
  ::grpc::SslServerCredentialsOptions tls(
      options.tls->client_ca_file.empty()
          ? GRPC_SSL_DONT_REQUEST_CLIENT_CERTIFICATE
          : GRPC_SSL_REQUEST_AND_REQUIRE_CLIENT_CERTIFICATE_AND_VERIFY);
  ::grpc::SslServerCredentialsOptions::PemKeyCertPair pair;
  TRY(certificate, read_pem(options.tls->certificate_file, "tls-cert"));
  TRY(key, read_pem(options.tls->key_file, "tls-key"));
  pair.cert_chain = std::move(certificate);
  pair.private_key = std::move(key);
  tls.pem_key_cert_pairs.push_back(std::move(pair));
  if (!options.tls->client_ca_file.empty()) {
    TRY(authorities, read_pem(options.tls->client_ca_file, "tls-client-ca"));
    tls.pem_root_certs = std::move(authorities);
  }
  return ::grpc::SslServerCredentials(tls);
}

void set_limits(::grpc::ServerBuilder& builder, const ServerOptions& options) {
  builder.SetMaxReceiveMessageSize(static_cast<int>(options.message_limit));
  builder.SetMaxSendMessageSize(-1);
  // A small compressed message can grow beyond every limit before it is measured.
  for (const auto algorithm : {GRPC_COMPRESS_DEFLATE, GRPC_COMPRESS_GZIP})
    builder.SetCompressionAlgorithmSupportStatus(algorithm, false);
  builder.SetResourceQuota(::grpc::ResourceQuota("flotilla").Resize(kMemory));
  const auto set = [&builder](const char* name, int value) {
    builder.AddChannelArgument(name, value);
  };
  set(GRPC_ARG_ALLOW_REUSEPORT, 0);  // a second server on the port is an error
  set(GRPC_ARG_MAX_METADATA_SIZE, static_cast<int>(options.metadata_limit));
  set(GRPC_ARG_MAX_CONCURRENT_STREAMS, options.max_streams);
  set(GRPC_ARG_KEEPALIVE_TIME_MS, millis(options.keepalive));
  set(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, millis(options.keepalive_timeout));
  set(GRPC_ARG_KEEPALIVE_PERMIT_WITHOUT_CALLS, 1);
  set(GRPC_ARG_HTTP2_MIN_RECV_PING_INTERVAL_WITHOUT_DATA_MS, 10'000);
  set(GRPC_ARG_MAX_CONNECTION_IDLE_MS, millis(options.idle_timeout));
}

}  // namespace

struct Server::State {
  State(Loops& loops, Clock& clock, a2a::Handler& handler, const auth::Authenticator& authenticator,
        const ServerConfig& config, ServerOptions options, telemetry::Registry& metrics)
      : shared(clock, handler, authenticator, config, std::move(options), metrics) {
    for (std::size_t i = 0; i < loops.size(); ++i) {
      std::uint64_t seed = 0;
      system_random().fill(&seed, sizeof seed);
      lanes.push_back(std::make_unique<Lane>(loops.executor(i), shared, seed));
    }
  }

  ~State() {
    shut_down(Duration::zero());
    if (closer.joinable()) closer.join();
  }

  /// Each lane has a completion queue of its own.
  void add_pollers(::grpc::ServerBuilder& builder) {
    builder.RegisterAsyncGenericService(&service);
    for (const auto& lane : lanes)
      pollers.push_back(
          std::make_unique<Poller>(*lane, shared.metrics, service, builder.AddCompletionQueue()));
  }

  /// Blocks until every call has ended, at the latest when `grace` cuts them.
  void shut_down(Duration grace) {
    if (!server) return;
    server->Shutdown(std::chrono::system_clock::now() +
                     std::chrono::duration_cast<std::chrono::system_clock::duration>(grace));
    pollers.clear();
    server.reset();
  }

  Shared shared;
  std::vector<std::unique_ptr<Lane>> lanes;
  ::grpc::AsyncGenericService service;
  std::vector<std::unique_ptr<Poller>> pollers;
  std::unique_ptr<::grpc::Server> server;
  std::thread closer;  // Shutdown() blocks
  OneShot<bool> closed;
};

Server::Server(Loops& loops, Clock& clock, Handler& handler,
               const auth::Authenticator& authenticator, const ServerConfig& config,
               ServerOptions options, telemetry::Registry& metrics)
    : state_(std::make_unique<State>(loops, clock, handler, authenticator, config,
                                     std::move(options), metrics)) {}

Server::~Server() = default;

Result<std::uint16_t> Server::start() {
  gpr_set_log_function(log_from_grpc);
  // A graph of all its locks, which the distribution's build keeps at run time: 2 us a call.
  absl::SetMutexDeadlockDetectionMode(absl::OnDeadlockCycle::kIgnore);
  google::protobuf::SetLogHandler(nullptr);  // bad input is answered, not told on stderr
  TRY(credentials, credentials_of(state_->shared.options));
  const ServerOptions& options = state_->shared.options;
  const bool v6 = options.address.contains(':');
  const std::string address =
      fmt::format(fmt::runtime(v6 ? "[{}]:{}" : "{}:{}"), options.address, options.port);
  ::grpc::ServerBuilder builder;
  int port = 0;
  builder.AddListeningPort(address, std::move(credentials), &port);
  state_->add_pollers(builder);
  set_limits(builder, options);
  state_->server = builder.BuildAndStart();
  if (!state_->server || port == 0) {
    state_->server.reset();
    state_->pollers.clear();
    return fail(
        Error(Code::unavailable, reason::kUnavailable,
              fmt::format("grpc-listen: cannot serve on {}: the port is in use, the address "
                          "is not this machine's, or the TLS files do not fit",
                          address)));
  }
  for (const auto& poller : state_->pollers) poller->start();
  return static_cast<std::uint16_t>(port);
}

void Server::begin_drain(Duration grace) {
  State& state = *state_;
  if (!state.server || state.closer.joinable()) return;
  for (const auto& lane : state.lanes)
    boost::asio::post(lane->executor(), [&lane = *lane] { lane.begin_drain(); });
  state.closer = std::thread([&state, grace, setter = state.closed.setter()]() mutable {
    state.shut_down(grace);
    setter.set(true);
  });
}

Async<> Server::drained() {
  State& state = *state_;
  if (!state.closer.joinable()) co_return;
  co_await state.closed.wait();
  state.closer.join();
  for (const auto& lane : state.lanes) co_await run_on(lane->executor(), lane->stop());
}

std::size_t Server::calls() const {
  return static_cast<std::size_t>(state_->shared.metrics.under_way.value());
}

}  // namespace flotilla::a2a::rpc
