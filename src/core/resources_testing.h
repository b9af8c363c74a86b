#pragma once

#include <string>
#include <string_view>
#include <utility>

#include "core/resource_apply.h"
#include "core/testing.h"
#include "core/tool_server.h"

namespace flotilla::core::testing {

/// Resources over the store of a world.
struct Store {
  explicit Store(World& world, auth::Sealer seals)
      : sealer(std::move(seals)),
        resources(*world.database, world.clock, world.random, sealer, world.process().feed) {}
  auth::Sealer sealer;
  Resources resources;
};

inline Store store_of(World& world) {
  return Store(world, auth::Sealer::ephemeral(world.random));
}

inline Manifest manifest(std::string_view text, const std::string& name_space = "default") {
  ManifestContext context;
  context.name_space = name_space;
  auto value = json::parse_yaml(text);
  EXPECT_TRUE(value) << (value ? "" : value.error().message());
  auto made = parse_manifest(*value, context);
  EXPECT_TRUE(made) << (made ? "" : made.error().message());
  return std::move(*made);
}

inline Manifest server(const std::string& name = "github",
                       const std::string& url = "https://mcp.example.org/mcp",
                       const std::string& more = "") {
  return manifest("apiVersion: flotilla.dev/v1\nkind: ToolServer\nmetadata: {name: " + name + more +
                  "}\nspec: {url: '" + url + "'}\n");
}

inline Manifest secret(const std::string& name = "token", const std::string& value = "hunter2") {
  return manifest("apiVersion: flotilla.dev/v1\nkind: Secret\nmetadata: {name: " + name +
                  "}\nstringData: {key: " + value + "}\n");
}

inline ResourceRef server_ref(const std::string& name = "github") {
  return {"ToolServer", "default", name};
}

}  // namespace flotilla::core::testing
