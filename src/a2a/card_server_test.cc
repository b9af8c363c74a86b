#include "a2a/card_server.h"

#include <gtest/gtest.h>

#include "a2a/card_json.h"
#include "a2a/card_signature.h"
#include "a2a/card_signer.h"
#include "a2a/extensions.h"
#include "a2a/server_testing_internal.h"
#include "base/hash.h"

namespace flotilla::a2a {
namespace {

using testing::at;
using testing::Host;
using testing::text_at;

constexpr std::string_view kPath = "/.well-known/agent-card.json";

TEST(Card, pure_for_1_0_and_hybrid_without_version) {
  Host host;
  const auto pure = host.get(kPath, {{"A2A-Version", "1.0"}});
  EXPECT_EQ(pure.status, 200);
  EXPECT_EQ(pure.type, "application/json");
  EXPECT_EQ(
      pure.body,
      R"({"name":"Echo","description":"Repeats text","supportedInterfaces":[)"
      R"({"url":"http://127.0.0.1:8080","protocolBinding":"JSONRPC","protocolVersion":"1.0"},)"
      R"({"url":"http://127.0.0.1:8080","protocolBinding":"HTTP+JSON","protocolVersion":"1.0"},)"
      R"({"url":"http://127.0.0.1:8080","protocolBinding":"JSONRPC","protocolVersion":"0.3"},)"
      R"({"url":"http://127.0.0.1:8080","protocolBinding":"HTTP+JSON","protocolVersion":"0.3"}],)"
      R"("version":"2.1.0","capabilities":{"streaming":true,"pushNotifications":false,)"
      R"("extensions":)" +
          json::to_text(server_extensions()) +
          R"(,"extendedAgentCard":true},"defaultInputModes":["text/plain"],)"
          R"("defaultOutputModes":["text/plain"],"skills":[{"id":"echo","name":"Echo",)"
          R"("description":"Echo back","tags":["demo"]}]})");
  for (const std::string_view version : {"", "0.3", "7.0"}) {
    const auto hybrid = host.get(kPath, {{"A2A-Version", std::string(version)}}).value();
    EXPECT_EQ(text_at(hybrid, "protocolVersion"), "0.3.0");
    EXPECT_EQ(text_at(hybrid, "url"), "http://127.0.0.1:8080");
    EXPECT_EQ(text_at(hybrid, "preferredTransport"), "JSONRPC");
    EXPECT_EQ(text_at(hybrid, "additionalInterfaces/1/transport"), "HTTP+JSON");
    EXPECT_EQ(text_at(hybrid, "supportsAuthenticatedExtendedCard"), "true");
    EXPECT_EQ(text_at(hybrid, "supportedInterfaces/0/protocolVersion"), "1.0");
  }
}

TEST(Card, each_agent_has_one_below_its_url) {
  Host host;
  for (const std::string_view name : {"agent-card.json", "agent.json"}) {
    const auto card =
        host.get("/a2a/team-a/echo/.well-known/" + std::string(name), {{"A2A-Version", "1.0"}});
    EXPECT_EQ(text_at(card.value(), "supportedInterfaces/0/url"),
              "http://127.0.0.1:8080/a2a/team-a/echo");
    EXPECT_EQ(host.handler.agent.name_space, "team-a");
  }
}

TEST(Card, public_url_wins_over_host) {
  ServerConfig config;
  config.public_url = "https://agents.example/base/";
  Host host(config);
  EXPECT_EQ(text_at(host.get("/a2a/n/a/.well-known/agent-card.json").value(), "url"),
            "https://agents.example/base/a2a/n/a");
}

TEST(Card, a_host_that_is_none_is_not_repeated) {
  http::Request request;
  EXPECT_EQ(origin_of(request, {}), "http://localhost");
  request.headers.add("Host", "evil\"/><x");
  EXPECT_EQ(origin_of(request, {}), "http://localhost");
  request.headers.set("Host", "[::1]:8080");
  request.tls = true;
  EXPECT_EQ(origin_of(request, {}), "https://[::1]:8080");
}

TEST(Card, validators_differ_by_variant_and_give_304) {
  Host host;
  const auto etag = [&](std::string_view version) {
    const auto card = host.get(kPath, {{"A2A-Version", std::string(version)}});
    EXPECT_EQ(card.headers.find("Vary"), "A2A-Version");
    EXPECT_EQ(card.headers.find("Cache-Control"), "public, max-age=300");
    EXPECT_EQ(card.headers.find("Last-Modified"), "Thu, 01 Jan 1970 00:00:00 GMT");
    return std::string(card.headers.find("ETag").value_or(""));
  };
  const std::string pure = etag("1.0");
  EXPECT_NE(pure, etag("0.3"));
  EXPECT_EQ(pure, etag("1.0"));
  for (const std::string& condition : {pure, "W/" + pure, "\"other\", " + pure, std::string("*")}) {
    const auto again = host.get(kPath, {{"A2A-Version", "1.0"}, {"If-None-Match", condition}});
    EXPECT_EQ(again.status, 304) << condition;
    EXPECT_EQ(again.body, "");
    EXPECT_EQ(again.headers.find("ETag"), pure);
  }
  EXPECT_EQ(host.get(kPath, {{"If-None-Match", pure}}).status, 200) << "the hybrid one is another";
}

TEST(Card, authentication_asks_for_a_bearer_token_in_both_languages) {
  ServerConfig config;
  config.authentication = true;
  Host host(config);
  const auto card = host.get(kPath).value();
  EXPECT_EQ(json::to_string(at(card, "securitySchemes/bearer")),
            R"({"httpAuthSecurityScheme":{"scheme":"Bearer"},"type":"http","scheme":"Bearer"})");
  EXPECT_EQ(json::to_string(at(card, "securityRequirements")),
            R"([{"schemes":{"bearer":{"list":[]}}}])");
  EXPECT_EQ(json::to_string(at(card, "security")), R"([{"bearer":[]}])");
  const auto pure = host.get(kPath, {{"A2A-Version", "1.0"}}).value();
  EXPECT_TRUE(at(pure, "security").is_null());
  EXPECT_TRUE(at(pure, "securitySchemes/bearer/type").is_null());
}

struct SignedHost {
  explicit SignedHost(std::string public_url = "") : host(config(std::move(public_url))) {
    set_key();
  }
  ServerConfig config(std::string public_url) {
    ServerConfig out;
    out.public_url = std::move(public_url);
    out.card_signer = &signer;
    return out;
  }
  void set_key() {
    const auto key = auth::PrivateKey::generate("ES256");
    signer.set_keys({*key}, {key->public_key()});
  }
  [[nodiscard]] testing::Answer get(std::string_view version) {
    return host.get(kPath, {{"A2A-Version", std::string(version)}});
  }
  [[nodiscard]] auth::KeySet published() {
    return *auth::KeySet::parse(host.get("/.well-known/jwks.json").body);
  }

  CardSigner signer;
  Host host;
};

TEST(Card, both_variants_are_signed_by_published_keys) {
  SignedHost server;
  for (const std::string_view version : {"1.0", "0.3"}) {
    const auto card = server.get(version).value();
    const auto verified = verify_card(*card.if_object(), server.published());
    EXPECT_TRUE(verified) << verified.error().message();
  }
  EXPECT_EQ(server.host.get("/.well-known/jwks.json").type, "application/jwk-set+json");
}

TEST(Card, readers_that_drop_the_0_3_members_can_verify_the_hybrid_card) {
  SignedHost server;
  auto card = *server.get("0.3").value().if_object();
  for (const char* member : {"protocolVersion", "url", "preferredTransport", "additionalInterfaces",
                             "supportsAuthenticatedExtendedCard"})
    card.erase(member);
  EXPECT_TRUE(verify_card(card, server.published()));
}

TEST(Card, validator_changes_with_the_key_and_not_with_the_request) {
  SignedHost server;
  const auto etag = [&] { return std::string(*server.get("1.0").headers.find("ETag")); };
  const auto signed_once = etag();
  EXPECT_EQ(etag(), signed_once);
  EXPECT_EQ(server.get("1.0").body, server.get("1.0").body);
  EXPECT_EQ(server.host.get(kPath, {{"A2A-Version", "1.0"}, {"If-None-Match", signed_once}}).status,
            304);
  server.set_key();
  EXPECT_NE(etag(), signed_once);
  server.signer.set_keys({}, {});
  EXPECT_NE(etag(), signed_once);
}

TEST(Card, keys_are_placed_at_the_public_url_only) {
  const auto header_of = [](const json::Value& card) {
    return *decode_base64(text_at(card, "signatures/0/protected"));
  };
  SignedHost own;
  EXPECT_EQ(header_of(own.get("1.0").value()).find("jku"), std::string::npos);
  SignedHost known("https://agents.example");
  EXPECT_NE(header_of(known.get("1.0").value())
                .find(R"("jku":"https://agents.example/.well-known/jwks.json")"),
            std::string::npos);
}

TEST(Card, extended_one_is_for_callers_who_have_shown_who_they_are) {
  SignedHost server;
  const auto ask = [&](std::shared_ptr<const Principal> who) {
    auto request =
        Host::request(http::Method::get, "/extendedAgentCard", "", {{"A2A-Version", "1.0"}});
    request.context.principal = std::move(who);
    testing::Answer answer;
    run_blocking(server.host.exchange(request, answer));
    return answer;
  };
  EXPECT_EQ(ask(nullptr).status, 401);
  EXPECT_EQ(ask(public_principal()).status, 401);
  const auto answer = ask(local_principal());
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(answer.headers.find("Cache-Control"), "private, no-cache");
  const auto card = answer.value();
  EXPECT_EQ(text_at(card, "description"), "Repeats text for those who may");
  EXPECT_EQ(text_at(card, "supportedInterfaces/0/url"), "http://127.0.0.1:8080");
  EXPECT_TRUE(verify_card(*card.if_object(), server.published()));
}

TEST(Card, extended_one_over_json_rpc_in_either_version) {
  Host host;
  const auto ask = [&](std::string_view method, std::string_view version) {
    auto request = Host::request(
        http::Method::post, "/a2a/team-a/echo", testing::rpc_text(method, "{}"),
        {{"A2A-Version", std::string(version)}, {"Content-Type", "application/json"}});
    request.context.principal = local_principal();
    testing::Answer answer;
    run_blocking(host.exchange(request, answer));
    return answer.value();
  };
  const auto card = ask("GetExtendedAgentCard", "1.0");
  EXPECT_EQ(text_at(card, "result/supportedInterfaces/0/url"),
            "http://127.0.0.1:8080/a2a/team-a/echo");
  EXPECT_TRUE(at(card, "result/protocolVersion").is_null());
  EXPECT_EQ(text_at(ask("agent/getAuthenticatedExtendedCard", "0.3"), "result/protocolVersion"),
            "0.3.0");
}

TEST(Card, without_extended_cards_none_is_offered) {
  ServerConfig config;
  config.extended_card = false;
  Host host(config);
  EXPECT_EQ(text_at(host.get(kPath).value(), "capabilities/extendedAgentCard"), "false");
  const auto refused = host.get("/extendedAgentCard", {{"A2A-Version", "1.0"}});
  EXPECT_EQ(refused.status, 400);
  EXPECT_EQ(text_at(refused.value(), "error/details/0/reason"), "UNSUPPORTED_OPERATION");
}

TEST(Card, every_scheme_has_its_0_3_members) {
  AgentCard card;
  const auto add = [&](std::string name, std::string_view text) {
    card.securitySchemes.emplace(std::move(name), *json::parse(text)->if_object());
  };
  add("a", R"({"apiKeySecurityScheme":{"location":"header","name":"X-Key","description":"d"}})");
  add("b", R"({"oauth2SecurityScheme":{"flows":{"clientCredentials":{"tokenUrl":"u"}}}})");
  add("c", R"({"openIdConnectSecurityScheme":{"openIdConnectUrl":"u"}})");
  add("d", R"({"mtlsSecurityScheme":{}})");
  AgentSkill skill;
  SecurityRequirement requirement;
  requirement.schemes["a"].list = {"s"};
  skill.securityRequirements.push_back(requirement);
  card.skills.push_back(skill);
  const auto value = *json::parse(card_text(card, Version::v0_3));
  EXPECT_EQ(text_at(value, "securitySchemes/a/type"), "apiKey");
  EXPECT_EQ(text_at(value, "securitySchemes/a/in"), "header");
  EXPECT_EQ(text_at(value, "securitySchemes/a/name"), "X-Key");
  EXPECT_EQ(text_at(value, "securitySchemes/a/description"), "d");
  EXPECT_EQ(text_at(value, "securitySchemes/b/flows/clientCredentials/tokenUrl"), "u");
  EXPECT_EQ(text_at(value, "securitySchemes/c/openIdConnectUrl"), "u");
  EXPECT_EQ(text_at(value, "securitySchemes/d/type"), "mutualTLS");
  EXPECT_EQ(text_at(value, "skills/0/security/0/a/0"), "s");
}

TEST(Card, an_unknown_agent_has_none) {
  Host host;
  host.handler.on_card = []() -> Result<AgentCard> {
    return fail(Error(Code::not_found, "no such agent"));
  };
  const auto answer = host.get("/a2a/team-a/nobody/.well-known/agent-card.json");
  EXPECT_EQ(answer.status, 404);
  EXPECT_EQ(text_at(answer.value(), "error/status"), "NOT_FOUND");
}

}  // namespace
}  // namespace flotilla::a2a
