#include "http/egress.h"

#include <gtest/gtest.h>

#include <string>

namespace flotilla::http {
namespace {

EgressPolicy policy(std::vector<std::string> allow = {}) {
  auto made = EgressPolicy::make(std::move(allow));
  EXPECT_TRUE(made);
  return std::move(*made);
}

TEST(Egress, callers_reach_public_addresses) {
  const auto egress = policy();
  for (const auto* address :
       {"8.8.8.8", "1.1.1.1", "172.15.255.255", "172.32.0.1", "100.63.0.1", "100.128.0.1",
        "192.0.1.1", "198.17.0.1", "198.20.0.1", "223.255.255.255", "2606:4700::1111",
        "2a00:1450:4001::1", "::ffff:8.8.8.8", "64:ff9b::8.8.8.8", "2002:808:808::1"}) {
    EXPECT_TRUE(egress.check("h", address, UrlAuthor::caller)) << address;
  }
}

TEST(Egress, only_the_program_itself_reaches_the_metadata_service) {
  const auto egress = policy({"169.254.169.254", "*.internal"});
  for (const auto* address : {"169.254.169.254", "fd00:ec2::254", "::ffff:169.254.169.254"}) {
    EXPECT_FALSE(egress.check("metadata.internal", address, UrlAuthor::caller)) << address;
    EXPECT_FALSE(egress.check("metadata.internal", address, UrlAuthor::operator_)) << address;
    EXPECT_TRUE(egress.check("metadata.internal", address, UrlAuthor::platform)) << address;
  }
}

TEST(Egress, callers_reach_nothing_else) {
  const auto egress = policy();
  for (const auto* address : {"0.0.0.0",
                              "0.1.2.3",
                              "10.1.2.3",
                              "100.64.0.1",
                              "100.127.255.255",
                              "127.0.0.1",
                              "127.255.0.1",
                              "169.254.1.1",
                              "172.16.0.1",
                              "172.31.255.255",
                              "192.0.0.1",
                              "192.0.2.1",
                              "192.88.99.1",
                              "192.168.1.1",
                              "198.18.0.1",
                              "198.19.255.255",
                              "198.51.100.7",
                              "203.0.113.9",
                              "224.0.0.1",
                              "239.1.1.1",
                              "240.0.0.1",
                              "255.255.255.255",
                              "::",
                              "::1",
                              "::7f00:1",
                              "::ffff:127.0.0.1",
                              "::ffff:10.0.0.1",
                              "::ffff:0:10.0.0.1",
                              "::ffff:0:8.8.8.8",
                              "64:ff9b::10.0.0.1",
                              "64:ff9b::7f00:1",
                              "64:ff9b:1::808:808",
                              "2002:7f00:1::",
                              "2002:c0a8:101::1",
                              "2001:0:8:8::1",
                              "2001:db8::1",
                              "3fff::1",
                              "fc00::1",
                              "fd12::1",
                              "fe80::1",
                              "fe80::1%eth0",
                              "fec0::1",
                              "ff02::1",
                              "100::1",
                              "5f00::1",
                              "4000::1",
                              "2001:20::1",
                              "localhost",
                              "",
                              "1.2.3",
                              "2130706433",
                              "0x7f000001",
                              "1.2.3.4.5"}) {
    auto result = egress.check("some-host", address, UrlAuthor::caller);
    ASSERT_FALSE(result) << address;
    EXPECT_EQ(result.error().reason(), reason::kEgressDenied);
    EXPECT_EQ(result.error().code(), Code::permission_denied);
    EXPECT_TRUE(result.error().message().contains("some-host"));
  }
}

TEST(Egress, denial_keeps_the_address_to_itself) {
  auto result = policy().check("intranet", "10.20.30.40", UrlAuthor::caller);
  ASSERT_FALSE(result);
  EXPECT_FALSE(result.error().message().contains("10.20.30.40"));
}

TEST(Egress, metadata_is_closed_to_everyone) {
  const auto egress = policy({"169.254.0.0/16", "fd00::/8", "h", "100.64.0.0/10"});
  for (const auto* address :
       {"169.254.169.254", "169.254.170.2", "169.254.170.23", "100.100.100.200", "192.0.0.192",
        "168.63.129.16", "fd00:ec2::254", "fd20:ce::254", "::ffff:169.254.169.254",
        "64:ff9b::169.254.169.254", "64:ff9b:1::a9fe:a9fe", "2002:a9fe:a9fe::", "::a9fe:a9fe",
        "2001::5601:5601"}) {
    EXPECT_FALSE(egress.check("h", address, UrlAuthor::operator_)) << address;
    EXPECT_FALSE(egress.check("h", address, UrlAuthor::caller)) << address;
  }
  EXPECT_TRUE(egress.check("other", "169.254.1.1", UrlAuthor::caller));
}

TEST(Egress, operators_reach_private_networks) {
  const auto egress = policy();
  for (const auto* address : {"127.0.0.1", "10.0.0.1", "::1", "fd00::1", "169.254.1.1"}) {
    EXPECT_TRUE(egress.check("h", address, UrlAuthor::operator_)) << address;
  }
}

TEST(Egress, allow_widens_for_callers) {
  const auto egress =
      policy({"10.1.0.0/16", "127.0.0.1", "fd12::/20", "Hooks.Example.", "*.svc.local"});
  const auto may = [&](std::string_view host, std::string_view address) {
    return egress.check(host, address, UrlAuthor::caller).has_value();
  };
  EXPECT_TRUE(may("a", "10.1.255.1"));
  EXPECT_FALSE(may("a", "10.2.0.1"));
  EXPECT_TRUE(may("a", "::ffff:10.1.0.1"));
  EXPECT_TRUE(may("a", "127.0.0.1"));
  EXPECT_FALSE(may("a", "127.0.0.2"));
  EXPECT_TRUE(may("a", "fd12:0fff::1"));
  EXPECT_FALSE(may("a", "fd12:1000::1"));
  EXPECT_TRUE(may("HOOKS.example", "192.168.0.1"));
  EXPECT_FALSE(may("x.hooks.example", "192.168.0.1"));
  EXPECT_TRUE(may("db.svc.local", "192.168.0.1"));
  EXPECT_FALSE(may("svc.local", "192.168.0.1"));
}

TEST(Egress, refuses_malformed_allow_entries) {
  for (const auto* entry : {"", "10.0.0.0/33", "10.0.0.0/x", "10.0.0.0/", "::/129", "a b",
                            "http://x", "*", "*.", "fe80::1%eth0", "10.0.0/8"}) {
    EXPECT_FALSE(EgressPolicy::make({entry})) << entry;
  }
}

}  // namespace
}  // namespace flotilla::http
