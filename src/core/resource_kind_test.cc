#include "core/resource_kind.h"

#include <gtest/gtest.h>

#include "core/tool_server.h"
#include "json/json.h"

namespace flotilla::core {
namespace {

/// Every property, at any depth, has a description.
void expect_described(const json::Value& schema, const std::string& at) {
  const auto* object = schema.if_object();
  if (object == nullptr) return;
  if (const auto* properties = object->find("properties"))
    for (const auto& [name, property] : properties->if_object()->members()) {
      const auto* members = property.if_object();
      const bool known = members->find("description") || members->find("const");
      const bool evident = name == "spec" || name == "status" || name == "metadata";
      EXPECT_TRUE(known || evident) << at << "/" << name;
      expect_described(property, at + "/" + name);
    }
  if (const auto* shared = object->find("$defs"))
    for (const auto& [name, one] : shared->if_object()->members())
      expect_described(one, at + "#" + name);
}

TEST(ResourceKind, every_field_is_documented) {
  for (const auto& kind : resource_kinds())
    expect_described(document_schema(kind), std::string(kind.kind));
}

TEST(ResourceKind, schemas_say_what_is_read) {
  const auto schema = json::Value(document_schema(kind_of("ToolServer")));
  const auto* shared = schema.if_object()->find("$defs")->if_object();
  const auto* spec = shared->find("ToolServerSpec")->if_object();
  EXPECT_EQ(*spec->find("additionalProperties"), json::Value(false));
  const auto* properties = spec->find("properties")->if_object();
  EXPECT_EQ(*properties->find("timeout")->if_object()->find("default"), json::Value("30s"));
  EXPECT_EQ(json::to_string(*properties->find("toolPinning")->if_object()->find("enum")),
            R"(["quarantine","warn","off"])");
  EXPECT_EQ(spec->find("required"), nullptr);
  EXPECT_EQ(json::to_string(*shared->find("SecretKeyRef")->if_object()->find("required")),
            R"(["name","key"])");
  const auto* status = shared->find("ToolServerStatus")->if_object();
  EXPECT_EQ(status->find("additionalProperties"), nullptr);
}

TEST(ResourceKind, is_found_by_all_its_names) {
  for (const char* name : {"ToolServer", "toolservers", "toolserver", "ts", "TS"}) {
    const auto* kind = find_kind(name);
    ASSERT_NE(kind, nullptr) << name;
    EXPECT_EQ(kind->kind, "ToolServer");
  }
  EXPECT_EQ(find_kind("widget"), nullptr);
}

TEST(ResourceKind, a_shown_document_can_be_read_again) {
  const auto manifest = parse_manifest(
      *json::parse_yaml("apiVersion: flotilla.dev/v1\nkind: ToolServer\nmetadata: {name: a, "
                        "labels: {x: 'y'}, annotations: {example.org/n: 'free text'}}\nspec: "
                        "{command: npx, args: [-y, server], env: [{name: A, value: b}], rename: "
                        "{a/b: c}, prefix: ''}\n"),
      {});
  ASSERT_TRUE(manifest);
  const auto checked = kind_of("ToolServer").check(manifest->spec, "default");
  ASSERT_TRUE(checked);
  EXPECT_EQ(checked->admin_field, "/spec/command");
  Resource resource;
  resource.ref = manifest->ref;
  resource.uid = "u";
  resource.version = 7;
  resource.labels = manifest->labels;
  resource.annotations = manifest->annotations;
  resource.spec = checked->spec;
  const auto again = parse_manifest(document_of(resource), {});
  ASSERT_TRUE(again) << again.error().message();
  EXPECT_EQ(again->version, 7U);
  const auto twice = kind_of("ToolServer").check(again->spec, "default");
  ASSERT_TRUE(twice);
  EXPECT_EQ(twice->spec, checked->spec);
  const auto stored = resource_of(document_of(resource));
  ASSERT_TRUE(stored);
  EXPECT_EQ(stored->spec, resource.spec);
  EXPECT_EQ(stored->labels, resource.labels);
}

TEST(ResourceKind, all_faults_are_told_at_once) {
  const auto checked =
      kind_of("ToolServer")
          .check(*json::parse(R"({"url":"ftp://x","timeout":"0s","prefix":"a b"})"), "default");
  ASSERT_FALSE(checked);
  EXPECT_EQ(checked.error().violations().size(), 3U);
}

}  // namespace
}  // namespace flotilla::core
