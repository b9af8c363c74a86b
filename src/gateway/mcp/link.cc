#include "gateway/mcp/link.h"

#include <boost/asio/this_coro.hpp>
#include <utility>

#include "base/hash.h"
#include "gateway/mcp/oauth_tokens.h"
#include "gateway/tls.h"

namespace flotilla::gateway {
namespace {

/// npx and the like fetch what they run.
constexpr Duration kCommandStart = std::chrono::seconds(60);

mcp::ClientTransport transport_of(core::ToolTransport transport) {
  switch (transport) {
    case core::ToolTransport::auto_:
      return mcp::ClientTransport::auto_;
    case core::ToolTransport::streamable_http:
      return mcp::ClientTransport::streamable_http;
    case core::ToolTransport::sse:
      return mcp::ClientTransport::sse;
    case core::ToolTransport::stdio:
      return mcp::ClientTransport::stdio;
  }
  return mcp::ClientTransport::auto_;
}

/// All that our own clients may be able to do; each call narrows it to its caller's.
json::Object all_capabilities() {
  return json::Object{
      {"roots", json::Object{}},
      {"sampling", json::Object{{"tools", json::Object{}}, {"context", json::Object{}}}},
      {"elicitation", json::Object{{"form", json::Object{}}, {"url", json::Object{}}}}};
}

Async<Result<Secret>> value_of(core::Resources& resources, std::string name_space,
                               core::NamedValue entry) {
  if (entry.value) co_return Secret(*entry.value);
  const auto& from = *entry.valueFrom;
  if (from.secretKeyRef)
    co_return co_await resources.secret_value(std::move(name_space), from.secretKeyRef->name,
                                              from.secretKeyRef->key);
  CO_TRY(text, co_await resources.config_value(std::move(name_space), from.configMapKeyRef->name,
                                               from.configMapKeyRef->key));
  co_return Secret(std::move(text));
}

using Named = std::vector<std::pair<std::string, Secret>>;

Async<Result<Named>> values_of(core::Resources& resources, std::string name_space,
                               std::vector<core::NamedValue> entries, std::string field) {
  Named out;
  for (std::size_t i = 0; i < entries.size(); ++i) {
    auto value = co_await value_of(resources, name_space, entries[i]);
    if (!value)
      co_return fail(
          Error(value.error().code(), value.error().message())
              .with_field("/spec/" + field + "/" + std::to_string(i), value.error().message()));
    out.emplace_back(entries[i].name, std::move(*value));
  }
  co_return out;
}

void add(Sha256& hash, std::string_view text) {
  hash.update(std::to_string(text.size()) + ":").update(text);
}

void add(Sha256& hash, const Named& values) {
  for (const auto& [name, value] : values) {
    add(hash, name);
    add(hash, value.reveal());
  }
}

std::string digest_of(const core::Resource& resource, const core::ToolServerSpec& spec,
                      const LinkPlan& plan) {
  Sha256 hash;
  add(hash, resource.uid);
  add(hash, resource.by_admin ? "admin" : "");
  add(hash, json::to_text(spec));
  add(hash, plan.options.headers);
  add(hash, plan.options.env);
  if (plan.options.tls) add(hash, http::digest_of(*plan.options.tls));
  if (plan.oauth) add(hash, plan.oauth->client_secret.reveal());
  return hex(hash.finish());
}

Result<> check_supported(const core::ToolServerSpec& spec) {
  if (!spec.url && !spec.command)
    return fail(Error(Code::failed_precondition,
                      "/spec/image: an image needs Kubernetes to run it; give the command that it "
                      "runs, or the url of a server that runs elsewhere")
                    .with_field("/spec/image", "nothing here can run it"));
  return ok();
}

Async<Result<LinkPtr>> connect(UpstreamServices services, LinkPlan plan) {
  const auto executor = co_await boost::asio::this_coro::executor;
  auto link = std::make_shared<Link>();
  link->digest = std::move(plan.digest);
  if (plan.options.command.empty()) {
    http::ClientOptions options;
    options.connect_timeout = plan.options.connect_timeout;
    options.max_idle_per_host = 64;
    options.tls = std::move(plan.others);
    link->http = std::make_unique<http::Client>(executor, services.clock, services.names,
                                                services.egress, std::move(options));
  }
  if (plan.oauth && link->http) {
    // Nobody sits before a server: a person's tokens come into the Secret from elsewhere.
    link->tokens = std::make_unique<SecretTokenStore>(services.resources, plan.server);
    link->auth = mcp::OAuthClient::make(*link->http, services.clock, *link->tokens, nullptr,
                                        std::move(*plan.oauth));
    plan.options.auth = link->auth.get();
  }
  CO_TRY(client,
         co_await mcp::Client::connect(link->http.get(), services.clock, std::move(plan.options)));
  link->client = std::move(client);
  co_return link;
}

}  // namespace

Async<Result<LinkPlan>> plan_link(UpstreamServices services, core::Resource resource,
                                  core::ToolServerSpec spec) {
  CO_TRY_VOID(check_supported(spec));
  LinkPlan plan;
  auto& options = plan.options;
  options.transport = transport_of(spec.transport);
  options.url = spec.url.value_or("");
  options.command = spec.command.value_or("");
  options.args = spec.args;
  options.cwd = spec.cwd.value_or("");
  options.timeout = spec.timeout;
  if (spec.command)
    options.connect_timeout = kCommandStart;
  else
    options.connect_timeout = std::min<Duration>(spec.timeout, options.connect_timeout);
  options.author = resource.by_admin ? http::UrlAuthor::operator_ : http::UrlAuthor::caller;
  options.eras = &services.eras;
  options.client_info = json::Object{{"name", "flotilla"}, {"version", services.version}};
  options.capabilities = all_capabilities();
  CO_TRY(headers,
         co_await values_of(services.resources, resource.ref.name_space, spec.headers, "headers"));
  options.headers = std::move(headers);
  CO_TRY(env, co_await values_of(services.resources, resource.ref.name_space, spec.env, "env"));
  options.env = std::move(env);
  if (spec.tls) {
    CO_TRY(tls, co_await look_up_tls(services.resources, resource.ref.name_space, *spec.tls));
    options.tls = std::move(tls.peer);
    plan.others = std::move(tls.others);
  }
  plan.server = resource.ref;
  if (spec.oauth) {
    CO_TRY(oauth, co_await plan_oauth(services.resources, resource, spec));
    plan.oauth = std::move(oauth);
  }
  plan.digest = digest_of(resource, spec, plan);
  co_return plan;
}

Connect connector(UpstreamServices services) {
  return [services](LinkPlan plan) { return connect(services, std::move(plan)); };
}

Async<> close_link(LinkPtr link) {
  if (!link || std::exchange(link->closed, true)) co_return;
  co_await link->client->stop();
}

}  // namespace flotilla::gateway
