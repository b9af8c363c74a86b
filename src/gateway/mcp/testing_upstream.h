#pragma once

#include <algorithm>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "auth/sealing.h"
#include "gateway/mcp/federation.h"
#include "gateway/mcp/testing.h"

namespace flotilla::gateway::testing {

/// A tool server as its client shows it; tests change it as they go.
struct FakeUpstream {
  std::string name;
  std::vector<std::string> tools;
  std::vector<std::string> resources;
  std::string description = "Does it.";
  std::set<std::string> changed_tools;  // have `description`
  bool refuses = false;
  bool alive = true;
  int stopped = 0;
  mcp::ChangeFilter listening;
  std::function<void(const mcp::Change&)> on_change;
  void tell(std::string method, std::string uri = "") const {
    mcp::Change change;
    change.method = std::move(method);
    if (!uri.empty()) change.params.set("uri", uri);
    on_change(change);
  }
};

class FakeClient final : public mcp::Client {
 public:
  explicit FakeClient(FakeUpstream& upstream) : upstream_(upstream) {
    info_.implementation.set("name", upstream.name);
  }
  Async<> stop() override {
    ++upstream_.stopped;
    co_return;
  }
  [[nodiscard]] const mcp::ServerInfo& server() const override { return info_; }
  [[nodiscard]] bool alive() const override { return upstream_.alive; }
  Async<Result<mcp::Listing>> list(mcp::ListKind kind, mcp::CallOptions) override {
    mcp::Listing listing;
    if (kind == mcp::ListKind::tools)
      for (const auto& tool : upstream_.tools)
        listing.items.emplace_back(json::Object{
            {"name", tool},
            {"description",
             upstream_.changed_tools.contains(tool) ? upstream_.description : "Does it."},
            {"inputSchema", json::Object{{"type", "object"}}}});
    if (kind == mcp::ListKind::resources)
      for (const auto& uri : upstream_.resources)
        listing.items.emplace_back(json::Object{{"uri", uri}, {"name", uri}});
    co_return listing;
  }
  Async<Result<mcp::Reply>> call_tool(mcp::CallTool request, mcp::CallOptions) override {
    mcp::Complete done;
    json::Array blocks;
    blocks.emplace_back(
        json::Object{{"type", "text"}, {"text", request.name + " of " + upstream_.name}});
    done.result.set("content", std::move(blocks));
    co_return mcp::Reply(std::move(done));
  }
  Async<Result<mcp::Reply>> read_resource(mcp::ReadResource request, mcp::CallOptions) override {
    if (std::ranges::find(upstream_.resources, request.uri) == upstream_.resources.end())
      co_return mcp::Reply(mcp::RpcError{mcp::code::kResourceNotFound, "Resource not found", {}});
    mcp::Complete done;
    json::Array contents;
    contents.emplace_back(json::Object{{"uri", request.uri}, {"text", request.uri}});
    done.result.set("contents", std::move(contents));
    co_return mcp::Reply(std::move(done));
  }
  Async<Result<mcp::Reply>> get_prompt(mcp::GetPrompt, mcp::CallOptions) override {
    co_return mcp::Reply(mcp::Complete{});
  }
  Async<Result<json::Object>> complete(mcp::Complement, mcp::CallOptions) override {
    co_return json::Object{};
  }
  Async<Result<>> listen(mcp::ChangeFilter filter) override {
    upstream_.listening = std::move(filter);
    co_return ok();
  }
  Async<Result<>> set_level(std::string) override { co_return ok(); }
  Async<Result<>> ping() override { co_return ok(); }
  Async<Result<json::Object>> get_task(std::string, mcp::CallOptions) override {
    co_return json::Object{};
  }
  Async<Result<>> update_task(std::string, json::Object, mcp::CallOptions) override {
    co_return ok();
  }
  Async<Result<>> cancel_task(std::string, mcp::CallOptions) override { co_return ok(); }
  Async<Result<mcp::Reply>> request(std::string, json::Object, mcp::CallOptions) override {
    co_return mcp::Reply(mcp::Complete{});
  }

 private:
  FakeUpstream& upstream_;
  mcp::ServerInfo info_;
};

/// A federation of fake servers over real resources; reconciled by hand.
struct Fleet {
  explicit Fleet(World& at)
      : world(at),
        sealer(auth::Sealer::ephemeral(at.random)),
        feed(*at.database, at.clock),
        resources(*at.database, at.clock, at.random, sealer, feed),
        names("names", 1, 1),
        egress(*http::EgressPolicy::make({})),
        eras(at.clock),
        federation({resources, *at.database, at.clock, at.loops.executor(0),
                    UpstreamServices{resources, at.clock, names, egress, eras, "test"},
                    [this](LinkPlan plan) { return connect(std::move(plan)); },
                    [](std::string_view name) { return name == "send_message"; },
                    [this](core::ResourceRef ref) { poked.push_back(ref.name); }}) {}

  FakeUpstream& upstream(const std::string& name) {
    auto& one = upstreams[name];
    one.name = name;
    return one;
  }
  [[nodiscard]] static core::ResourceRef ref(const std::string& name) {
    return {std::string(core::kToolServerKind), "default", name};
  }
  Async<Result<LinkPtr>> connect(LinkPlan plan) {
    auto& one = upstream(plan.options.url.substr(std::string("http://127.0.0.1/").size()));
    if (one.refuses) co_return fail(Error(Code::unavailable, "connection refused"));
    one.alive = true;
    one.on_change = plan.options.on_change;
    auto link = std::make_shared<Link>();
    link->digest = plan.digest;
    link->client = std::make_unique<FakeClient>(one);
    co_return link;
  }
  Async<> reconcile(std::string name) {
    auto resource = co_await resources.get(nullptr, ref(name));
    EXPECT_TRUE(resource);
    if (!resource) co_return;
    world.clock.advance(std::chrono::seconds(2));
    std::ignore = co_await federation.reconcile(std::move(*resource));
  }
  Async<> apply(std::string name, std::string spec) {
    core::Manifest manifest;
    manifest.ref = ref(name);
    auto object = *json::parse(spec)->if_object();
    object.set("url", "http://127.0.0.1/" + name);
    manifest.spec = std::move(object);
    auto written = co_await resources.apply(nullptr, std::move(manifest));
    EXPECT_TRUE(written) << (written ? "" : written.error().message());
    co_await reconcile(name);
  }
  Async<> remove(std::string name) {
    auto written = co_await resources.remove(nullptr, ref(name));
    EXPECT_TRUE(written);
    if (!written) co_return;
    written->resource.deleted = true;
    std::ignore = co_await federation.reconcile(std::move(written->resource));
  }
  Async<core::ToolServerStatus> status(std::string name) {
    auto resource = co_await resources.get(nullptr, ref(name));
    co_return *core::status_of<core::ToolServerStatus>(*resource);
  }
  Async<std::vector<std::string>> tool_names(std::shared_ptr<const Principal> who = alice()) {
    std::vector<std::string> names_found;
    std::optional<std::string> cursor;
    for (;;) {
      auto page = co_await federation.list(caller_of(who), mcp::ListKind::tools, cursor);
      EXPECT_TRUE(page);
      if (!page) break;
      for (auto& name : names_of(page->items)) names_found.push_back(std::move(name));
      cursor = page->next_cursor;
      if (!cursor) break;
    }
    co_return names_found;
  }
  Async<std::string> call(std::string name, std::shared_ptr<const Principal> who = alice()) {
    FakeExchange exchange(std::move(who));
    auto request = call_of(std::move(name));
    auto reply = co_await federation.call_tool(exchange, std::move(request));
    co_return text_of(reply);
  }

  World& world;
  std::map<std::string, FakeUpstream> upstreams;
  std::vector<std::string> poked;
  auth::Sealer sealer;
  core::Feed feed;
  core::Resources resources;
  BlockingPool names;
  http::EgressPolicy egress;
  mcp::EraCache eras;
  Federation federation;
};

}  // namespace flotilla::gateway::testing
