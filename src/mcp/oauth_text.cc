#include <algorithm>
#include <cctype>

#include "base/hash.h"
#include "json/json.h"
#include "mcp/oauth_internal.h"

namespace flotilla::mcp {
namespace {

constexpr std::size_t kParametersMax = 64;
constexpr std::int64_t kAssertionSeconds = 300;

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return out;
}

/// Reads `name=value` and `name="va\"lue"`; moves on behind it.
std::optional<std::pair<std::string, std::string>> read_parameter(std::string_view& text) {
  const auto end = text.find_first_of(" ,=");
  if (end == std::string_view::npos || text[end] != '=') {
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    return std::nullopt;
  }
  std::pair<std::string, std::string> found(lower(text.substr(0, end)), "");
  text.remove_prefix(end + 1);
  if (!text.starts_with('"')) {
    found.second = text.substr(0, text.find_first_of(" ,"));
    text.remove_prefix(found.second.size());
    return found;
  }
  std::size_t at = 1;
  for (; at < text.size() && text[at] != '"'; ++at) {
    if (text[at] == '\\' && at + 1 < text.size()) ++at;
    found.second += text[at];
  }
  text.remove_prefix(std::min(at + 1, text.size()));
  return found;
}

std::int64_t seconds(Time now) {
  return std::chrono::duration_cast<std::chrono::seconds>(now.time_since_epoch()).count();
}

}  // namespace

std::string encode_form(const Form& form) {
  std::string out;
  for (const auto& [name, value] : form) {
    if (!out.empty()) out += '&';
    out += http::percent_encode(name) + '=' + http::percent_encode(value);
  }
  return out;
}

std::map<std::string, std::string> decode_form(std::string_view text) {
  std::map<std::string, std::string> out;
  while (!text.empty() && out.size() < kParametersMax) {
    const auto end = std::min(text.find('&'), text.size());
    const auto pair = text.substr(0, end);
    const auto equals = std::min(pair.find('='), pair.size());
    const auto value = equals < pair.size() ? pair.substr(equals + 1) : std::string_view();
    out.emplace(http::percent_decode(pair.substr(0, equals), true),
                http::percent_decode(value, true));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return out;
}

std::map<std::string, std::string> challenge_parameters(const http::Headers& headers) {
  std::map<std::string, std::string> out;
  for (const auto& field : headers.fields()) {
    if (!http::iequals(field.name, "WWW-Authenticate")) continue;
    std::string_view text = field.value;
    while (!text.empty() && out.size() < kParametersMax) {
      const auto start = text.find_first_not_of(" ,");
      if (start == std::string_view::npos) break;
      text.remove_prefix(start);
      if (auto parameter = read_parameter(text)) out.insert(std::move(*parameter));
    }
  }
  return out;
}

std::vector<std::string> split_scopes(std::string_view text) {
  std::vector<std::string> out;
  while (!text.empty()) {
    const auto end = std::min(text.find(' '), text.size());
    if (end > 0) out.emplace_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return out;
}

std::string join_scopes(const std::vector<std::string>& scopes) {
  std::string out;
  for (const auto& scope : scopes) {
    if (!out.empty()) out += ' ';
    out += scope;
  }
  return out;
}

void add_scopes(std::vector<std::string>& scopes, const std::vector<std::string>& more) {
  for (const auto& scope : more) {
    if (std::ranges::find(scopes, scope) == scopes.end()) scopes.push_back(scope);
  }
}

std::string sign_jwt(const auth::PrivateKey& key, json::Object header, json::Object claims) {
  header.set("alg", key.algorithm());
  auto input = base64url(json::to_string(json::Value(std::move(header)))) + '.' +
               base64url(json::to_string(json::Value(std::move(claims))));
  auto signature = base64url(key.sign(input));
  return input + '.' + signature;
}

std::string random_text(Random& random, std::size_t bytes) {
  std::string out(bytes, '\0');
  random.fill(out.data(), out.size());
  return base64url(out);
}

std::string code_challenge(std::string_view verifier) {
  return base64url(as_text(sha256(verifier)));
}

std::string dpop_proof(const auth::PrivateKey& key, Random& random, Time now,
                       std::string_view method, const std::string& url, const std::string& token,
                       const std::string& nonce) {
  const auto whole = key.public_key().jwk();
  json::Object jwk;
  for (const char* name : {"kty", "crv", "x", "y"}) {
    if (const auto* value = whole.find(name)) jwk.set(name, *value);
  }
  json::Object header;
  header.set("typ", "dpop+jwt");
  header.set("jwk", std::move(jwk));
  json::Object claims;
  claims.set("jti", random_text(random, 16));
  claims.set("htm", method);
  claims.set("htu", url.substr(0, url.find_first_of("?#")));
  claims.set("iat", seconds(now));
  if (!token.empty()) claims.set("ath", base64url(as_text(sha256(token))));
  if (!nonce.empty()) claims.set("nonce", nonce);
  return sign_jwt(key, std::move(header), std::move(claims));
}

std::string client_assertion(const auth::PrivateKey& key, Random& random, Time now,
                             const std::string& client_id, const std::string& issuer) {
  json::Object header;
  header.set("typ", "JWT");
  header.set("kid", key.public_key().id());
  json::Object claims;
  claims.set("iss", client_id);
  claims.set("sub", client_id);
  claims.set("aud", issuer);
  claims.set("jti", random_text(random, 16));
  claims.set("iat", seconds(now));
  claims.set("exp", seconds(now) + kAssertionSeconds);
  return sign_jwt(key, std::move(header), std::move(claims));
}

}  // namespace flotilla::mcp
