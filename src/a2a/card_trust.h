#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "auth/jose.h"
#include "base/result.h"

namespace flotilla::a2a {

inline constexpr std::size_t kCardTrustFilesMax = 64;

/// What becomes of a foreign card that no trusted key has signed.
enum class CardPolicy : std::uint8_t {
  off,      // signatures are not looked at
  warn,     // it is used, and the log says so
  require,  // it is refused
};
std::optional<CardPolicy> parse_card_policy(std::string_view text);

/// Our own trust roots for the cards of others: keys that an operator wrote down, never keys that a
/// card names. Immutable, thread-safe, cheap to share by pointer.
class CardTrust {
 public:
  CardTrust() = default;
  CardTrust(CardPolicy policy, auth::KeySet roots) : policy_(policy), roots_(std::move(roots)) {}
  /// The files are JWK Sets. A policy other than off without any file is refused, since it could
  /// trust nothing. INVALID_CONFIG names the file.
  static Result<CardTrust> load(CardPolicy policy, const std::vector<std::string>& files);

  /// permission_denied under `require`; otherwise ok, after a warning where it is due. `card_text`
  /// is what `url` answered, whole: a card that was read into a struct is no longer what was
  /// signed.
  [[nodiscard]] Result<> check(std::string_view card_text, const std::string& url) const;
  [[nodiscard]] CardPolicy policy() const { return policy_; }

 private:
  CardPolicy policy_ = CardPolicy::off;
  auth::KeySet roots_;
};

}  // namespace flotilla::a2a
