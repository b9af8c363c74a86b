#include "a2a/card_signer.h"

#include <utility>

#include "a2a/card_canonical.h"
#include "a2a/card_signature.h"
#include "base/hash.h"
#include "json/json.h"
#include "json/map.h"

namespace flotilla::a2a {
namespace {

/// More cards than that at once (agents by variants by hosts) start over.
constexpr std::size_t kKeptCards = 1024;

}  // namespace

void CardSigner::set_keys(std::vector<auth::PrivateKey> signing,
                          std::vector<auth::PublicKey> published) {
  auto next = std::make_shared<Set>();
  json::Array keys;
  for (const auto& key : published) keys.emplace_back(key.jwk());
  json::Object set;
  set.append("keys", json::Value(std::move(keys)));
  next->jwks = json::to_string(json::Value(std::move(set)));
  for (const auto& key : signing) next->key_ids += key.public_key().id() + " ";
  next->signing = std::move(signing);
  const std::scoped_lock lock(mutex_);
  set_ = std::move(next);
  signed_.clear();
}

std::shared_ptr<const CardSigner::Set> CardSigner::snapshot() const {
  const std::scoped_lock lock(mutex_);
  return set_;
}

std::string CardSigner::sign(const std::string& card, const std::string& jku) {
  const auto set = snapshot();
  if (set->signing.empty()) return card;
  const std::string key = hex(sha256(card + "\n" + jku));
  {
    const std::scoped_lock lock(mutex_);
    if (const auto found = signed_.find(key); found != signed_.end() && set == set_)
      return found->second;
  }
  auto value = json::parse(card);
  auto* object = value ? value->if_object() : nullptr;
  if (object == nullptr) return card;
  std::vector<AgentCardSignature> signatures;
  const auto payloads = canonical_cards(*object);
  for (const auto& one : set->signing)
    for (const auto& payload : payloads) signatures.push_back(sign_payload(payload, one, jku));
  object->set("signatures", json::to_value(signatures));
  std::string out = json::to_string(*value);
  const std::scoped_lock lock(mutex_);
  if (set != set_) return out;  // of keys that are gone: not to be kept
  if (signed_.size() >= kKeptCards) signed_.clear();
  return signed_.try_emplace(key, std::move(out)).first->second;
}

std::string CardSigner::key_ids() const {
  return snapshot()->key_ids;
}

std::string CardSigner::jwks() const {
  return snapshot()->jwks;
}

}  // namespace flotilla::a2a
