#include "http/admission_internal.h"

#include <gtest/gtest.h>

namespace flotilla::http {
namespace {

struct BlockCase {
  const char* block;
  const char* address;
  bool inside;
};

TEST(AddressBlock, contains_what_its_prefix_says) {
  const BlockCase cases[] = {
      {"10.0.0.0/8", "10.255.0.1", true},
      {"10.0.0.0/8", "11.0.0.1", false},
      {"192.0.2.128/25", "192.0.2.127", false},
      {"192.0.2.128/25", "192.0.2.200", true},
      {"192.0.2.1", "192.0.2.1", true},
      {"192.0.2.1", "192.0.2.2", false},
      {"0.0.0.0/0", "8.8.8.8", true},
      {"0.0.0.0/0", "::1", false},
      {"fd00::/8", "fdab::1", true},
      {"fd00::/8", "fe80::1", false},
      {"10.0.0.0/8", "::ffff:10.0.0.1", true},
      {"10.0.0.0/8", "nonsense", false},
  };
  for (const auto& [block, address, inside] : cases) {
    const auto parsed = parse_block(block);
    ASSERT_TRUE(parsed.has_value()) << block;
    EXPECT_EQ(parsed->contains(address), inside) << block << " " << address;
  }
  for (const char* bad : {"", "10.0.0.0/33", "10.0.0.0/", "10.0.0.0/x", "10/8", "::/129", "host"}) {
    EXPECT_FALSE(parse_block(bad).has_value()) << bad;
  }
}

TEST(Admission, a_wildcard_address_serves_addresses_but_not_names) {
  ServerOptions options;
  options.address = "0.0.0.0";
  auto admission = Admission::make(options);
  ASSERT_TRUE(admission.has_value());
  EXPECT_FALSE(admission->check_host("192.0.2.1:8080").has_value());
  EXPECT_FALSE(admission->check_host("[2001:db8::1]").has_value());
  EXPECT_FALSE(admission->check_host("localhost").has_value());
  EXPECT_EQ(admission->check_host("rebound.example")->status, 421);
  options.allow_hosts = {"*"};
  admission = Admission::make(options);
  EXPECT_FALSE(admission->check_host("rebound.example").has_value());
  EXPECT_EQ(admission->check_host("bad host")->status, 400);
}

TEST(Admission, a_forwarded_chain_is_believed_as_far_as_proxies_are_ours) {
  ServerOptions options;
  options.trusted_proxies = {"10.0.0.0/8", "fd00::/8"};
  const auto admission = Admission::make(options);
  ASSERT_TRUE(admission.has_value());
  struct Chain {
    std::vector<std::string_view> fields;
    const char* caller;
  };
  const Chain chains[] = {
      {{}, "10.0.0.1"},
      {{"203.0.113.9"}, "203.0.113.9"},
      {{"6.6.6.6, 203.0.113.9, 10.0.0.2"}, "203.0.113.9"},
      {{"6.6.6.6", "203.0.113.9"}, "203.0.113.9"},
      {{"203.0.113.9:1234"}, "203.0.113.9"},
      {{"[2001:db8::1]:443, fd00::2"}, "2001:db8::1"},
      {{"10.0.0.3, 10.0.0.2"}, "10.0.0.3"},
      {{"unknown, 10.0.0.2"}, "10.0.0.2"},
      {{"203.0.113.9, garbage"}, "10.0.0.1"},
  };
  for (const auto& [fields, caller] : chains) {
    NotableFields notable;
    notable.forwarded_for = fields;
    EXPECT_EQ(admission->caller(notable, "10.0.0.1"), caller);
  }
}

}  // namespace
}  // namespace flotilla::http
