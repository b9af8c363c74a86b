#include "a2a/card_trust.h"

#include <fstream>
#include <iterator>

#include "a2a/card_signature.h"
#include "base/log.h"
#include "json/json.h"

namespace flotilla::a2a {
namespace {

constexpr Log kLog("a2a");

Error fault(const std::string& file, const std::string& what) {
  return Error(Code::invalid_argument, reason::kInvalidConfig, "card-trust: " + file + ": " + what);
}

Result<auth::KeySet> load_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) return fail(fault(path, "cannot be read"));
  std::string text(auth::kJwksLimit + 1, '\0');
  file.read(text.data(), static_cast<std::streamsize>(text.size()));
  if (file.bad()) return fail(fault(path, "cannot be read"));
  text.resize(static_cast<std::size_t>(file.gcount()));
  auto set = auth::KeySet::parse(text);
  if (!set) return fail(fault(path, set.error().message()));
  return set;
}

}  // namespace

std::optional<CardPolicy> parse_card_policy(std::string_view text) {
  if (text == "off") return CardPolicy::off;
  if (text == "warn") return CardPolicy::warn;
  if (text == "require") return CardPolicy::require;
  return std::nullopt;
}

Result<CardTrust> CardTrust::load(CardPolicy policy, const std::vector<std::string>& files) {
  if (policy != CardPolicy::off && files.empty())
    return fail(Error(Code::invalid_argument, reason::kInvalidConfig,
                      "card-policy: warn and require need --card-trust FILE with the keys that are "
                      "trusted"));
  if (files.size() > kCardTrustFilesMax)
    return fail(
        Error(Code::invalid_argument, reason::kInvalidConfig, "card-trust: at most 64 files"));
  auth::KeySet roots;
  for (const auto& path : files) {
    TRY(set, load_file(path));
    if (const auto added = roots.add(set); !added)
      return fail(fault(path, added.error().message()));
  }
  return CardTrust(policy, std::move(roots));
}

Result<> CardTrust::check(std::string_view card_text, const std::string& url) const {
  if (policy_ == CardPolicy::off) return ok();
  TRY(value, json::parse(card_text));
  const auto* card = value.if_object();
  if (card == nullptr) return ok();  // no card at all: its reader says so
  const auto verified = verify_card(*card, roots_);
  if (verified) return ok();
  if (policy_ == CardPolicy::require)
    return fail(Error(Code::permission_denied,
                      "the agent card at " + url + " is refused: " + verified.error().message()));
  kLog.warn("agent card is not signed by a trusted key",
            {{"url", url}, {"error", verified.error()}});
  return ok();
}

}  // namespace flotilla::a2a
