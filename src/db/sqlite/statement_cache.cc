#include <bit>
#include <string_view>
#include <utility>

#include "db/sqlite/statement_cache_internal.h"

namespace flotilla::db::sqlite {

std::size_t StatementCache::place_of(const std::vector<Slot>& slots, const Statement* key) {
  const auto address = std::bit_cast<std::uintptr_t>(key);
  const std::size_t mask = slots.size() - 1;
  std::size_t place = ((address * 0x9E3779B97F4A7C15U) >> 40U) & mask;
  while (slots[place].key != nullptr && slots[place].key != key) place = (place + 1) & mask;
  return place;
}

Prepared* StatementCache::find(const Statement& statement) const {
  const Slot& slot = slots_[place_of(slots_, &statement)];
  if (slot.key == nullptr || slot.sql.data() != statement.sql.data() ||
      slot.sql.size() != statement.sql.size())
    return nullptr;
  return slot.prepared.get();
}

Prepared& StatementCache::store(const Statement& statement, std::unique_ptr<Prepared> prepared) {
  if (used_ * 2 >= slots_.size()) grow();
  Slot& slot = slots_[place_of(slots_, &statement)];
  if (slot.key == nullptr) ++used_;
  slot = {&statement, statement.sql, std::move(prepared)};
  return *slot.prepared;
}

void StatementCache::grow() {
  std::vector<Slot> larger(slots_.size() * 2);
  for (Slot& slot : slots_) {
    if (slot.key == nullptr) continue;
    const std::size_t place = place_of(larger, slot.key);
    larger[place] = std::move(slot);
  }
  slots_ = std::move(larger);
}

}  // namespace flotilla::db::sqlite
