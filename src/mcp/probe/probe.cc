#include <cstdio>
#include <cstdlib>
#include <exception>

#include "async/loops.h"
#include "base/log.h"
#include "json/json.h"
#include "mcp/probe/scenario.h"

/// `mcp_client_probe URL`: one scenario of the official suite, named by the environment.
namespace flotilla::mcp::probe {
namespace {

std::string variable(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? "" : value;
}

Result<Scenario> read_scenario(std::string url) {
  Scenario scenario;
  scenario.name = variable("MCP_CONFORMANCE_SCENARIO");
  scenario.url = std::move(url);
  scenario.revision = parse_revision(variable("FLOTILLA_PROBE_REVISION"));
  if (const auto text = variable("MCP_CONFORMANCE_CONTEXT"); !text.empty()) {
    TRY(context, json::parse(text));
    if (context.if_object() != nullptr) scenario.context = std::move(*context.if_object());
  }
  return scenario;
}

ClientOptions client_options(const Scenario& scenario, ClientAuth* auth) {
  ClientOptions options;
  options.url = scenario.url;
  options.revision = scenario.revision;
  options.auth = auth;
  options.timeout = std::chrono::seconds(20);
  options.client_info.set("name", "flotilla-probe");
  options.client_info.set("version", "1.0.0");
  json::Object elicitation;
  elicitation.set("form", json::Object());
  options.capabilities.set("roots", json::Object());
  options.capabilities.set("sampling", json::Object());
  options.capabilities.set("elicitation", std::move(elicitation));
  return options;
}

Async<Result<>> run_scenario(http::Client& http, const Scenario& scenario) {
  MemoryTokenStore store;
  FollowRedirect browser(http);
  CO_TRY(oauth, oauth_options(scenario));
  Authorizer* user = oauth.grant == OAuthGrantType::authorization_code ? &browser : nullptr;
  auto auth = OAuthClient::make(http, system_clock(), store, user, std::move(oauth));
  auto options = client_options(scenario, auth.get());
  CO_TRY(client, co_await Client::connect(&http, system_clock(), std::move(options)));
  auto done = co_await run_calls(*client, scenario);
  co_await client->stop();
  co_return done;
}

Async<> run(std::string url, int& status) {
  auto executor = co_await boost::asio::this_coro::executor;
  BlockingPool resolver("dns", 1, 64);
  auto egress = http::EgressPolicy::make({"localhost", "127.0.0.0/8", "::1/128"});
  auto scenario = read_scenario(std::move(url));
  http::Client http(executor, system_clock(), resolver, *egress, http::ClientOptions());
  auto done = fail(Error(Code::invalid_argument, "the context is no JSON"));
  Result<> result = done;
  if (scenario) result = co_await run_scenario(http, *scenario);
  if (!result) std::fprintf(stderr, "probe: %s\n", result.error().message().c_str());
  status = result ? 0 : 1;
}

}  // namespace
}  // namespace flotilla::mcp::probe

int main(int argc, char** argv) {
  if (argc < 2) return 2;
  int status = 1;
  flotilla::run_blocking(flotilla::mcp::probe::run(argv[argc - 1], status));
  return status;
}
