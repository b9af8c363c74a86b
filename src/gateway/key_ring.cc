#include "gateway/key_ring.h"

#include <algorithm>
#include <utility>

#include "auth/jose.h"
#include "base/log.h"

namespace flotilla::gateway {
namespace {

constexpr Log kLog("gateway");

const db::Statement kRead{
    "SELECT id, algorithm, sealed, signs, created_at FROM signing_key "
    "ORDER BY created_at, id LIMIT 101"};
const db::Statement kInsert{
    "INSERT INTO signing_key (id, algorithm, sealed, signs, created_at) "
    "SELECT $1, $2, $3, 1, $4 WHERE (SELECT count(*) FROM signing_key) < $5 "
    "AND (SELECT count(*) FROM signing_key WHERE signs = 1) < $6"};
const db::Statement kRetireOthers{
    "UPDATE signing_key SET signs = 0, retired_at = $1 WHERE signs = 1"};
const db::Statement kRetire{
    "UPDATE signing_key SET signs = 0, retired_at = $2 WHERE id = $1 AND signs = 1"};
const db::Statement kDelete{"DELETE FROM signing_key WHERE id = $1 AND signs = 0"};
const db::Statement kSeal{"UPDATE signing_key SET sealed = $3 WHERE id = $1 AND sealed = $2"};

std::int64_t milliseconds(Time time) {
  return time.time_since_epoch().count();
}

std::string context_of(std::string_view id) {
  return "signing-key/" + std::string(id);
}

Error no_key(const std::string& id) {
  return Error(Code::not_found, "there is no key " + id + "; `keys list` shows them");
}

KeyInfo sealing_info(const auth::SealingKey& key) {
  return KeyInfo{key.id, "sealing", "AES-256-GCM", key.sealing ? "active" : "retired", {}};
}

}  // namespace

struct KeyRing::Stored {
  KeyInfo info;
  std::string sealed;
  [[nodiscard]] bool signs() const { return info.state == "active"; }
};

KeyRing::KeyRing(db::Database& database, Clock& clock, auth::Sealer& sealer,
                 a2a::CardSigner& signer)
    : database_(database), clock_(clock), sealer_(sealer), signer_(signer) {}

Async<Result<std::vector<KeyRing::Stored>>> KeyRing::read() {
  CO_TRY(rows, co_await database_.read(kRead, {}, kStoredKeysMax + 1));
  std::vector<Stored> out;
  out.reserve(rows.size());
  for (const auto& row : rows) {
    Stored one;
    one.info.id = db::text_at(row, 0);
    one.info.kind = "signing";
    one.info.algorithm = db::text_at(row, 1);
    one.sealed = db::text_at(row, 2);
    one.info.state = db::int_at(row, 3) == 1 ? "active" : "retired";
    one.info.created_at = Time(std::chrono::milliseconds(db::int_at(row, 4)));
    out.push_back(std::move(one));
  }
  co_return out;
}

/// A key whose sealing key is lost must not keep the server from starting, nor itself from being
/// deleted: it signs nothing.
std::optional<auth::PrivateKey> KeyRing::open(const Stored& stored) const {
  auto der = sealer_.open(stored.sealed, context_of(stored.info.id));
  auto key = der ? auth::PrivateKey::from_der(*der) : fail(der.error());
  if (key) return std::move(*key);
  kLog.error("signing key cannot be used; delete it or bring its sealing key back",
             {{"key", stored.info.id}, {"error", key.error()}});
  return std::nullopt;
}

Async<Result<>> KeyRing::load() {
  std::uint64_t ticket = 0;
  {
    const std::scoped_lock lock(mutex_);
    ticket = ++loads_;
  }
  CO_TRY(stored, co_await read());
  std::vector<auth::PrivateKey> signing;
  std::vector<auth::PublicKey> published;
  for (const auto& one : stored) {
    auto opened = open(one);
    if (!opened) continue;
    auto& key = *opened;
    published.push_back(key.public_key());
    if (one.signs()) signing.push_back(key);
  }
  const std::scoped_lock lock(mutex_);
  if (ticket < applied_) co_return ok();  // a later reader saw at least as much
  applied_ = ticket;
  signer_.set_keys(std::move(signing), std::move(published));
  co_return ok();
}

Async<Result<std::vector<KeyInfo>>> KeyRing::list() {
  CO_TRY(stored, co_await read());
  std::vector<KeyInfo> out;
  for (auto& one : stored) out.push_back(std::move(one.info));
  for (const auto& key : sealer_.keys()) out.push_back(sealing_info(key));
  co_return out;
}

Async<Result<KeyInfo>> KeyRing::add(std::string algorithm, bool alone) {
  CO_TRY(key, auth::PrivateKey::generate(algorithm));
  KeyInfo info;
  info.id = key.public_key().id();
  info.kind = "signing";
  info.algorithm = std::move(algorithm);
  info.state = "active";
  info.created_at = clock_.now();
  const auto now = milliseconds(*info.created_at);
  db::Batch batch;
  if (alone) batch.add(kRetireOthers, {now});
  auto sealed = sealer_.seal(key.to_der(), context_of(info.id));
  db::Expect one{1, Error(Code::failed_precondition, reason::kLimitExceeded,
                          "there are 5 keys that sign or 100 in all; retire or delete old ones")};
  batch.add(kInsert,
            {info.id, info.algorithm, std::move(sealed), now,
             static_cast<std::int64_t>(kStoredKeysMax), static_cast<std::int64_t>(kSigningKeysMax)},
            std::move(one));
  CO_TRY_VOID(co_await database_.write(std::move(batch)));
  CO_TRY_VOID(co_await load());
  kLog.info("signing key made", {{"key", info.id}, {"algorithm", info.algorithm}});
  co_return info;
}

Async<Result<KeyInfo>> KeyRing::create(std::string algorithm) {
  if (algorithm.empty()) algorithm = "ES256";
  co_return co_await add(std::move(algorithm), false);
}

Async<Result<KeyInfo>> KeyRing::rotate(std::string algorithm) {
  if (algorithm.empty()) {
    CO_TRY(stored, co_await read());
    algorithm = "ES256";
    for (const auto& one : stored)
      if (one.signs()) algorithm = one.info.algorithm;
  }
  co_return co_await add(std::move(algorithm), true);
}

Async<Result<KeyInfo>> KeyRing::retire(std::string id) {
  db::Batch batch;
  db::Expect one{1, no_key(id + " that signs")};
  batch.add(kRetire, {id, milliseconds(clock_.now())}, std::move(one));
  CO_TRY_VOID(co_await database_.write(std::move(batch)));
  CO_TRY_VOID(co_await load());
  CO_TRY(stored, co_await read());
  const auto found = std::ranges::find(stored, id, [](const Stored& key) { return key.info.id; });
  if (found == stored.end()) co_return fail(no_key(id));
  kLog.info("signing key retired", {{"key", id}});
  co_return std::move(found->info);
}

bool KeyRing::is_sealing(std::string_view id) const {
  const auto keys = sealer_.keys();
  return std::ranges::find(keys, id, &auth::SealingKey::id) != keys.end();
}

Async<Result<std::size_t>> KeyRing::reseal_own() {
  CO_TRY(stored, co_await read());
  std::size_t count = 0;
  for (const auto& one : stored) {
    if (sealer_.current(one.sealed)) continue;
    const auto key = open(one);
    if (!key) continue;
    auto sealed = sealer_.seal(key->to_der(), context_of(one.info.id));
    db::Batch batch;
    batch.add(kSeal, {one.info.id, one.sealed, std::move(sealed)});
    CO_TRY_VOID(co_await database_.write(std::move(batch)));
    ++count;
  }
  co_return count;
}

Async<Result<std::size_t>> KeyRing::reseal() {
  CO_TRY(count, co_await reseal_own());
  for (const auto& table : resealers_) {
    CO_TRY(more, co_await table());
    count += more;
  }
  co_return count;
}

Async<Result<KeyInfo>> KeyRing::rotate_sealing() {
  // The file is written on a thread of its own; the sealer outlives the pool's work.
  auto work = [&sealer = sealer_] { return sealer.rotate(); };
  CO_TRY(id, co_await files_.run<std::string>(std::move(work)));
  CO_TRY(count, co_await reseal());
  kLog.info("sealing key rotated", {{"key", id}, {"sealed again", count}});
  KeyInfo info{id, "sealing", "AES-256-GCM", "active", {}};
  co_return info;
}

Async<Result<>> KeyRing::remove(std::string id) {
  if (!is_sealing(id)) {
    CO_TRY(stored, co_await read());
    const auto found = std::ranges::find(stored, id, [](const Stored& key) { return key.info.id; });
    if (found == stored.end()) co_return fail(no_key(id));
    if (found->signs())
      co_return fail(Error(Code::failed_precondition, "key " + id + " signs; retire it first"));
    db::Batch batch;
    db::Expect one{1, no_key(id)};
    batch.add(kDelete, {id}, std::move(one));
    CO_TRY_VOID(co_await database_.write(std::move(batch)));
    co_return co_await load();
  }
  CO_TRY(count, co_await reseal());
  auto work = [&sealer = sealer_, id]() -> Result<bool> {
    TRY_VOID(sealer.retire(id));
    return true;
  };
  CO_TRY_VOID(co_await files_.run<bool>(std::move(work)));
  kLog.info("sealing key deleted", {{"key", id}, {"sealed again", count}});
  co_return ok();
}

}  // namespace flotilla::gateway
