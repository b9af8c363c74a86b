#include "a2a/card_signature.h"

#include <fmt/format.h>

#include <algorithm>

#include "a2a/card_canonical.h"
#include "base/hash.h"
#include "json/json.h"
#include "json/map.h"

namespace flotilla::a2a {
namespace {

/// A text of a foreign card, as much as a message needs.
std::string shown(std::string_view text) {
  return std::string(text.substr(0, 64));
}

Error refused(std::string what) {
  return Error(Code::permission_denied, std::move(what));
}

std::string text_at(const json::Object& object, std::string_view name) {
  const auto* value = object.find(name);
  const auto* text = value == nullptr ? nullptr : value->if_string();
  return text == nullptr ? std::string() : *text;
}

struct ProtectedHeader {
  std::string algorithm;
  std::string key_id;
};

Result<ProtectedHeader> read_header(std::string_view encoded) {
  if (encoded.size() > kProtectedHeaderLimit) return fail(refused("its header is too long"));
  const auto text = decode_base64(encoded);
  const auto value = text ? json::parse(*text) : Result<json::Value>(fail(refused("")));
  const auto* object = value ? value->if_object() : nullptr;
  if (object == nullptr) return fail(refused("its header is not a JSON object in base64url"));
  // RFC 7515 section 4.1.11: what is critical and not understood makes the signature invalid.
  if (object->find("crit") != nullptr) return fail(refused("its header has a critical extension"));
  ProtectedHeader out{text_at(*object, "alg"), text_at(*object, "kid")};
  if (out.algorithm.empty() || out.key_id.empty())
    return fail(refused("its header lacks alg or kid"));
  return out;
}

Result<std::string> verify_one(const json::Value& entry, const std::vector<std::string>& payloads,
                               const auth::KeySet& roots) {
  const auto* object = entry.if_object();
  if (object == nullptr) return fail(refused("is not an object"));
  const auto encoded = text_at(*object, "protected");
  TRY(header, read_header(encoded));
  const auto* key = roots.find(header.key_id);
  if (key == nullptr)
    return fail(refused("is by key '" + shown(header.key_id) + "', which is not trusted"));
  const auto signature = decode_base64(text_at(*object, "signature"));
  if (!signature) return fail(refused("is not in base64url"));
  for (const auto& payload : payloads)
    if (key->verify(header.algorithm, encoded + "." + payload, *signature)) return header.key_id;
  return fail(refused("does not match: the card was changed after key '" + shown(header.key_id) +
                      "' signed it, or " + shown(header.algorithm) + " is not of that key"));
}

}  // namespace

AgentCardSignature sign_payload(std::string_view payload, const auth::PrivateKey& key,
                                std::string_view jku) {
  json::Object header;
  header.append("alg", json::Value(key.algorithm()));
  header.append("kid", json::Value(key.public_key().id()));
  header.append("typ", json::Value("JOSE"));
  if (!jku.empty()) header.append("jku", json::Value(jku));
  AgentCardSignature out;
  out.protected_ = base64url(json::to_string(json::Value(std::move(header))));
  out.signature = base64url(key.sign(out.protected_ + "." + base64url(payload)));
  return out;
}

Result<std::string> verify_card(const json::Object& card, const auth::KeySet& roots) {
  const auto* value = card.find("signatures");
  const auto* list = value == nullptr ? nullptr : value->if_array();
  if (list == nullptr || list->empty()) return fail(refused("the card is not signed"));
  auto payloads = canonical_cards(card);
  for (auto& payload : payloads) payload = base64url(payload);
  std::string faults;
  const auto count = std::min(list->size(), kCardSignaturesMax);
  for (std::size_t i = 0; i < count; ++i) {
    auto verified = verify_one((*list)[i], payloads, roots);
    if (verified) return verified;
    faults += fmt::format("; signature {} {}", i, verified.error().message());
  }
  return fail(refused("no signature of the card can be trusted" + faults));
}

}  // namespace flotilla::a2a
