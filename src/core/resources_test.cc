#include <gtest/gtest.h>

#include "core/resources_testing.h"

namespace flotilla::core {
namespace {

using testing::admin;
using testing::alice;
using testing::carol;
using testing::manifest;
using testing::principal;
using testing::secret;
using testing::server;
using testing::server_ref;
using testing::Store;
using testing::store_of;

CORE_TEST(Resources, a_new_one_has_defaults_uid_and_version) {
  auto store = store_of(world);
  auto written = co_await store.resources.create(alice(), server());
  CO_ASSERT_TRUE(written);
  EXPECT_EQ(written->outcome, Outcome::created);
  auto found = co_await store.resources.get(alice(), server_ref());
  CO_ASSERT_TRUE(found);
  EXPECT_EQ(found->version, written->resource.version);
  EXPECT_GT(found->version, 0U);
  EXPECT_EQ(found->generation, 1);
  EXPECT_FALSE(found->uid.empty());
  EXPECT_FALSE(found->by_admin);
  const auto spec = spec_of<ToolServerSpec>(*found);
  CO_ASSERT_TRUE(spec);
  EXPECT_EQ(spec->timeout, std::chrono::seconds(30));
  EXPECT_EQ(spec->toolPinning, ToolPinning::quarantine);
  auto again = co_await store.resources.create(alice(), server());
  CO_ASSERT_FALSE(again);
  EXPECT_EQ(again.error().code(), Code::already_exists);
}

CORE_TEST(Resources, generation_grows_with_the_spec_only) {
  auto store = store_of(world);
  auto& resources = store.resources;
  std::ignore = co_await resources.apply(alice(), server());
  auto same = co_await resources.apply(alice(), server());
  CO_ASSERT_TRUE(same);
  EXPECT_EQ(same->outcome, Outcome::unchanged);
  auto labelled = co_await resources.apply(
      alice(), server("github", "https://mcp.example.org/mcp", ", labels: {app: web}"));
  CO_ASSERT_TRUE(labelled);
  EXPECT_EQ(labelled->outcome, Outcome::configured);
  EXPECT_EQ(labelled->resource.generation, 1);
  EXPECT_GT(labelled->resource.version, same->resource.version);
  auto moved = co_await resources.apply(admin(), server("github", "https://other.example.org"));
  CO_ASSERT_TRUE(moved);
  EXPECT_EQ(moved->resource.generation, 2);
  EXPECT_TRUE(moved->resource.by_admin);
  EXPECT_TRUE(moved->resource.labels.empty());
}

CORE_TEST(Resources, a_stale_version_is_a_conflict) {
  auto store = store_of(world);
  auto& resources = store.resources;
  auto first = co_await resources.create(alice(), server());
  CO_ASSERT_TRUE(first);
  std::ignore = co_await resources.apply(alice(), server("github", "https://two.example.org"));
  auto stale = server("github", "https://three.example.org");
  stale.version = first->resource.version;
  auto refused = co_await resources.update(alice(), stale);
  CO_ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code(), Code::conflict);
  EXPECT_EQ(refused.error().violations().front().field, "/metadata/resourceVersion");
  auto kept = co_await resources.remove(alice(), server_ref(), first->resource.version);
  CO_ASSERT_FALSE(kept);
  EXPECT_EQ(kept.error().code(), Code::conflict);
  auto other = server();
  other.uid = "0198c0de-0000-7000-8000-000000000000";
  refused = co_await resources.apply(alice(), other);
  CO_ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code(), Code::conflict);
}

CORE_TEST(Resources, a_dry_run_writes_nothing) {
  auto store = store_of(world);
  auto& resources = store.resources;
  auto would = co_await resources.create(alice(), server(), DryRun::yes);
  CO_ASSERT_TRUE(would);
  EXPECT_EQ(would->outcome, Outcome::created);
  auto found = co_await resources.get(alice(), server_ref());
  EXPECT_FALSE(found);
  std::ignore = co_await resources.create(alice(), server());
  would = co_await resources.try_removal(alice(), server_ref());
  CO_ASSERT_TRUE(would);
  found = co_await resources.get(alice(), server_ref());
  EXPECT_TRUE(found);
}

CORE_TEST(Resources, foreign_is_missing_and_viewers_do_not_write) {
  auto store = store_of(world);
  auto& resources = store.resources;
  std::ignore = co_await resources.create(alice(), server());
  const auto missing = co_await resources.get(alice(), server_ref("nothing"));
  auto foreign = co_await resources.get(carol(), server_ref());
  CO_ASSERT_FALSE(foreign);
  EXPECT_EQ(foreign.error().code(), missing.error().code());
  auto removed = co_await resources.remove(carol(), server_ref());
  CO_ASSERT_FALSE(removed);
  EXPECT_EQ(removed.error().message(), foreign.error().message());
  auto listed = co_await resources.list(carol(), {}, "", 10);
  CO_ASSERT_TRUE(listed);
  EXPECT_TRUE(listed->items.empty());
  const auto viewer = principal("vera", {"default"}, Role::viewer);
  auto seen = co_await resources.get(viewer, server_ref());
  EXPECT_TRUE(seen);
  auto refused = co_await resources.apply(viewer, server());
  CO_ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code(), Code::permission_denied);
}

CORE_TEST(Resources, only_an_admin_names_a_command) {
  auto store = store_of(world);
  auto& resources = store.resources;
  const auto local = manifest(
      "apiVersion: flotilla.dev/v1\nkind: ToolServer\nmetadata: {name: files}\n"
      "spec: {command: npx}\n");
  auto refused = co_await resources.apply(alice(), local);
  CO_ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code(), Code::permission_denied);
  EXPECT_EQ(refused.error().violations().front().field, "/spec/command");
  auto made = co_await resources.apply(admin(), local);
  CO_ASSERT_TRUE(made);
  auto unchanged = co_await resources.apply(alice(), local);
  EXPECT_TRUE(unchanged);
  json::Value more = *json::parse(R"({"spec":{"args":["-y","evil"]}})");
  auto patched = co_await resources.patch(alice(), server_ref("files"), more);
  CO_ASSERT_FALSE(patched);
  EXPECT_EQ(patched.error().code(), Code::permission_denied);
}

CORE_TEST(Resources, a_patch_changes_what_it_names) {
  auto store = store_of(world);
  auto& resources = store.resources;
  std::ignore = co_await resources.create(alice(), server());
  json::Value change = *json::parse(
      R"({"metadata":{"labels":{"app":"web"}},"spec":{"timeout":"5s","allowedTools":["a*"]}})");
  auto patched = co_await resources.patch(alice(), server_ref(), change);
  CO_ASSERT_TRUE(patched);
  const auto spec = spec_of<ToolServerSpec>(patched->resource);
  EXPECT_EQ(spec->timeout, std::chrono::seconds(5));
  EXPECT_EQ(spec->url, "https://mcp.example.org/mcp");
  EXPECT_EQ(patched->resource.labels.at("app"), "web");
  json::Value wrong = *json::parse(R"({"spec":{"timeuot":"5s"}})");
  auto refused = co_await resources.patch(alice(), server_ref(), wrong);
  CO_ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().violations().front().field, "/spec/timeuot");
  EXPECT_NE(refused.error().message().find("timeout"), std::string::npos);
}

CORE_TEST(Resources, secrets_are_sealed_and_kept_by_null) {
  auto store = store_of(world);
  auto& resources = store.resources;
  auto made = co_await resources.create(alice(), secret());
  CO_ASSERT_TRUE(made);
  const auto shown = json::to_string(document_of(made->resource));
  EXPECT_EQ(shown.find("hunter2"), std::string::npos);
  EXPECT_NE(shown.find(R"("data":{"key":null})"), std::string::npos) << shown;
  auto same = co_await resources.apply(alice(), secret());
  CO_ASSERT_TRUE(same);
  EXPECT_EQ(same->outcome, Outcome::unchanged);
  // What is read can be written again.
  ManifestContext context;
  auto again = parse_manifest(document_of(made->resource), context);
  CO_ASSERT_TRUE(again);
  auto kept = co_await resources.update(alice(), std::move(*again));
  CO_ASSERT_TRUE(kept);
  EXPECT_EQ(kept->outcome, Outcome::unchanged);
  auto value = co_await resources.secret_value("default", "token", "key");
  CO_ASSERT_TRUE(value);
  EXPECT_EQ(value->reveal(), "hunter2");
  auto other = co_await resources.apply(alice(), secret("token", "other"));
  CO_ASSERT_TRUE(other);
  EXPECT_EQ(other->resource.generation, 2);
  auto none = co_await resources.apply(
      alice(), manifest("apiVersion: v1\nkind: Secret\nmetadata: {name: x}\ndata: {key: null}\n"));
  CO_ASSERT_FALSE(none);
  EXPECT_EQ(none.error().violations().front().field, "/data/key");
}

CORE_TEST(Resources, resealing_keeps_the_values) {
  const auto path = ::testing::TempDir() + "resources-sealing.key";
  std::remove(path.c_str());
  auto sealer = auth::Sealer::load(path, world.random);
  CO_ASSERT_TRUE(sealer);
  Store store(world, std::move(*sealer));
  std::ignore = co_await store.resources.create(alice(), secret());
  EXPECT_TRUE(store.sealer.rotate());
  auto count = co_await store.resources.reseal();
  CO_ASSERT_TRUE(count);
  EXPECT_EQ(*count, 1U);
  EXPECT_TRUE(store.sealer.retire(store.sealer.keys().front().id));
  auto value = co_await store.resources.secret_value("default", "token", "key");
  CO_ASSERT_TRUE(value);
  EXPECT_EQ(value->reveal(), "hunter2");
}

CORE_TEST(Resources, what_is_used_stays_until_its_user_goes) {
  auto store = store_of(world);
  auto& resources = store.resources;
  std::ignore = co_await resources.create(alice(), secret());
  std::ignore = co_await resources.create(
      alice(),
      manifest("apiVersion: flotilla.dev/v1\nkind: ToolServer\nmetadata: {name: github}\n"
               "spec: {url: 'https://x.example.org', headers: [{name: Authorization, valueFrom: "
               "{secretKeyRef: {name: token, key: key}}}]}\n"));
  const ResourceRef token{"Secret", "default", "token"};
  auto users = co_await resources.users_of(token);
  CO_ASSERT_TRUE(users);
  EXPECT_EQ(*users, std::vector{server_ref()});
  auto refused = co_await resources.remove(alice(), token);
  CO_ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code(), Code::failed_precondition);
  EXPECT_NE(refused.error().message().find("ToolServer default/github"), std::string::npos);
  auto removed = co_await resources.remove(alice(), server_ref());
  EXPECT_TRUE(removed);
  removed = co_await resources.remove(alice(), token);
  EXPECT_TRUE(removed);
}

CORE_TEST(Resources, what_is_owned_goes_with_its_last_owner) {
  auto store = store_of(world);
  auto& resources = store.resources;
  std::ignore = co_await resources.create(alice(), server("one"));
  std::ignore = co_await resources.create(alice(), server("two"));
  const auto owned = [](const std::string& name, const std::string& owners) {
    return manifest("apiVersion: flotilla.dev/v1\nkind: ConfigMap\nmetadata: {name: " + name +
                    ", ownerReferences: [" + owners + "]}\n");
  };
  const std::string one = "{kind: ToolServer, name: one}";
  const std::string two = "{kind: ToolServer, name: two}";
  std::ignore = co_await resources.create(alice(), owned("mine", one));
  std::ignore = co_await resources.create(alice(), owned("deep", "{kind: ConfigMap, name: mine}"));
  std::ignore = co_await resources.create(alice(), owned("ours", one + ", " + two));
  auto bad = co_await resources.create(alice(), owned("lost", "{kind: ToolServer, name: none}"));
  CO_ASSERT_FALSE(bad);
  EXPECT_EQ(bad.error().violations().front().field, "/metadata/ownerReferences/0");
  auto watch = co_await resources.watch(alice(), {}, std::nullopt);
  CO_ASSERT_TRUE(watch);
  auto removed = co_await resources.remove(alice(), server_ref("one"));
  CO_ASSERT_TRUE(removed);
  auto left = co_await resources.list(alice(), {}, "", 10);
  CO_ASSERT_TRUE(left);
  CO_ASSERT_EQ(left->items.size(), 2U);
  EXPECT_EQ(left->items[0].ref.name, "ours");
  CO_ASSERT_EQ(left->items[0].owners.size(), 1U);
  EXPECT_EQ(left->items[0].owners[0].name, "two");
  auto told = co_await (*watch)->next();
  CO_ASSERT_TRUE(told);
  EXPECT_EQ(told->events.size(), 4U);
  removed = co_await resources.remove(alice(), server_ref("two"));
  CO_ASSERT_TRUE(removed);
  left = co_await resources.list(alice(), {}, "", 10);
  EXPECT_TRUE(left->items.empty());
}

CORE_TEST(Resources, lists_go_on_at_their_cursor_and_select) {
  auto store = store_of(world);
  auto& resources = store.resources;
  for (int i = 0; i < 9; ++i)
    std::ignore =
        co_await resources.create(alice(), server("s" + std::to_string(i), "https://x.example.org",
                                                  i % 2 == 0 ? ", labels: {even: 'yes'}" : ""));
  ResourceFilter filter{"ToolServer", "default", *LabelSelector::parse("even=yes", "l")};
  std::vector<std::string> names;
  std::string cursor;
  do {
    auto page = co_await resources.list(alice(), filter, cursor, 2);
    CO_ASSERT_TRUE(page);
    for (const auto& item : page->items) names.push_back(item.ref.name);
    cursor = page->next;
  } while (!cursor.empty());
  EXPECT_EQ(names, (std::vector<std::string>{"s0", "s2", "s4", "s6", "s8"}));
  auto refused = co_await resources.list(alice(), filter, "nonsense", 2);
  CO_ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().violations().front().field, "cursor");
}

}  // namespace
}  // namespace flotilla::core
