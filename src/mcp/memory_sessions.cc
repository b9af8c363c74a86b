#include "mcp/memory_sessions.h"

#include <algorithm>
#include <utility>

namespace flotilla::mcp {
namespace {

Error unknown() {
  return Error(Code::not_found, "no such session");
}

}  // namespace

MemorySessions::Entry* MemorySessions::live(const std::string& id) {
  const auto found = sessions_.find(id);
  if (found == sessions_.end()) return nullptr;
  if (clock_.steady_now() - found->second.used < limits_.idle) return &found->second;
  sessions_.erase(found);
  return nullptr;
}

void MemorySessions::drop_expired() {
  const auto now = clock_.steady_now();
  std::erase_if(sessions_,
                [&](const auto& entry) { return now - entry.second.used >= limits_.idle; });
}

Async<Result<>> MemorySessions::create(SessionRecord record) {
  const std::scoped_lock lock(mutex_);
  drop_expired();
  const auto same = [&](const auto& entry) {
    return entry.second.record.principal == record.principal;
  };
  if (static_cast<std::size_t>(std::ranges::count_if(sessions_, same)) >= limits_.sessions)
    co_return fail(Error(Code::resource_exhausted, reason::kLimitExceeded,
                         "too many sessions of this principal; end some with DELETE"));
  Entry entry;
  entry.used = clock_.steady_now();
  const std::string id = record.id;
  entry.record = std::move(record);
  sessions_.insert_or_assign(id, std::move(entry));
  co_return ok();
}

Async<Result<SessionRecord>> MemorySessions::find(std::string id) {
  const std::scoped_lock lock(mutex_);
  Entry* entry = live(id);
  if (entry == nullptr) co_return fail(unknown());
  entry->used = clock_.steady_now();
  co_return entry->record;
}

Async<Result<>> MemorySessions::update(SessionRecord record) {
  const std::scoped_lock lock(mutex_);
  Entry* entry = live(record.id);
  if (entry == nullptr) co_return fail(unknown());
  entry->record = std::move(record);
  co_return ok();
}

Async<Result<>> MemorySessions::remove(std::string id) {
  const std::scoped_lock lock(mutex_);
  sessions_.erase(id);
  co_return ok();
}

Async<Result<std::uint64_t>> MemorySessions::append(std::string session, std::string stream,
                                                    std::string data) {
  const std::scoped_lock lock(mutex_);
  Entry* entry = live(session);
  if (entry == nullptr) co_return fail(unknown());
  if (entry->bytes + data.size() > limits_.bytes)
    co_return fail(Error(Code::resource_exhausted, reason::kLimitExceeded,
                         "the session's streams hold too much"));
  entry->bytes += data.size();
  auto& events = entry->streams[stream];
  const std::uint64_t seq = events.size() + 1;
  events.push_back({seq, std::move(data)});
  co_return seq;
}

Async<Result<std::vector<StreamEvent>>> MemorySessions::read(std::string session,
                                                             std::string stream,
                                                             std::uint64_t after,
                                                             std::size_t limit) {
  const std::scoped_lock lock(mutex_);
  Entry* entry = live(session);
  if (entry == nullptr) co_return fail(unknown());
  std::vector<StreamEvent> page;
  const auto found = entry->streams.find(stream);
  if (found == entry->streams.end()) co_return page;
  for (std::uint64_t at = after; at < found->second.size() && page.size() < limit; ++at)
    page.push_back(found->second[static_cast<std::size_t>(at)]);
  co_return page;
}

}  // namespace flotilla::mcp
