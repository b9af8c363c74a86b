#include "a2a/card_grpc.h"

#include <gtest/gtest.h>

#include <memory>

namespace flotilla::a2a {
namespace {

struct Asked {
  ServerConfig config;
  http::Request request;
  std::shared_ptr<Ports> ports = std::make_shared<Ports>();

  explicit Asked(std::string host) {
    ports->grpc = 50051;
    config.ports = ports;
    request.headers.add("Host", std::move(host));
  }
  [[nodiscard]] std::vector<AgentInterface> interfaces(const AgentRef& agent) const {
    AgentCard card;
    add_grpc_interfaces(card, request, agent, config);
    return card.supportedInterfaces;
  }
};

TEST(CardGrpc, the_front_desk_is_served_in_both_versions_without_tenant) {
  const auto found = Asked("flotilla.example:8080").interfaces({"default", "front-desk"});
  ASSERT_EQ(found.size(), 2U);
  EXPECT_EQ(found[0].url, "flotilla.example:50051");
  EXPECT_EQ(found[0].protocolBinding, "GRPC");
  EXPECT_EQ(found[0].protocolVersion, "1.0");
  EXPECT_EQ(found[1].protocolVersion, "0.3");
  EXPECT_FALSE(found[0].tenant || found[1].tenant);
}

TEST(CardGrpc, another_agent_is_named_by_its_tenant_in_1_0) {
  const auto found = Asked("127.0.0.1:8080").interfaces({"team-a", "echo"});
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(found[0].tenant, "team-a/echo");
  EXPECT_EQ(found[0].protocolVersion, "1.0");
}

TEST(CardGrpc, nothing_is_listed_where_grpc_is_not_served) {
  Asked asked("127.0.0.1:8080");
  asked.ports->grpc = 0;
  EXPECT_TRUE(asked.interfaces({"default", "front-desk"}).empty());
}

TEST(CardGrpc, the_host_is_that_of_the_public_url_else_the_one_asked) {
  EXPECT_EQ(host_name_of(Asked("[::1]:8080").request, {}), "[::1]");
  EXPECT_EQ(host_name_of(Asked("a.example").request, {}), "a.example");
  EXPECT_EQ(host_name_of(Asked("evil\"host").request, {}), "localhost");
  EXPECT_EQ(host_name_of(Asked("").request, {}), "localhost");
  ServerConfig config;
  config.public_url = "https://agents.example:8443/base";
  EXPECT_EQ(host_name_of(Asked("127.0.0.1:8080").request, config), "agents.example");
}

}  // namespace
}  // namespace flotilla::a2a
