#include "http/url.h"

#include <gtest/gtest.h>

#include <string>

namespace flotilla::http {
namespace {

std::string reason_to_refuse(std::string_view text) {
  auto url = parse_url(text);
  if (url) return "";
  EXPECT_EQ(url.error().code(), Code::invalid_argument) << text;
  return "refused";
}

TEST(Url, splits_and_normalises) {
  auto url = parse_url("HTTPS://Example.COM/a/b?x=%20&y=1#top");
  ASSERT_TRUE(url);
  EXPECT_TRUE(url->tls);
  EXPECT_EQ(url->host, "example.com");
  EXPECT_EQ(url->port, 443);
  EXPECT_EQ(url->target, "/a/b?x=%20&y=1");
  EXPECT_EQ(url->authority(), "example.com");
  EXPECT_EQ(url->to_string(), "https://example.com/a/b?x=%20&y=1");
}

TEST(Url, fills_port_and_path) {
  EXPECT_EQ(parse_url("http://a")->target, "/");
  EXPECT_EQ(parse_url("http://a?q")->target, "/?q");
  EXPECT_EQ(parse_url("http://a:8080")->authority(), "a:8080");
  EXPECT_EQ(parse_url("https://a:443")->authority(), "a");
  EXPECT_EQ(parse_url("http://a:443")->origin(), "http://a:443");
  EXPECT_EQ(parse_url("http://localhost.:80/")->host, "localhost");
}

TEST(Url, reads_ipv6_hosts) {
  auto url = parse_url("http://[0:0::1]:8080/x");
  ASSERT_TRUE(url);
  EXPECT_TRUE(url->ipv6);
  EXPECT_EQ(url->host, "::1");
  EXPECT_EQ(url->authority(), "[::1]:8080");
}

TEST(Url, refuses_what_is_not_plain) {
  for (const auto* text : {
           "",
           "/relative",
           "a.example",
           "ftp://a/",
           "file:///etc/passwd",
           "http:/a",
           "http:a",
           "http://",
           "http:///x",
           "http://?x",
           "http://user@a/",
           "http://user:pw@a/",
           "http://a@b@c/",
           "http://a:/",
           "http://a:0/",
           "http://a:65536/",
           "http://a:80x/",
           "http://a:-1/",
           "http://a:+80/",
           "http://a: 80/",
           "http://a:8:0/",
           "http://a b/",
           "http://a/b c",
           " http://a/",
           "http://a/ ",
           "http://a/\r\nX: y",
           "http://a/\tb",
           "http://b\xc3\xbc"
           "cher.example/",
           "http://a/\xc3\xbc",
           "http://a%2eb/",
           "http://a/%zz",
           "http://a/%4",
           "http://a\\@b/",
           "http://a/\\b",
           "http://a/<x>",
           "http://a/\"",
           "http://a..b/",
           "http://.a/",
           "http://./",
           "http://[::1/",
           "http://[::1]x/",
           "http://[fe80::1%25eth0]/",
           "http://[127.0.0.1]/",
           "http://::1/",
           "http://a/#a b",
           "http://a,b/",
           "http://a;b/",
           "http://*/",
       }) {
    EXPECT_EQ(reason_to_refuse(text), "refused") << text;
  }
  EXPECT_EQ(reason_to_refuse(std::string("http://a/\0b", 11)), "refused");
  EXPECT_EQ(reason_to_refuse("http://a/" + std::string(kUrlLimit, 'x')), "refused");
  EXPECT_EQ(reason_to_refuse("http://" + std::string(64, 'a') + "/"), "refused");
}

TEST(Url, resolves_references) {
  auto base = parse_url("http://h:81/a/b/c?q=1");
  ASSERT_TRUE(base);
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"https://x/y", "https://x/y"},
      {"//x/y", "http://x/y"},
      {"/z?k", "http://h:81/z?k"},
      {"d", "http://h:81/a/b/d"},
      {"../d", "http://h:81/a/d"},
      {"./", "http://h:81/a/b/"},
      {"../../../..", "http://h:81/"},
      {"..", "http://h:81/a/"},
      {"?z=2", "http://h:81/a/b/c?z=2"},
      {"#f", "http://h:81/a/b/c?q=1"},
      {"", "http://h:81/a/b/c?q=1"},
      {"/a/./b/../c", "http://h:81/a/c"},
      {"x/http://y", "http://h:81/a/b/x/http://y"},
  };
  for (const auto& [reference, want] : cases) {
    auto url = resolve_reference(*base, reference);
    ASSERT_TRUE(url) << reference;
    EXPECT_EQ(url->to_string(), want) << reference;
  }
  EXPECT_FALSE(resolve_reference(*base, "javascript:alert(1)"));
  EXPECT_FALSE(resolve_reference(*base, "//user@x/"));
}

}  // namespace
}  // namespace flotilla::http
