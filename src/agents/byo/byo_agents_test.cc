#include "agents/byo/byo_agents.h"

#include <gtest/gtest.h>

#include <fstream>
#include <memory>
#include <string>
#include <utility>

#include "agents/testing_internal.h"
#include "async/blocking_pool.h"
#include "core/resources_testing.h"

namespace flotilla::agents {
namespace {

using namespace testing;

/// Serves A2A at PORT: answers with GREETING and the text; `die` ends it.
constexpr const char* kProgram = R"(
import http.server, json, os, sys
class Agent(http.server.BaseHTTPRequestHandler):
    def log_message(self, *arguments): pass
    def answer(self, value):
        body = json.dumps(value).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
    def do_GET(self):
        self.answer({"name": "Own", "description": "Of mine", "version": "7",
            "supportedInterfaces": [{"url": "http://127.0.0.1:" + os.environ["PORT"] + "/rpc",
                "protocolBinding": "JSONRPC", "protocolVersion": "1.0"}],
            "capabilities": {"streaming": False}, "defaultInputModes": ["text/plain"],
            "defaultOutputModes": ["text/plain"],
            "skills": [{"id": "s", "name": "S", "description": "d", "tags": []}]})
    def do_POST(self):
        call = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        if call["method"] != "SendMessage":
            return self.answer({"jsonrpc": "2.0", "id": call["id"],
                                "error": {"code": -32601, "message": "no such method"}})
        text = call["params"]["message"]["parts"][0]["text"]
        if text == "die":
            sys.stderr.write("I was told to die\n")
            sys.stderr.flush()
            os._exit(3)
        self.answer({"jsonrpc": "2.0", "id": call["id"], "result": {"message": {"messageId": "m",
            "role": "ROLE_AGENT", "parts": [{"text": os.environ.get("GREETING", "") + text}]}}})
http.server.ThreadingHTTPServer(("127.0.0.1", int(os.environ["PORT"])), Agent).serve_forever()
)";

/// A process whose byo agents run the program.
struct Place {
  explicit Place(World& world)
      : store(core::testing::store_of(world)),
        house(world),
        remote{http, system_clock(), world.random},
        byo({store.resources, system_clock(), world.loops.executor(0), remote,
             [this](core::ResourceRef) { ++changes; }}),
        agents(services()) {
    std::ofstream(program) << kProgram;
  }
  ResourceAgentServices services() {
    ResourceAgentServices made{store.resources, house.process.agents, {}};
    made.byo = &byo;
    return made;
  }
  Async<core::Resource> apply(std::string spec) {
    auto written = co_await store.resources.apply(
        nullptr, core::testing::manifest(
                     "apiVersion: flotilla.dev/v1\nkind: Agent\nmetadata: {name: own}\nspec: {byo: "
                     "{" +
                     spec + "}}\n"));
    if (!written) ADD_FAILURE() << written.error().message();
    co_return std::move(written->resource);
  }
  [[nodiscard]] std::string python() const { return "command: python3, args: ['" + program + "']"; }
  Async<std::string> ready() {
    core::ResourceRef ref{"Agent", "default", "own"};
    const auto found = co_await store.resources.get(nullptr, std::move(ref));
    const auto status = core::status_of<core::AgentStatus>(*found);
    for (const auto& one : status->conditions)
      if (one.type == "Ready") co_return one.status + " " + one.reason + " " + one.message;
    co_return "none";
  }

  core::testing::Folder folder;
  std::string program = (folder.path / "agent.py").string();
  BlockingPool names{"dns", 1, 64};
  http::EgressPolicy egress = *http::EgressPolicy::make({});
  http::LoopClients http{system_clock(), names, egress, http::ClientOptions{}};
  core::testing::Store store;
  House house;
  gateway::RemoteAgentServices remote;
  int changes = 0;
  ByoAgents byo;
  ResourceAgents agents;
};

CORE_TEST(ByoAgents, a_program_is_started_when_it_is_asked_for) {
  Place place(world);
  auto resource =
      co_await place.apply(place.python() + ", env: [{name: GREETING, value: 'hello '}]");
  EXPECT_TRUE(co_await place.agents.reconcile(resource));
  EXPECT_EQ(co_await place.ready(), "True Ready ");
  EXPECT_EQ(place.changes, 0);
  EXPECT_EQ(co_await place.house.ask("own", "you"), "COMPLETED|hello you");
  EXPECT_EQ(place.changes, 1);
  // Now its card is known.
  EXPECT_TRUE(co_await place.agents.reconcile(resource));
  EXPECT_EQ(place.house.process.agents.find("default", "own")->summary, "Of mine");
  co_await place.byo.stop();
}

CORE_TEST(ByoAgents, one_that_ends_is_started_again) {
  Place place(world);
  auto resource = co_await place.apply(place.python());
  EXPECT_TRUE(co_await place.agents.reconcile(resource));
  EXPECT_EQ(co_await place.house.ask("own", "you"), "COMPLETED|you");
  const auto said = co_await place.house.ask("own", "die");
  EXPECT_TRUE(said.starts_with("FAILED|remote agent default/own: ")) << said;
  EXPECT_TRUE(said.ends_with("so that nothing is done twice")) << said;
  EXPECT_EQ(co_await place.house.ask("own", "again"), "COMPLETED|again");
  co_await place.byo.stop();
}

CORE_TEST(ByoAgents, one_that_cannot_start_says_why) {
  Place place(world);
  auto resource = co_await place.apply("command: /does/not/exist, start: always");
  EXPECT_FALSE(co_await place.agents.reconcile(resource));
  const auto ready = co_await place.ready();
  EXPECT_TRUE(ready.starts_with("False NotRunning /does/not/exist: ")) << ready;
  co_await place.byo.stop();
}

CORE_TEST(ByoAgents, one_that_ends_at_once_is_quoted) {
  Place place(world);
  auto resource = co_await place.apply("command: sh, args: [-c, 'echo no luck >&2; exit 4']");
  EXPECT_TRUE(co_await place.agents.reconcile(resource));
  const auto said = co_await place.house.ask("own", "you");
  EXPECT_TRUE(said.contains("sh ended (exit status 4)")) << said;
  EXPECT_FALSE(co_await place.agents.reconcile(resource));
  EXPECT_TRUE((co_await place.ready()).starts_with("False NotRunning sh ended (exit status 4)"));
  co_await place.byo.stop();
}

CORE_TEST(ByoAgents, it_ends_with_its_resource) {
  Place place(world);
  auto resource = co_await place.apply(place.python() + ", start: always");
  EXPECT_TRUE(co_await place.agents.reconcile(resource));
  EXPECT_EQ(co_await place.ready(), "True Ready ");
  EXPECT_EQ(place.changes, 1);
  resource.deleted = true;
  EXPECT_TRUE(co_await place.agents.reconcile(resource));
  EXPECT_EQ(place.changes, 2);
  EXPECT_EQ(place.house.process.agents.find("default", "own"), nullptr);
  co_await place.byo.stop();
}

CORE_TEST(ByoAgents, an_image_alone_is_not_run_here) {
  Place place(world);
  auto resource = co_await place.apply("image: 'example.org/agent:1'");
  EXPECT_TRUE(co_await place.agents.reconcile(resource));
  EXPECT_EQ(co_await place.ready(),
            "False NotSupported spec.byo has only an image, and this server runs no containers; "
            "give spec.byo.command to run it as a program");
  co_await place.byo.stop();
}

}  // namespace
}  // namespace flotilla::agents
