#include <gtest/gtest.h>

#include "core/resources_testing.h"

namespace flotilla::core {
namespace {

using testing::alice;
using testing::store_of;

CORE_TEST(Resources, apply_checks_all_documents_before_it_writes) {
  auto store = store_of(world);
  auto& resources = store.resources;
  ApplyRequest request;
  request.documents = *json::parse_yaml_documents(
      "apiVersion: flotilla.dev/v1\nkind: ConfigMap\nmetadata: {name: a}\n---\n"
      "apiVersion: flotilla.dev/v1\nkind: ToolServer\nmetadata: {name: b}\nspec: {urll: x}\n");
  auto refused = co_await apply_documents(resources, alice(), request);
  CO_ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().violations().front().field, "/1/spec/urll");
  auto none = co_await resources.list(alice(), {}, "", 10);
  EXPECT_TRUE(none->items.empty());
}

CORE_TEST(Resources, prune_deletes_what_no_document_names) {
  auto store = store_of(world);
  auto& resources = store.resources;
  const std::string labels = ", labels: {app: web}}\n";
  const std::string all =
      "apiVersion: v1\nkind: Secret\nmetadata: {name: a" + labels +
      "---\napiVersion: flotilla.dev/v1\nkind: ToolServer\nmetadata: {name: b" + labels +
      "spec: {url: 'https://x.example.org', headers: [{name: A, valueFrom: {secretKeyRef: {name: "
      "a, key: k}}}]}\n---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: c" +
      labels;
  ApplyRequest request;
  request.documents = *json::parse_yaml_documents(all);
  auto first = co_await apply_documents(resources, alice(), request);
  CO_ASSERT_TRUE(first);
  for (const auto& one : *first) EXPECT_EQ(one.outcome, Outcome::created) << one.ref.name;
  request.documents = {request.documents.back()};
  request.prune = *LabelSelector::parse("app=web", "prune");
  request.dry_run = DryRun::yes;
  auto would = co_await apply_documents(resources, alice(), request);
  CO_ASSERT_TRUE(would);
  for (const auto& one : *would) EXPECT_FALSE(one.error) << one.error->message();
  request.dry_run = DryRun::no;
  auto second = co_await apply_documents(resources, alice(), request);
  CO_ASSERT_TRUE(second);
  CO_ASSERT_EQ(second->size(), 3U);
  EXPECT_EQ((*second)[0].outcome, Outcome::unchanged);
  for (std::size_t i = 1; i < 3; ++i) {
    EXPECT_FALSE((*second)[i].error) << (*second)[i].error->message();
    EXPECT_EQ((*second)[i].outcome, Outcome::pruned);
  }
  auto left = co_await resources.list(alice(), {}, "", 10);
  CO_ASSERT_EQ(left->items.size(), 1U);
  EXPECT_EQ(left->items[0].ref.name, "c");
}

}  // namespace
}  // namespace flotilla::core
