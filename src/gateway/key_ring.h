#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "a2a/card_signer.h"
#include "async/async.h"
#include "async/blocking_pool.h"
#include "async/clock.h"
#include "auth/sealing.h"
#include "base/result.h"
#include "base/time.h"
#include "db/database.h"

namespace flotilla::gateway {

/// Each signs a card up to three times, and a verifier looks at no more than 16 signatures.
inline constexpr std::size_t kSigningKeysMax = 5;
/// With the retired ones, which stay published.
inline constexpr std::size_t kStoredKeysMax = 100;

/// What may be known of a key.
struct KeyInfo {
  std::string id;
  std::string kind;       // signing: of cards; sealing: of stored secrets
  std::string algorithm;  // ES256 or EdDSA; AES-256-GCM
  std::string state;      // active, or retired: verifies or opens, but no longer signs or seals
  std::optional<Time> created_at;
};

/// The server's keys: those that sign cards (stored sealed) and those of the key file that seal
/// stored secrets. Thread-safe. Who may do this is the caller's to check.
class KeyRing {
 public:
  /// Seals again, with the newest key, what one table holds; how many rows.
  using Reseal = std::function<Async<Result<std::size_t>>()>;

  KeyRing(db::Database& database, Clock& clock, auth::Sealer& sealer, a2a::CardSigner& signer);
  /// Before start: another table with sealed columns.
  void also_reseals(Reseal reseal) { resealers_.push_back(std::move(reseal)); }

  /// Gives the stored keys to the signer. One that cannot be opened is logged and left out.
  Async<Result<>> load();
  /// Signing keys by age, then sealing keys by age.
  Async<Result<std::vector<KeyInfo>>> list();
  /// A signing key beside those that are there: `ES256` or `EdDSA`; ES256 when empty.
  Async<Result<KeyInfo>> create(std::string algorithm);
  /// A new signing key, and all others retire. Without an algorithm: that of the newest one.
  Async<Result<KeyInfo>> rotate(std::string algorithm);
  /// A new sealing key; what is stored is sealed again with it. The old key stays, for backups.
  Async<Result<KeyInfo>> rotate_sealing();
  /// A signing key signs no more and stays published.
  Async<Result<KeyInfo>> retire(std::string id);
  /// A retired signing key, which is then published no more, or an old sealing key, after all that
  /// it had sealed was sealed again. failed_precondition for one that is active.
  Async<Result<>> remove(std::string id);

 private:
  struct Stored;
  Async<Result<std::vector<Stored>>> read();
  [[nodiscard]] std::optional<auth::PrivateKey> open(const Stored& stored) const;
  Async<Result<KeyInfo>> add(std::string algorithm, bool alone);
  Async<Result<std::size_t>> reseal();
  Async<Result<std::size_t>> reseal_own();
  [[nodiscard]] bool is_sealing(std::string_view id) const;

  db::Database& database_;
  Clock& clock_;
  auth::Sealer& sealer_;
  a2a::CardSigner& signer_;
  std::vector<Reseal> resealers_;
  std::mutex mutex_;
  std::uint64_t loads_ = 0;    // begun
  std::uint64_t applied_ = 0;  // the newest load that reached the signer
  BlockingPool files_{"keys", 1, 16};
};

}  // namespace flotilla::gateway
