#pragma once

#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>
#include <vector>

#include "auth/jose.h"

namespace flotilla::a2a {

/// Signs our own cards and publishes the keys. Thread-safe: new keys swap an immutable set. Signed
/// cards are kept by content, so that a card that does not change is signed once for each set of
/// keys, and its bytes stay the same.
class CardSigner {
 public:
  /// `signing` sign, each of them every card; `published` are told in the JWK Set, also keys that
  /// sign no more.
  void set_keys(std::vector<auth::PrivateKey> signing, std::vector<auth::PublicKey> published);
  /// The card (JSON text of an object) with a signature by each key for each form that verifiers
  /// may compute; as it was when there is no key.
  [[nodiscard]] std::string sign(const std::string& card, const std::string& jku);
  /// Of the keys that sign; empty when there is none. Part of a card's validator.
  [[nodiscard]] std::string key_ids() const;
  /// A JWK Set, also an empty one.
  [[nodiscard]] std::string jwks() const;

 private:
  struct Set {
    std::vector<auth::PrivateKey> signing;
    std::string key_ids;
    std::string jwks = R"({"keys":[]})";
  };
  [[nodiscard]] std::shared_ptr<const Set> snapshot() const;

  mutable std::mutex mutex_;
  std::shared_ptr<const Set> set_ = std::make_shared<const Set>();  // shared with who signs
  std::unordered_map<std::string, std::string> signed_;             // by digest of card and jku
};

}  // namespace flotilla::a2a
