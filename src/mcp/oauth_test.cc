#include "mcp/oauth.h"

#include <gtest/gtest.h>

#include <map>

#include "base/hash.h"
#include "mcp/client_testing_internal.h"
#include "mcp/oauth_internal.h"

namespace flotilla::mcp {
namespace {

using namespace testing;  // NOLINT(google-build-using-namespace)

/// A resource server and its authorization server on one port, and the user's browser.
struct OAuthWorld : Authorizer {
  explicit OAuthWorld(World& base) : world(base) {
    options.url = world.options.url;
    world.server.on_request = [this](const RawRequest& request) { return answer(request); };
    world.on_call = [](const RawRequest& request) { return result(request, R"({"content":[]})"); };
    metadata = fmt::format(
        R"({{"issuer":"{0}","authorization_endpoint":"{0}/authorize","token_endpoint":"{0}/token",)"
        R"("registration_endpoint":"{0}/register","code_challenge_methods_supported":["S256"]}})",
        world.server.url());
    resource = fmt::format(
        R"({{"resource":"{0}/mcp","authorization_servers":["{0}"],"scopes_supported":["read"]}})",
        world.server.url());
  }
  void make() { auth = OAuthClient::make(*world.http, world.clock, store, this, options); }
  Async<Result<>> connect() {
    make();
    world.options.auth = auth.get();
    co_return co_await world.connect();
  }

  [[nodiscard]] std::string redirect_uri() const override { return "http://127.0.0.1:1/back"; }
  Async<Result<std::string>> authorize(std::string url) override {
    asked = decode_form(url.substr(url.find('?') + 1));
    ++authorizations;
    co_return redirect_uri() + "?code=c0de&state=" + asked["state"] + extra;
  }

  Sent answer(const RawRequest& request) {
    const auto target = request.target();
    if (target.starts_with("/.well-known/oauth-protected-resource")) return json_body(resource);
    if (target.starts_with("/.well-known/oauth-authorization-server")) return json_body(metadata);
    if (target == "/register") return json_body(R"({"client_id":"dyn"})", 201);
    if (target == "/token") return answer_token(request);
    const auto given = request.header("Authorization");
    if (given == "Bearer " + token) {
      if (needs.empty() || (!stubborn && granted.contains(needs))) return world.answer(request);
      return Sent{
          "HTTP/1.1 403 X\r\nWWW-Authenticate: Bearer error=\"insufficient_scope\", scope=\"" +
          needs + "\"\r\nContent-Length: 0\r\n\r\n"};
    }
    return Sent{"HTTP/1.1 401 X\r\nWWW-Authenticate: Bearer\r\nContent-Length: 0\r\n\r\n"};
  }
  Sent answer_token(const RawRequest& request) {
    forms.push_back(decode_form(request.body));
    auto& form = forms.back();
    if (form["grant_type"] == "refresh_token" && refuse_refresh)
      return json_body(R"({"error":"invalid_grant"})", 400);
    granted = form["grant_type"] == "refresh_token" ? granted : asked["scope"];
    token = fmt::format("t{}", forms.size());
    return json_body(fmt::format(
        R"({{"access_token":"{}","token_type":"Bearer","expires_in":3600,"refresh_token":"r{}"}})",
        token, forms.size()));
  }

  World& world;
  MemoryTokenStore store;
  OAuthOptions options;
  std::unique_ptr<OAuthClient> auth;
  std::string metadata;
  std::string resource;
  std::string extra;
  std::string token = "none yet";
  std::string needs;
  std::string granted;
  bool refuse_refresh = false;
  bool stubborn = false;
  int authorizations = 0;
  std::map<std::string, std::string> asked;
  std::vector<std::map<std::string, std::string>> forms;
};

MCP_CLIENT_TEST(McpOAuth, a_refused_client_registers_asks_and_goes_on) {
  OAuthWorld oauth(world);
  const auto opened = co_await oauth.connect();
  CO_ASSERT_OK(opened);
  EXPECT_EQ(oauth.authorizations, 1);
  EXPECT_EQ(oauth.asked["client_id"], "dyn");
  EXPECT_EQ(oauth.asked["scope"], "read");
  EXPECT_EQ(oauth.asked["resource"], world.options.url);
  EXPECT_EQ(oauth.asked["code_challenge_method"], "S256");
  auto& form = oauth.forms.at(0);
  EXPECT_EQ(form["code"], "c0de");
  EXPECT_EQ(form["resource"], world.options.url);
  EXPECT_EQ(code_challenge(form["code_verifier"]), oauth.asked["code_challenge"]);
  co_await world.client->stop();
}

MCP_CLIENT_TEST(McpOAuth, tokens_are_refreshed_before_they_expire_and_rotate) {
  OAuthWorld oauth(world);
  const auto opened = co_await oauth.connect();
  CO_ASSERT_OK(opened);
  world.clock.advance(std::chrono::seconds(3590));
  auto reply = co_await world.call("t");
  EXPECT_EQ(text_of(reply), R"({"content":[]})");
  EXPECT_EQ(oauth.authorizations, 1);
  EXPECT_EQ(oauth.forms.at(1)["refresh_token"], "r1");
  auto stored = co_await oauth.store.load();
  EXPECT_EQ((*stored)->refresh_token.reveal(), "r2");
  co_await world.client->stop();
}

MCP_CLIENT_TEST(McpOAuth, a_refused_refresh_asks_the_user_again) {
  OAuthWorld oauth(world);
  const auto opened = co_await oauth.connect();
  CO_ASSERT_OK(opened);
  oauth.refuse_refresh = true;
  oauth.token = "revoked";
  auto reply = co_await world.call("t");
  EXPECT_EQ(text_of(reply), R"({"content":[]})");
  EXPECT_EQ(oauth.authorizations, 2);
  co_await world.client->stop();
}

MCP_CLIENT_TEST(McpOAuth, a_step_up_asks_for_the_union_and_ends) {
  OAuthWorld oauth(world);
  const auto opened = co_await oauth.connect();
  CO_ASSERT_OK(opened);
  oauth.needs = "write";
  auto reply = co_await world.call("t");
  EXPECT_EQ(text_of(reply), R"({"content":[]})");
  EXPECT_EQ(oauth.asked["scope"], "read write");
  oauth.stubborn = true;
  auto refused = co_await world.call("t");
  CO_ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code(), Code::unauthenticated);
  EXPECT_EQ(oauth.authorizations, 3);
  co_await world.client->stop();
}

MCP_CLIENT_TEST(McpOAuth, many_refused_requests_ask_once) {
  OAuthWorld oauth(world);
  const auto opened = co_await oauth.connect();
  CO_ASSERT_OK(opened);
  oauth.token = "revoked";
  Background<Reply> calls(world.executor);
  for (int i = 0; i < 5; ++i) calls.start(world.call("t"));
  co_await calls.group.join();
  EXPECT_EQ(oauth.forms.size(), 2U);
  co_await world.client->stop();
}

struct Lie {
  std::string name;
  std::function<void(OAuthWorld&)> tell;
  Code code;
};

MCP_CLIENT_TEST(McpOAuth, what_does_not_fit_is_refused) {
  const std::vector<Lie> lies = {
      {"resource of another",
       [](auto& o) {
         o.resource =
             R"({"resource":"https://evil.example","authorization_servers":["https://evil.example"]})";
       },
       Code::permission_denied},
      {"issuer of another",
       [](auto& o) { o.metadata.replace(o.metadata.find("issuer\":\"") + 9, 4, "hxxp"); },
       Code::permission_denied},
      {"no PKCE", [](auto& o) { o.metadata.replace(o.metadata.find("S256"), 4, "none"); },
       Code::unauthenticated},
      {"another's answer", [](auto& o) { o.extra = "&iss=https%3A%2F%2Fevil.example"; },
       Code::unauthenticated},
      {"no issuer in the answer",
       [](auto& o) {
         o.metadata.insert(1, R"("authorization_response_iss_parameter_supported":true,)");
       },
       Code::unauthenticated},
      {"authorization server in the private network",
       [](auto& o) {
         o.resource.replace(o.resource.rfind("\"http"), std::string::npos,
                            R"("https://10.1.2.3:1"]})");
       },
       Code::permission_denied},
      {"authorization server without TLS",
       [](auto& o) {
         o.resource.replace(o.resource.rfind("\"http"), std::string::npos,
                            R"("http://192.0.2.1"]})");
       },
       Code::permission_denied},
      {"authorization server at the cloud's metadata",
       [](auto& o) {
         o.resource.replace(o.resource.rfind("\"http"), std::string::npos,
                            R"("https://169.254.169.254"]})");
       },
       Code::permission_denied},
  };
  for (const auto& lie : lies) {
    OAuthWorld oauth(world);
    // The scopes stand behind the servers.
    oauth.resource = fmt::format(R"({{"resource":"{0}/mcp","authorization_servers":["{0}"]}})",
                                 world.server.url());
    lie.tell(oauth);
    const auto opened = co_await oauth.connect();
    EXPECT_FALSE(opened) << lie.name;
    if (!opened) {
      EXPECT_EQ(opened.error().code(), lie.code) << lie.name << opened.error().message();
    }
    EXPECT_TRUE(oauth.forms.empty()) << lie.name;
  }
}

MCP_CLIENT_TEST(McpOAuth, a_machine_uses_its_secret) {
  OAuthWorld oauth(world);
  oauth.options.grant = OAuthGrantType::client_credentials;
  oauth.options.client_id = "robot";
  oauth.options.client_secret = Secret("s:3");
  const auto opened = co_await oauth.connect();
  CO_ASSERT_OK(opened);
  EXPECT_EQ(oauth.authorizations, 0);
  EXPECT_EQ(oauth.forms.at(0)["grant_type"], "client_credentials");
  const auto sent = std::ranges::find_if(world.server.requests,
                                         [](const auto& r) { return r.target() == "/token"; });
  EXPECT_EQ(sent->header("Authorization"), "Basic " + base64("robot:s%3A3"));
  co_await world.client->stop();
}

MCP_CLIENT_TEST(McpOAuth, a_client_of_another_issuer_is_not_shown_around) {
  OAuthWorld oauth(world);
  oauth.options.client_id = "registered";
  oauth.options.client_secret = Secret("s");
  oauth.options.issuer = "https://login.example";
  const auto opened = co_await oauth.connect();
  CO_ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().code(), Code::unauthenticated);
  EXPECT_TRUE(oauth.forms.empty());
}

TEST(McpOAuthText, challenges_are_read) {
  http::Headers headers;
  headers.add("WWW-Authenticate", R"(Basic realm="x, y", Bearer scope="a \"b", error=oops)");
  const auto found = challenge_parameters(headers);
  EXPECT_EQ(found.at("realm"), "x, y");
  EXPECT_EQ(found.at("scope"), "a \"b");
  EXPECT_EQ(found.at("error"), "oops");
}

TEST(McpOAuthText, metadata_is_looked_for_in_order) {
  const auto issuer = *http::parse_url("https://as.example/t1");
  EXPECT_EQ(
      server_metadata_urls(issuer),
      (std::vector<std::string>{"https://as.example/.well-known/oauth-authorization-server/t1",
                                "https://as.example/.well-known/openid-configuration/t1",
                                "https://as.example/t1/.well-known/openid-configuration"}));
  EXPECT_EQ(resource_metadata_urls(*http::parse_url("https://h.example/mcp")),
            (std::vector<std::string>{"https://h.example/.well-known/oauth-protected-resource/mcp",
                                      "https://h.example/.well-known/oauth-protected-resource"}));
}

TEST(McpOAuthText, a_resource_covers_what_is_below_it) {
  const auto server = *http::parse_url("https://h.example/mcp/a");
  EXPECT_TRUE(covers(*http::parse_url("https://h.example"), server));
  EXPECT_TRUE(covers(*http::parse_url("https://h.example/mcp"), server));
  EXPECT_FALSE(covers(*http::parse_url("https://h.example/mc"), server));
  EXPECT_FALSE(covers(*http::parse_url("http://h.example/mcp"), server));
}

TEST(McpOAuthText, proofs_name_the_request_and_the_token) {
  const auto key = *auth::PrivateKey::generate("ES256");
  const auto proof = dpop_proof(key, system_random(), Time{std::chrono::seconds{1000}}, "POST",
                                "https://h.example/mcp?x=1", "token", "n1");
  const auto first = proof.find('.');
  const auto second = proof.rfind('.');
  const auto header = *decode_base64(proof.substr(0, first));
  const auto claims = *decode_base64(proof.substr(first + 1, second - first - 1));
  EXPECT_TRUE(header.contains(R"("typ":"dpop+jwt")"));
  EXPECT_FALSE(header.contains("\"d\""));
  EXPECT_TRUE(claims.contains(R"("htu":"https://h.example/mcp")"));
  EXPECT_TRUE(claims.contains(R"("nonce":"n1")"));
  EXPECT_TRUE(claims.contains(base64url(as_text(sha256("token")))));
  EXPECT_TRUE(key.public_key().verify("ES256", proof.substr(0, second),
                                      *decode_base64(proof.substr(second + 1))));
}

}  // namespace
}  // namespace flotilla::mcp
