#include "agents/byo/byo_agents.h"

#include <utility>

#include "async/cancel.h"
#include "async/spawn.h"

namespace flotilla::agents {

ByoAgents::ByoAgents(Services services) : services_(std::move(services)) {}

Async<Result<gateway::RemotePeer>> ByoAgents::find_peer(Executor home,
                                                        std::shared_ptr<ByoProcess> process) {
  auto ready = process->ready();
  CO_TRY(url, co_await run_on(std::move(home), std::move(ready)));
  gateway::RemotePeer peer;
  peer.base_url = std::move(url);
  peer.options.at_base = true;  // only we know its port
  co_return peer;
}

ByoAgents::Entry ByoAgents::make_entry(const core::Resource& resource, core::ByoAgent spec) {
  Entry entry;
  entry.generation = resource.generation;
  entry.start = spec.start;
  const auto name = resource.ref.name_space + "/" + resource.ref.name;
  ByoProcess::Services process{services_.home, services_.clock, services_.remote, {}, {}};
  process.environment = [&resources = services_.resources, in = resource.ref.name_space,
                         env = spec.env] { return look_up_values(resources, in, env, "env"); };
  if (services_.changed)
    process.changed = [changed = services_.changed, ref = resource.ref] { changed(ref); };
  entry.process = std::make_shared<ByoProcess>(std::move(process), name, std::move(spec));
  auto find = [home = services_.home, program = entry.process] { return find_peer(home, program); };
  entry.runner = gateway::make_remote_agent(services_.remote, name, std::move(find));
  return entry;
}

Async<Result<Backing>> ByoAgents::take(core::Resource resource, core::AgentSpec spec) {
  auto& byo = *spec.byo;
  if (!byo.command) {
    co_await drop(resource.uid);
    co_return fail(Error(Code::unimplemented,
                         "spec.byo has only an image, and this server runs no containers; give "
                         "spec.byo.command to run it as a program"));
  }
  // What cannot be looked up now is told by the conditions, and by the start.
  std::string environment;
  const auto values =
      co_await look_up_values(services_.resources, resource.ref.name_space, byo.env, "env");
  if (values) environment = digest_of(*values);
  const auto known = entries_.find(resource.uid);
  if (known != entries_.end() &&
      (known->second.generation != resource.generation || known->second.environment != environment))
    co_await drop(resource.uid);
  auto found = entries_.find(resource.uid);
  if (found == entries_.end()) {
    auto entry = make_entry(resource, std::move(byo));
    entry.environment = std::move(environment);
    found = entries_.emplace(resource.uid, std::move(entry)).first;
  }
  Backing backing;
  backing.runner = found->second.runner;
  backing.card = found->second.card;
  co_return backing;
}

Async<Result<Backing>> ByoAgents::probe(core::Resource resource) {
  const auto found = entries_.find(resource.uid);
  if (found == entries_.end() || stopped_) co_return fail(Error(Code::not_found, "it is gone"));
  Backing backing;
  backing.runner = found->second.runner;
  backing.card = found->second.card;
  const auto process = found->second.process;
  if (found->second.start == core::ByoStart::on_demand && !process->running()) {
    // It is well until it was asked for and failed.
    if (process->error()) co_return fail(*process->error());
    co_return backing;
  }
  auto peer = gateway::RemotePeer();
  CO_TRY(url, co_await process->ready());
  peer.base_url = std::move(url);
  CO_TRY(card, co_await gateway::read_remote_card(services_.remote, std::move(peer)));
  backing.card = card;
  if (const auto again = entries_.find(resource.uid); again != entries_.end())
    again->second.card = std::move(card);
  co_return backing;
}

Async<> ByoAgents::drop(std::string uid) {
  const auto found = entries_.find(uid);
  if (found == entries_.end()) co_return;
  const auto process = found->second.process;
  entries_.erase(found);
  co_await without_cancellation(process->stop());
}

Async<> ByoAgents::stop() {
  stopped_ = true;
  auto entries = std::exchange(entries_, {});
  for (auto& [uid, entry] : entries) co_await without_cancellation(entry.process->stop());
}

}  // namespace flotilla::agents
