#include "http/resolver.h"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netdb.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <memory>
#include <utility>

namespace flotilla::http {
namespace {

bool is_numeric(const std::string& host) {
  std::array<unsigned char, 16> bytes{};
  return inet_pton(AF_INET, host.c_str(), bytes.data()) == 1 ||
         inet_pton(AF_INET6, host.c_str(), bytes.data()) == 1;
}

std::string to_text(const addrinfo& entry) {
  std::array<char, NI_MAXHOST> text{};
  const int status = getnameinfo(entry.ai_addr, entry.ai_addrlen, text.data(),
                                 static_cast<socklen_t>(text.size()), nullptr, 0, NI_NUMERICHOST);
  return status == 0 ? std::string(text.data()) : std::string();
}

}  // namespace

Result<Addresses> system_lookup(const std::string& host) {
  addrinfo hints{};
  hints.ai_family = AF_UNSPEC;
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* list = nullptr;
  const int status = getaddrinfo(host.c_str(), nullptr, &hints, &list);
  if (status != 0) {
    return fail(Error(Code::unavailable, fmt::format("the host {} cannot be resolved: {}", host,
                                                     gai_strerror(status))));
  }
  const std::unique_ptr<addrinfo, decltype(&freeaddrinfo)> owner(list, &freeaddrinfo);
  Addresses found;
  for (const addrinfo* entry = list; entry != nullptr; entry = entry->ai_next) {
    auto text = to_text(*entry);
    if (!text.empty() && std::ranges::find(found, text) == found.end()) {
      found.push_back(std::move(text));
    }
  }
  if (found.empty()) {
    return fail(Error(Code::unavailable, fmt::format("the host {} has no address", host)));
  }
  return found;
}

/// Marks a name as being looked up; when the lookup ends in any way (also by cancellation), those
/// who wait look again.
class Resolver::Flight {
 public:
  Flight(Resolver& resolver, std::string host) : resolver_(resolver), host_(std::move(host)) {
    resolver_.entries_[host_].waiters = std::make_shared<Notifier>(resolver_.executor_);
  }
  Flight(const Flight&) = delete;
  Flight& operator=(const Flight&) = delete;
  ~Flight() {
    const auto entry = resolver_.entries_.find(host_);
    if (entry == resolver_.entries_.end()) return;
    if (const auto waiters = std::exchange(entry->second.waiters, nullptr)) waiters->notify_all();
    if (!entry->second.answer) resolver_.entries_.erase(entry);
  }

 private:
  Resolver& resolver_;
  std::string host_;
};

Resolver::Resolver(Executor executor, BlockingPool& pool, Clock& clock, Lookup lookup)
    : executor_(std::move(executor)), pool_(pool), clock_(clock), lookup_(std::move(lookup)) {}

std::optional<Result<Addresses>> Resolver::try_resolve(const std::string& host) {
  if (is_numeric(host)) return Result<Addresses>(Addresses{host});
  const auto entry = entries_.find(host);
  if (entry == entries_.end() || !entry->second.answer) return std::nullopt;
  if (clock_.steady_now() >= entry->second.expires) return std::nullopt;
  return entry->second.answer;
}

Async<Result<Addresses>> Resolver::resolve(std::string host) {
  for (;;) {
    if (auto known = try_resolve(host)) co_return std::move(*known);
    const auto entry = entries_.find(host);
    if (entry == entries_.end() || !entry->second.waiters) break;
    const auto waiters = entry->second.waiters;
    co_await waiters->wait();
  }
  make_room();
  const Flight flight(*this, host);
  std::move_only_function<Result<Addresses>()> work = [lookup = lookup_, host] {
    return lookup(host);
  };
  auto answer = co_await pool_.run<Addresses>(std::move(work));
  // A refusal by the pool says nothing about the name.
  if (!answer && answer.error().code() != Code::unavailable) co_return answer;
  auto& entry = entries_[host];
  entry.answer = answer;
  entry.expires = clock_.steady_now() + (answer ? kTtl : kFailureTtl);
  co_return answer;
}

void Resolver::make_room() {
  if (entries_.size() < kEntries) return;
  const auto now = clock_.steady_now();
  std::erase_if(entries_, [&](const auto& item) {
    return !item.second.waiters && item.second.expires <= now;
  });
  while (entries_.size() >= kEntries) {
    const auto idle =
        std::ranges::find_if(entries_, [](const auto& item) { return !item.second.waiters; });
    if (idle == entries_.end()) return;  // all in flight: the pool's queue bounds them
    entries_.erase(idle);
  }
}

}  // namespace flotilla::http
