#include "db/sqlite/page_cache_internal.h"

#include <sqlite3.h>

#include <algorithm>
#include <new>

namespace flotilla::db::sqlite {

namespace {

sqlite3_pcache_methods2 g_inner;  // what SQLite came with; written once before it is initialised

struct Cache {
  sqlite3_pcache* inner;
  unsigned highest = 0;  // no page above it is held, but for `parked`
  unsigned parked = 0;   // the number that a page has for the time of a swap
};

Cache& of(sqlite3_pcache* cache) {
  return *reinterpret_cast<Cache*>(cache);
}

sqlite3_pcache* create(int page, int extra, int purgeable) {
  sqlite3_pcache* inner = g_inner.xCreate(page, extra, purgeable);
  if (inner == nullptr) return nullptr;
  auto* cache = new (std::nothrow) Cache{inner};
  if (cache == nullptr) g_inner.xDestroy(inner);
  return reinterpret_cast<sqlite3_pcache*>(cache);
}

void destroy(sqlite3_pcache* cache) {
  g_inner.xDestroy(of(cache).inner);
  delete &of(cache);
}

sqlite3_pcache_page* fetch(sqlite3_pcache* cache, unsigned key, int create_flag) {
  auto* page = g_inner.xFetch(of(cache).inner, key, create_flag);
  if (page != nullptr) of(cache).highest = std::max(of(cache).highest, key);
  return page;
}

void rekey(sqlite3_pcache* cache, sqlite3_pcache_page* page, unsigned from, unsigned to) {
  Cache& own = of(cache);
  if (own.parked == from) own.parked = 0;
  if (to > own.highest) {
    own.highest = std::max(own.highest, own.parked);
    own.parked = to;
  }
  g_inner.xRekey(own.inner, page, from, to);
}

void truncate(sqlite3_pcache* cache, unsigned limit) {
  Cache& own = of(cache);
  if (own.highest < limit && own.parked < limit) return;
  g_inner.xTruncate(own.inner, limit);
  own.highest = std::min(own.highest, limit == 0 ? 0 : limit - 1);
  if (own.parked >= limit) own.parked = 0;
}

void resize(sqlite3_pcache* cache, int pages) {
  g_inner.xCachesize(of(cache).inner, pages);
}

int page_count(sqlite3_pcache* cache) {
  return g_inner.xPagecount(of(cache).inner);
}

void unpin(sqlite3_pcache* cache, sqlite3_pcache_page* page, int discard) {
  g_inner.xUnpin(of(cache).inner, page, discard);
}

void shrink(sqlite3_pcache* cache) {
  g_inner.xShrink(of(cache).inner);
}

}  // namespace

void install_page_cache() {
  if (sqlite3_config(SQLITE_CONFIG_GETPCACHE2, &g_inner) != SQLITE_OK) return;
  sqlite3_pcache_methods2 wrapper = g_inner;  // keeps xInit and xShutdown
  wrapper.xCreate = create;
  wrapper.xDestroy = destroy;
  wrapper.xFetch = fetch;
  wrapper.xRekey = rekey;
  wrapper.xTruncate = truncate;
  wrapper.xCachesize = resize;
  wrapper.xPagecount = page_count;
  wrapper.xUnpin = unpin;
  wrapper.xShrink = shrink;
  sqlite3_config(SQLITE_CONFIG_PCACHE2, &wrapper);
}

}  // namespace flotilla::db::sqlite
