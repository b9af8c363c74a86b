#include "base/config.h"

#include <gtest/gtest.h>

#include <boost/describe/class.hpp>
#include <boost/describe/enum.hpp>

namespace {

using namespace flotilla;
using namespace std::chrono_literals;

enum class Mode : std::uint8_t { fast, very_slow };
BOOST_DESCRIBE_ENUM(Mode, fast, very_slow)

struct Settings {
  std::string listen = "127.0.0.1:8080";
  bool insecure = false;
  std::uint16_t threads = 2;
  Bytes body_limit = mib(16);
  Duration dedupe = 24h;
  std::optional<std::string> public_url;
  std::vector<std::string> allow_host;
  std::string durability = "full";
  Mode mode = Mode::fast;
  std::chrono::seconds drain_ = 10s;
  Secret password;
  double ratio = 0.5;
};
BOOST_DESCRIBE_STRUCT(Settings, (),
                      (listen, insecure, threads, body_limit, dedupe, public_url, allow_host,
                       durability, mode, drain_, password, ratio))

constexpr config::Help kHelp[] = {
    {"listen", "address"},
    {"insecure", "no authentication"},
    {"threads", "event loops"},
    {"body_limit", "largest body"},
    {"dedupe", "how long"},
    {"public_url", "cards"},
    {"allow_host", "Host values"},
    {"durability", "fsync", "full|relaxed"},
    {"mode", "a mode"},
    {"drain_", "drain time"},
    {"password", "a secret"},
    {"ratio", "a ratio"},
};
constexpr std::span<const config::Help> config_help(const Settings*) {
  return kHelp;
}

struct ConfigTest : testing::Test {
  ConfigTest() { registry.add(settings); }
  /// The message of the refusal; empty when all is well.
  std::string resolve() {
    auto result = registry.resolve(sources);
    return result ? "" : result.error().message();
  }
  std::string origin(std::string_view key) { return registry.find(key)->origin.to_string(); }

  Settings settings;
  config::Registry registry;
  config::Sources sources;
};

TEST_F(ConfigTest, defaults_come_from_initialisers) {
  EXPECT_EQ(resolve(), "");
  EXPECT_EQ(registry.find("body-limit")->default_text, "16MiB");
  EXPECT_EQ(registry.find("body-limit")->variable, "FLOTILLA_BODY_LIMIT");
  EXPECT_EQ(registry.find("drain")->show(), "10s");
  EXPECT_EQ(registry.find("dedupe")->show(), "1d");
  EXPECT_EQ(origin("listen"), "default");
}

TEST_F(ConfigTest, flag_wins_over_environment_over_file) {
  sources.file = "/etc/f.yaml";
  sources.file_entries = {{"listen", {"f"}, 1}, {"threads", {"3"}, 2}, {"dedupe", {"1h"}, 3}};
  sources.environment = {{"FLOTILLA_LISTEN", "e"}, {"FLOTILLA_THREADS", "4"}, {"PATH", "x"}};
  sources.flags = {{"listen", {"c"}}};
  ASSERT_EQ(resolve(), "");
  EXPECT_EQ(settings.listen, "c");
  EXPECT_EQ(settings.threads, 4);
  EXPECT_EQ(settings.dedupe, 1h);
  EXPECT_EQ(origin("listen"), "flag --listen");
  EXPECT_EQ(origin("threads"), "environment FLOTILLA_THREADS");
  EXPECT_EQ(origin("dedupe"), "file /etc/f.yaml:3");
}

TEST_F(ConfigTest, every_type_is_read) {
  sources.flags = {{"insecure", {}},
                   {"body-limit", {"64KiB"}},
                   {"public-url", {"https://x"}},
                   {"allow-host", {"a,b", "c"}},
                   {"durability", {"relaxed"}},
                   {"mode", {"very-slow"}},
                   {"drain", {"1m"}},
                   {"ratio", {"0.25"}}};
  sources.environment = {{"FLOTILLA_PASSWORD", "hunter2"}};
  ASSERT_EQ(resolve(), "");
  EXPECT_TRUE(settings.insecure);
  EXPECT_EQ(settings.body_limit, kib(64));
  EXPECT_EQ(settings.public_url, "https://x");
  EXPECT_EQ(settings.allow_host, (std::vector<std::string>{"a", "b", "c"}));
  EXPECT_EQ(settings.durability, "relaxed");
  EXPECT_EQ(settings.mode, Mode::very_slow);
  EXPECT_EQ(settings.drain_, 60s);
  EXPECT_EQ(settings.ratio, 0.25);
  EXPECT_TRUE(settings.password.equals("hunter2"));
  EXPECT_EQ(registry.find("password")->show(), "***");
  EXPECT_EQ(registry.find("allow-host")->show(), "a,b,c");
}

TEST_F(ConfigTest, lists_of_the_file_are_taken_as_they_are) {
  sources.file_entries = {{"allow-host", {"a,b", "c"}, 1}};
  ASSERT_EQ(resolve(), "");
  EXPECT_EQ(settings.allow_host, (std::vector<std::string>{"a,b", "c"}));
}

TEST_F(ConfigTest, malformed_values_name_key_origin_and_what_is_allowed) {
  sources.file = "f.yaml";
  sources.file_entries = {{"threads", {"70000"}, 7}, {"durability", {"half"}, 8}};
  sources.environment = {{"FLOTILLA_BODY_LIMIT", "lots"}, {"FLOTILLA_MODE", "slow"}};
  sources.flags = {{"dedupe", {"1 day"}}, {"listen", {"a", "b"}}, {"drain", {"1500ms"}}};
  auto result = registry.resolve(sources);
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().reason(), reason::kInvalidConfig);
  EXPECT_EQ(result.error().violations().size(), 7U);
  EXPECT_EQ(
      result.error().message(),
      "threads: expected a whole number from 0 to 65535, got \"70000\" (file f.yaml:7)\n"
      "durability: expected full or relaxed, got \"half\" (file f.yaml:8)\n"
      "body-limit: expected a size such as 512, 64KiB or 16MiB, got \"lots\" (environment "
      "FLOTILLA_BODY_LIMIT)\n"
      "mode: expected fast or very-slow, got \"slow\" (environment FLOTILLA_MODE)\n"
      "dedupe: expected a duration such as 250ms, 30s, 5m or 24h, got \"1 day\" (flag --dedupe)\n"
      "listen: expected text, got \"a,b\" (flag --listen)\n"
      "drain: expected a duration such as 250ms, 30s, 5m or 24h, got \"1500ms\" (flag --drain)");
  EXPECT_EQ(settings.threads, 2);
}

TEST_F(ConfigTest, unknown_keys_are_refused_with_the_nearest) {
  sources.file = "f.yaml";
  sources.file_entries = {{"body-limits", {"1"}, 2}};
  sources.environment = {{"FLOTILLA_THREAD", "1"}};
  sources.flags = {{"zzzzzzzz", {"1"}}};
  EXPECT_EQ(resolve(),
            "body-limits: unknown key (file f.yaml:2); did you mean body-limit?\n"
            "FLOTILLA_THREAD: unknown variable (environment); did you mean FLOTILLA_THREADS?\n"
            "zzzzzzzz: unknown key (flag --zzzzzzzz); see `flotilla serve --help` for all keys");
}

TEST_F(ConfigTest, client_variables_and_service_links_are_ignored) {
  for (const char* name :
       {"FLOTILLA_URL", "FLOTILLA_TOKEN", "FLOTILLA_CONTEXT", "FLOTILLA_NAMESPACE",
        "FLOTILLA_SERVICE_HOST", "FLOTILLA_X_SERVICE_HOST", "FLOTILLA_SERVICE_PORT",
        "FLOTILLA_SERVICE_PORT_HTTP", "FLOTILLA_PORT", "FLOTILLA_X_PORT",
        "FLOTILLA_PORT_8080_TCP_ADDR", "FLOTILLA_X_PORT_8080_TCP", "OTHER"}) {
    sources.environment.emplace_back(name, "x");
  }
  EXPECT_EQ(resolve(), "");
}

TEST_F(ConfigTest, an_empty_variable_is_not_set) {
  sources.environment = {{"FLOTILLA_THREADS", ""}};
  EXPECT_EQ(resolve(), "");
  EXPECT_EQ(settings.threads, 2);
}

TEST_F(ConfigTest, secrets_are_refused_as_flags_and_never_quoted) {
  sources.flags = {{"password", {"hunter2"}}};
  const std::string message = resolve();
  EXPECT_NE(message.find("FLOTILLA_PASSWORD"), std::string::npos);
  EXPECT_EQ(message.find("hunter2"), std::string::npos);
}

TEST_F(ConfigTest, a_key_given_twice_is_refused) {
  sources.file = "f";
  sources.file_entries = {{"listen", {"a"}, 1}, {"listen", {"b"}, 2}};
  EXPECT_EQ(resolve(), "listen: given twice (file f:2)");
}

}  // namespace
