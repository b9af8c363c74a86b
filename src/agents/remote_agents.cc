#include "agents/remote_agents.h"

#include <utility>

#include "agents/named_values_internal.h"
#include "gateway/tls.h"

namespace flotilla::agents {

RemoteAgents::RemoteAgents(core::Resources& resources, gateway::RemoteAgentServices services)
    : resources_(resources), services_(services) {}

Async<Result<gateway::RemotePeer>> RemoteAgents::find_peer(core::Resources& resources,
                                                           core::ResourceRef ref,
                                                           core::RemoteAgent spec, bool by_admin) {
  gateway::RemotePeer peer;
  peer.base_url = core::card_base(spec.url);
  // What an admin applied is the operator's word (I7).
  peer.options.author = by_admin ? http::UrlAuthor::operator_ : http::UrlAuthor::caller;
  CO_TRY(headers, co_await look_up_values(resources, ref.name_space, spec.headers, "header"));
  peer.options.headers = std::move(headers);
  if (spec.tls) {
    CO_TRY(tls, co_await gateway::look_up_tls(resources, ref.name_space, *spec.tls));
    peer.options.tls = std::move(tls.peer);
  }
  co_return peer;
}

Async<Result<Backing>> RemoteAgents::take(core::Resource resource, core::AgentSpec spec) {
  std::lock_guard lock(mutex_);
  auto& target = targets_[resource.uid];
  if (!target || target->generation != resource.generation ||
      target->by_admin != resource.by_admin) {
    target = std::make_shared<Target>();
    target->ref = resource.ref;
    target->generation = resource.generation;
    target->by_admin = resource.by_admin;
    target->spec = std::move(*spec.remote);
    auto find = [&resources = resources_, ref = target->ref, remote = target->spec,
                 by_admin = target->by_admin] {
      return find_peer(resources, ref, remote, by_admin);
    };
    target->runner = gateway::make_remote_agent(
        services_, resource.ref.name_space + "/" + resource.ref.name, std::move(find));
  }
  Backing backing;
  backing.runner = target->runner;
  backing.card = target->card;
  co_return backing;
}

Async<Result<Backing>> RemoteAgents::probe(core::Resource resource) {
  TargetPtr target;
  {
    std::lock_guard lock(mutex_);
    const auto found = targets_.find(resource.uid);
    if (found != targets_.end()) target = found->second;
  }
  if (!target) co_return fail(Error(Code::not_found, "the agent is gone"));
  CO_TRY(peer, co_await find_peer(resources_, target->ref, target->spec, target->by_admin));
  CO_TRY(card, co_await gateway::read_remote_card(services_, std::move(peer)));
  Backing backing;
  backing.runner = target->runner;
  backing.card = card;
  std::lock_guard lock(mutex_);
  target->card = std::move(card);
  co_return backing;
}

Async<> RemoteAgents::drop(std::string uid) {
  std::lock_guard lock(mutex_);
  targets_.erase(uid);
  co_return;
}

}  // namespace flotilla::agents
