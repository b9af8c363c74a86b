#include "http/loop_clients.h"

#include <algorithm>
#include <utility>

namespace flotilla::http {

struct LoopClients::Entry {
  Entry(const Executor& on, Clock& clock, BlockingPool& resolver, const EgressPolicy& egress,
        const ClientOptions& options)
      : loop(on), client(on, clock, resolver, egress, options) {}
  Executor loop;
  Client client;
};

LoopClients::LoopClients(Clock& clock, BlockingPool& resolver, const EgressPolicy& egress,
                         ClientOptions options)
    : clock_(clock), resolver_(resolver), egress_(egress), options_(std::move(options)) {}

LoopClients::~LoopClients() = default;

Client& LoopClients::on(const Executor& loop) {
  const std::scoped_lock lock(mutex_);
  const auto found =
      std::ranges::find_if(entries_, [&](const auto& entry) { return entry->loop == loop; });
  if (found != entries_.end()) return (*found)->client;
  entries_.push_back(std::make_unique<Entry>(loop, clock_, resolver_, egress_, options_));
  return entries_.back()->client;
}

}  // namespace flotilla::http
