#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/id.h"
#include "base/result.h"
#include "base/secret.h"

namespace flotilla::auth {

inline constexpr std::size_t kSealingKeysMax = 64;
inline constexpr std::size_t kSealingKeyFileLimit = std::size_t{64} << 10;

struct SealingKey {
  std::string id;        // 16 hex digits of the key's SHA-256: the same file gives the same ids
  bool sealing = false;  // the newest: what is sealed from now on
};

/// Encrypts what the database must not hold in the clear (push credentials, signing keys, OAuth
/// tokens): AES-256-GCM, `v1.KEYID.BASE64URL(nonce, ciphertext, tag)`. The newest key seals, every
/// key opens. `context` is bound to the text without being in it (the row it belongs to, such as
/// `push-config/ID`): a sealed text that was moved to another row does not open.
///
/// The key file has one key of 32 bytes a line in base64, oldest first; `#` begins a comment. So
/// `openssl rand -base64 32` makes one. Thread-safe: a rotation swaps an immutable set.
class Sealer {
 public:
  /// Reads the file, and makes it (mode 0600, with one key) when it is missing. Faults are
  /// INVALID_CONFIG and name file and line.
  static Result<Sealer> load(std::string path, Random& random);
  /// One key that dies with the process, for databases that do so too.
  static Sealer ephemeral(Random& random);
  Sealer(Sealer&&) noexcept;
  Sealer& operator=(Sealer&&) noexcept;
  ~Sealer();

  [[nodiscard]] std::string seal(std::string_view plaintext, std::string_view context) const;
  [[nodiscard]] std::string seal(const Secret& plaintext, std::string_view context) const;
  /// data_loss: malformed, altered, of another context, or sealed by a key that is not there.
  [[nodiscard]] Result<Secret> open(std::string_view sealed, std::string_view context) const;
  /// Whether the newest key sealed it: what is not is to be sealed again before its key goes.
  [[nodiscard]] bool current(std::string_view sealed) const;

  /// Oldest first.
  [[nodiscard]] std::vector<SealingKey> keys() const;
  /// Adds a key to the file, then seals with it; its id.
  Result<std::string> rotate();
  /// Takes an old key out of the file. The caller has sealed again what it had sealed.
  Result<> retire(std::string_view id);

 private:
  struct State;
  explicit Sealer(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace flotilla::auth
