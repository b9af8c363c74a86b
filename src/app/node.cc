#include "app/node.h"

#include <fmt/format.h>
#include <unistd.h>

#include <boost/asio/post.hpp>
#include <boost/asio/signal_set.hpp>
#include <csignal>

#include "a2a/card_signer.h"
#include "a2a/grpc/server.h"
#include "a2a/routes.h"
#include "agents/approvals/approvals.h"
#include "agents/builtin.h"
#include "agents/conformance.h"
#include "agents/demo.h"
#include "agents/identity.h"
#include "agents/memory/sql_memory_store.h"
#include "api/api.h"
#include "app/agent_service.h"
#include "app/listen_address.h"
#include "app/manifests.h"
#include "app/mcp_service.h"
#include "app/peer_client.h"
#include "app/setup.h"
#include "app/tracing.h"
#include "app/version.h"
#include "async/blocking_pool.h"
#include "async/loops.h"
#include "async/spawn.h"
#include "auth/authenticator.h"
#include "auth/sealing.h"
#include "base/log.h"
#include "compat/kagent/converter.h"
#include "compat/kagent/facade.h"
#include "core/feed.h"
#include "core/messaging.h"
#include "core/messaging_courier.h"
#include "core/metrics.h"
#include "core/outbox.h"
#include "core/policy_budgets.h"
#include "core/push.h"
#include "core/reconciler.h"
#include "core/resource_apply.h"
#include "core/resources.h"
#include "core/scheduler.h"
#include "core/sessions.h"
#include "core/tasks.h"
#include "core/usage.h"
#include "gateway/a2a_handler.h"
#include "gateway/caller_keys.h"
#include "gateway/key_ring.h"
#include "gateway/push.h"
#include "gateway/push_sender.h"
#include "http/egress.h"
#include "http/router.h"
#include "http/server.h"
#include "telemetry/metrics.h"

namespace flotilla::app {

namespace {

constexpr Log kLog("serve");
/// Names of webhooks are resolved here, so that slow name servers hold up nothing else.
constexpr std::size_t kPushNameThreads = 8;
constexpr std::size_t kPushNameQueue = 1000;
/// Tool servers that hang while they are connected must not hold up the others.
constexpr std::size_t kReconcilers = 64;

}  // namespace

struct Node::Parts {
  Parts(ServeConfig with, ListenAddress at, std::unique_ptr<db::Database> store,
        std::unique_ptr<telemetry::Registry> registry, auth::Authenticator who, auth::Sealer seals,
        http::EgressPolicy may_call, config::Registry& all_keys)
      : config(std::move(with)),
        listen(std::move(at)),
        metrics(std::move(registry)),
        loops(thread_count(config)),
        database(std::move(store)),
        authenticator(std::move(who)),
        sealer(std::move(seals)),
        egress(std::move(may_call)),
        keys(all_keys),
        core_metrics(*metrics),
        feed(*database, system_clock()),
        services{*database,       system_clock(),
                 system_random(), feed,
                 core_metrics,    make_uuid_v7(system_clock().now(), system_random()).to_string()},
        memory(agents::make_sql_memory_store(*database, system_clock())),
        sessions(*database, system_clock(), system_random()),
        scheduler(services, agents, loops),
        push_names("push-dns", kPushNameThreads, kPushNameQueue),
        push_sender(push_loop(), system_clock(), push_names, egress),
        push_configs(*database, system_clock(), system_random(), sealer),
        outbox(push_loop(), *database, system_clock(), system_random(), core_metrics, push_configs,
               push_sender),
        push(outbox, push_sender),
        tasks(services, sessions, scheduler, agents, config.dedupe),
        topics(services, loops.executor(0)),
        subscriptions(*database, system_clock()),
        messaging(services, tasks, agents, topics, subscriptions, config.hop_limit),
        courier(services, messaging, agents, loops.executor(0)),
        resources(*database, system_clock(), system_random(), sealer, feed),
        reconciler(resources, system_clock(), loops.executor(0), {.workers = kReconcilers}),
        approvals({*database, system_clock(), system_random(), tasks, &resources},
                  loops.executor(0)),
        usage(*database, system_clock(), core_metrics),
        policy_budgets(resources, usage, system_clock()),
        key_ring(*database, system_clock(), sealer, card_signer),
        a2a_handler(tasks, sessions, agents, &push),
        signals(loops.executor(0)) {}

  ServeConfig config;
  ListenAddress listen;
  std::unique_ptr<telemetry::Registry> metrics;
  // Outlives the database, whose threads may still answer a wait that was cancelled.
  Loops loops;
  std::unique_ptr<db::Database> database;
  auth::Authenticator authenticator;
  auth::Sealer sealer;
  http::EgressPolicy egress;
  config::Registry& keys;
  core::Metrics core_metrics;
  core::Feed feed;
  core::Services services;
  core::AgentRegistry agents;
  agents::Memory memory;
  core::Sessions sessions;
  core::Scheduler scheduler;
  BlockingPool push_names;
  gateway::PushSender push_sender;
  core::PushConfigs push_configs;
  core::Outbox outbox;
  gateway::Push push;
  core::Tasks tasks;
  core::Topics topics;
  core::TopicSubscriptions subscriptions;
  core::Messaging messaging;
  core::Courier courier;
  compat::kagent::Converter kagent_converter;
  core::Resources resources;
  core::Reconciler reconciler;
  agents::Approvals approvals;
  core::Usage usage;
  core::PolicyBudgets policy_budgets;
  std::unique_ptr<Tracing> tracing;  // null: nobody wants traces
  a2a::CardSigner card_signer;
  gateway::KeyRing key_ring;
  gateway::CallerKeys caller_keys{system_clock()};
  gateway::A2aHandler a2a_handler;
  std::unique_ptr<McpService> mcp;
  std::unique_ptr<llm::Cassette> cassette;  // null: nothing is recorded or replayed
  std::unique_ptr<AgentService> agent_service;
  http::Router router;
  std::unique_ptr<http::Server> server;
  std::shared_ptr<a2a::Ports> ports = std::make_shared<a2a::Ports>();  // shared with the cards
  std::optional<ListenAddress> grpc_listen;
  std::unique_ptr<a2a::rpc::Server> grpc;  // null: not served
  boost::asio::signal_set signals;
  std::atomic<bool> stopping{false};

  /// The first loop accepts connections; webhooks are told on the last.
  [[nodiscard]] Executor push_loop() const { return loops.executor(loops.size() - 1); }
  void wire();
  Async<Result<>> prepare();
  Async<Result<>> apply_manifests();
  Async<Result<>> ready();
  Async<> drain();
  void begin_stop();
  Async<http::Response> serve(http::Request& request);
  [[nodiscard]] static bool is_public(const http::Request& request);
};

/// What anyone may see: cards, the keys they are signed with, and probes. Everything else needs a
/// principal.
bool Node::Parts::is_public(const http::Request& request) {
  const std::string_view path = request.path;
  return path.starts_with("/health") || path.ends_with("/.well-known/agent-card.json") ||
         path.ends_with("/.well-known/agent.json") || path == "/.well-known/jwks.json";
}

Async<http::Response> Node::Parts::serve(http::Request& request) {
  auto principal = authenticator.authenticate(request);
  if (principal) {
    request.context.principal = std::move(*principal);
    caller_keys.take(request, authenticator.required());
  } else if (is_public(request)) {
    request.context.principal = public_principal();
  } else {
    auto refused = http::Response::problem(principal.error());
    refused.headers.set("WWW-Authenticate", authenticator.challenge());
    co_return refused;
  }
  auto response = co_await router.route(request);
  if (response.status == 401 && !response.headers.find("WWW-Authenticate"))
    response.headers.set("WWW-Authenticate", authenticator.challenge());
  co_return response;
}

void Node::Parts::wire() {
  const agents::BuiltinServices builtin{*database, system_clock(), system_random(), agents,
                                        messaging};
  agents::register_builtin(builtin, memory);
  if (config.demo) agents::register_demo(builtin);
  if (config.conformance)
    agents::register_conformance(agents, system_clock(), system_random(),
                                 {config.conformance_reduced, peer_connector(push_names, egress)});
  resources.use(kagent_converter);
  a2a::ServerConfig a2a_config;
  a2a_config.lenient_message_id = config.conformance;
  a2a_config.local_is_nobody = config.conformance;
  a2a_config.public_url = config.public_url;
  a2a_config.started_at = system_clock().now();
  a2a_config.profile = config.a2a_profile == "1.0.0" ? a2a::Profile::v1_0_0 : a2a::Profile::v1_0_1;
  a2a_config.lenient_version = config.a2a_lenient_version;
  a2a_config.authentication = authenticator.required();
  a2a_config.limits.size = config.body_limit.count;
  a2a_config.push_notifications = !config.conformance_reduced;
  a2a_config.extended_card = !config.conformance_reduced;
  a2a_config.card_signer = &card_signer;
  key_ring.also_reseals([this] { return push_configs.reseal(); });
  key_ring.also_reseals([this] { return resources.reseal(); });
  services.outbox = &outbox;
  services.gate = &approvals;
  if (tracing) services.tracer = &tracing->tracer();
  a2a_config.ports = ports;
  if (grpc_listen)
    grpc = std::make_unique<a2a::rpc::Server>(loops, system_clock(), a2a_handler, authenticator,
                                              a2a_config, grpc_options(config, *grpc_listen),
                                              *metrics);
  a2a::add_routes(router, a2a_handler, a2a_config);
  mcp = std::make_unique<McpService>(
      config,
      McpNeeds{gateway::PlatformServices{a2a_handler, tasks, agents, messaging}, *database, memory,
               approvals, sealer, egress, resources, reconciler, loops.executor(0), *metrics});
  mcp->add_routes(router);
  agent_service = std::make_unique<AgentService>(AgentNeeds{
      resources, egress, loops, *database, agents, tasks, messaging, reconciler,
      mcp->tool_servers(), approvals, usage, memory, *metrics, cassette.get(), &caller_keys});
  a2a_handler.use(caller_keys);
  api::Sources sources{tasks,
                       sessions,
                       agents,
                       feed,
                       messaging,
                       system_clock(),
                       *metrics,
                       keys.keys(),
                       std::string(kVersion),
                       config.public_url,
                       [this] { return ready(); }};
  sources.keys = &key_ring;
  sources.outbox = &outbox;
  sources.memory = &memory;
  sources.resources = &resources;
  sources.tool_servers = &mcp->tool_servers();
  sources.approvals = &approvals;
  sources.usage = &usage;
  api::add_routes(router, std::move(sources));
  compat::kagent::add_routes(
      router,
      compat::kagent::FacadeServices{*database, system_clock(), system_random(), resources, agents,
                                     sessions, tasks, memory, router, std::string(kVersion)});
  auto handler = [this](http::Request& request) { return serve(request); };
  server = std::make_unique<http::Server>(loops, system_clock(), server_options(config, listen),
                                          std::move(handler), *metrics);
}

Async<Result<>> Node::Parts::ready() {
  CO_TRY(head, co_await feed.head());
  std::ignore = head;  // only that the store answers
  if (stopping) co_return fail(Error(Code::unavailable, "the server is stopping"));
  co_return ok();
}

Async<Result<>> Node::Parts::prepare() {
  CO_TRY_VOID(co_await key_ring.load());
  CO_TRY_VOID(co_await scheduler.void_leases());
  if (!config.apply.empty()) CO_TRY_VOID(co_await apply_manifests());
  CO_TRY_VOID(co_await policy_budgets.load());
  CO_TRY_VOID(co_await agents::keep_identities(*database, agents));
  CO_TRY_VOID(co_await agent_service->load());
  co_return ok();
}

/// What the operator's files say, with an admin's rights; a fault stops the start.
Async<Result<>> Node::Parts::apply_manifests() {
  const auto refused = [](const Error& error) {
    return fail(Error(Code::invalid_argument, reason::kInvalidConfig, "apply: " + error.message()));
  };
  const auto documents = read_manifests(config.apply);
  if (!documents) co_return refused(documents.error());
  core::ApplyRequest request;
  for (const auto& document : *documents) request.documents.push_back(document.value);
  auto who = std::make_shared<Principal>();
  who->kind = PrincipalKind::service;
  who->name = "serve --apply";
  who->role = Role::admin;
  who->all_namespaces = true;
  const auto applied = co_await core::apply_documents(resources, who, std::move(request));
  if (!applied) co_return refused(located(applied.error(), *documents));
  for (std::size_t i = 0; i < applied->size(); ++i) {
    const auto& one = (*applied)[i];
    if (!one.error) continue;
    const auto& at = (*documents)[i];
    co_return refused(Error(one.error->code(), fmt::format("{}, document {}: {}", at.file,
                                                           at.number, one.error->message())));
  }
  kLog.info("resources applied", {{"from", config.apply}, {"documents", applied->size()}});
  co_return ok();
}

void Node::Parts::begin_stop() {
  if (stopping.exchange(true)) return;
  kLog.info("stopping", {{"connections", static_cast<std::int64_t>(server->connections())}});
  boost::asio::post(loops.executor(0), [this] { spawn_detached(loops.executor(0), drain()); });
}

Async<> Node::Parts::drain() {
  if (grpc) grpc->begin_drain(config.drain_timeout);
  co_await server->drain(config.drain_timeout);
  if (grpc) co_await grpc->drained();
  co_await reconciler.stop();
  co_await approvals.stop();
  co_await courier.stop();
  co_await topics.stop();
  // Runs before what they use: a call that is cut off goes on with the next holder, one whose tool
  // server has gone has failed.
  co_await scheduler.stop();
  co_await mcp->stop();
  co_await agent_service->stop();
  co_await agent_service->stop_programs();
  co_await outbox.stop();
  co_await policy_budgets.stop();
  co_await usage.stop();
  if (tracing) co_await tracing->stop();
  loops.stop();
}

Result<std::unique_ptr<Node>> Node::open(ServeConfig config, config::Registry& keys) {
  TRY(listen, parse_listen_address(config.listen));
  TRY_VOID(check_tls(config));
  TRY_VOID(prepare_conformance(config, listen));
  TRY(authenticator, open_authenticator(config, listen));
  TRY(grpc_listen, grpc_address_of(config));
  auto metrics = std::make_unique<telemetry::Registry>();
  telemetry::add_process_metrics(*metrics);
  TRY(database, open_database(config, *metrics));
  TRY(sealer, open_sealer(config));
  TRY(egress, http::EgressPolicy::make(config.egress_allow));
  TRY(cassette, open_cassette(config));
  TRY(traces, trace_settings(config.otlp_endpoint));
  auto parts = std::make_unique<Parts>(std::move(config), std::move(listen), std::move(database),
                                       std::move(metrics), std::move(authenticator),
                                       std::move(sealer), std::move(egress), keys);
  parts->grpc_listen = std::move(grpc_listen);
  parts->cassette = std::move(cassette);
  if (traces) {
    TRY(tracing, Tracing::make(std::move(*traces), parts->loops.executor(0), parts->egress,
                               *parts->metrics));
    parts->tracing = std::move(tracing);
  }
  parts->wire();
  return std::unique_ptr<Node>(new Node(std::move(parts)));
}

Node::Node(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}

Node::~Node() = default;

Result<std::string> Node::start() {
  Result<> prepared = ok();
  auto prepare = [](Parts& parts, Result<>& done) -> Async<> { done = co_await parts.prepare(); };
  run_blocking(prepare(*parts_, prepared));
  TRY_VOID(std::move(prepared));
  // Before anyone is told that the server is up: who reads that may stop it at once.
  parts_->signals.add(SIGTERM);
  parts_->signals.add(SIGINT);
  TRY(port, parts_->server->start());
  parts_->ports->http = port;
  if (parts_->grpc) {
    TRY(grpc_port, parts_->grpc->start());
    parts_->ports->grpc = grpc_port;
  }
  return fmt::format("{}://{}:{}", parts_->config.tls_cert.empty() ? "http" : "https",
                     parts_->listen.host(), port);
}

std::string Node::grpc_address() const {
  const std::uint16_t port = parts_->ports->grpc;
  if (port == 0) return {};
  return fmt::format("{}:{}", parts_->grpc_listen->host(), port);
}

void Node::run() {
  auto& parts = *parts_;
  parts.scheduler.start(parts.tasks);
  parts.topics.start();
  parts.courier.start();
  parts.approvals.start();
  parts.mcp->start();
  parts.agent_service->start();
  parts.reconciler.start();
  parts.outbox.start();
  parts.policy_budgets.start(parts.loops.executor(0));
  parts.usage.start(parts.loops.executor(0));
  if (parts.tracing) parts.tracing->start();
  parts.signals.async_wait([&parts](const boost::system::error_code& failed, int) {
    if (!failed) parts.begin_stop();
  });
  parts.loops.run_here();
}

void Node::stop() {
  parts_->begin_stop();
}

}  // namespace flotilla::app
