#include "auth/authenticator.h"

#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cstring>
#include <optional>
#include <string_view>
#include <unordered_map>
#include <utility>

#include "base/log.h"

namespace flotilla::auth {
namespace {

constexpr Log kLog("auth");

struct DigestHash {
  std::size_t operator()(const Sha256Digest& digest) const noexcept {
    std::size_t value = 0;
    std::memcpy(&value, digest.data(), sizeof value);
    return value;
  }
};

bool is_loopback(const std::string& peer) {
  if (peer == "127.0.0.1" || peer == "::1") return true;  // nearly always
  std::array<std::uint8_t, 16> bytes{};
  if (inet_pton(AF_INET, peer.c_str(), bytes.data()) == 1) return bytes[0] == 127;
  if (inet_pton(AF_INET6, peer.c_str(), bytes.data()) != 1) return false;
  constexpr std::array<std::uint8_t, 16> kLoopback = {0, 0, 0, 0, 0, 0, 0, 0,
                                                      0, 0, 0, 0, 0, 0, 0, 1};
  constexpr std::array<std::uint8_t, 13> kMapped127 = {0, 0, 0, 0,    0,    0,  0,
                                                       0, 0, 0, 0xff, 0xff, 127};
  return bytes == kLoopback || std::equal(kMapped127.begin(), kMapped127.end(), bytes.begin());
}

// RFC 6750 section 2.1: one `Authorization: Bearer b64token`, the scheme in any case.
std::optional<std::string_view> bearer(std::string_view field) {
  constexpr std::string_view kScheme = "bearer ";
  if (field.size() <= kScheme.size()) return std::nullopt;
  const bool is_bearer =
      std::equal(kScheme.begin(), kScheme.end(), field.begin(),
                 [](char a, char b) { return a == (b >= 'A' && b <= 'Z' ? b - 'A' + 'a' : b); });
  if (!is_bearer) return std::nullopt;
  field.remove_prefix(std::min(field.find_first_not_of(' ', kScheme.size()), field.size()));
  const bool plain = std::ranges::all_of(field, [](char c) { return c > 0x20 && c < 0x7f; });
  if (field.empty() || !plain) return std::nullopt;
  return field;
}

// The tokens of the conformance kits are public: who turns that mode on lets them in.
constexpr std::string_view kKitToken = "itk-valid-token";
constexpr std::string_view kKitRefusedToken = "itk-insufficient-token";

TokenFile kit_tokens() {
  auto holder = std::make_shared<Principal>();
  holder->name = "conformance";
  holder->role = Role::admin;
  holder->all_namespaces = true;
  TokenFile file;
  file.tokens.push_back({std::move(holder), sha256(kKitToken)});
  return file;
}

Error unauthenticated(std::string message) {
  return Error(Code::unauthenticated, std::move(message));
}

}  // namespace

struct Authenticator::Snapshot {
  std::unordered_map<Sha256Digest, std::shared_ptr<const Principal>, DigestHash> by_digest;

  explicit Snapshot(TokenFile file) {
    for (auto& token : file.tokens) by_digest.emplace(token.digest, std::move(token.principal));
  }
};

struct Authenticator::State {
  std::optional<LocalPeers> local;      // set: no token is needed
  std::optional<Sha256Digest> refused;  // known, but let in nowhere
  std::string path;
  std::atomic<std::shared_ptr<const Snapshot>> snapshot;  // shared with requests that look up
};

Authenticator::Authenticator(std::unique_ptr<State> state) : state_(std::move(state)) {}
Authenticator::Authenticator(Authenticator&&) noexcept = default;
Authenticator& Authenticator::operator=(Authenticator&&) noexcept = default;
Authenticator::~Authenticator() = default;

Authenticator Authenticator::local(LocalPeers peers) {
  auto state = std::make_unique<State>();
  state->local = peers;
  return Authenticator(std::move(state));
}

Authenticator Authenticator::with_tokens(TokenFile tokens) {
  auto state = std::make_unique<State>();
  state->snapshot.store(std::make_shared<const Snapshot>(std::move(tokens)));
  return Authenticator(std::move(state));
}

Authenticator Authenticator::conformance(bool needed) {
  auto authenticator = with_tokens(kit_tokens());
  if (!needed) authenticator.state_->local = LocalPeers::loopback;
  authenticator.state_->refused = sha256(kKitRefusedToken);
  return authenticator;
}

Result<Authenticator> Authenticator::open(std::string path) {
  TRY(file, TokenFile::load(path));
  auto authenticator = with_tokens(std::move(file));
  authenticator.state_->path = std::move(path);
  return authenticator;
}

Result<> Authenticator::reload() {
  if (state_->path.empty()) return ok();
  TRY(file, TokenFile::load(state_->path));
  const auto count = file.tokens.size();
  state_->snapshot.store(std::make_shared<const Snapshot>(std::move(file)));
  kLog.info("tokens reloaded", {{"file", state_->path}, {"tokens", count}});
  return ok();
}

bool Authenticator::required() const {
  return !state_->local;
}

std::string Authenticator::challenge() const {
  return "Bearer realm=\"flotilla\"";
}

Result<std::shared_ptr<const Principal>> Authenticator::authenticate(
    const http::Request& request) const {
  const bool presents = state_->refused && request.headers.find("Authorization");
  if (state_->local && !presents) {
    if (*state_->local == LocalPeers::anyone || is_loopback(request.peer)) {
      return local_principal();
    }
    return fail(
        unauthenticated("without --tokens only callers on the server's own machine are let in"));
  }
  const auto& fields = request.headers.fields();
  const auto is_authorization = [](const http::Headers::Field& field) {
    constexpr std::string_view kName = "authorization";
    return std::ranges::equal(field.name, kName, {}, [](char c) {
      return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    });
  };
  const auto field = std::ranges::find_if(fields, is_authorization);
  if (field == fields.end()) {
    return fail(unauthenticated("a token is needed: send Authorization: Bearer TOKEN"));
  }
  // Two fields could be read differently by something in front of us.
  const bool repeated = std::any_of(field + 1, fields.end(), is_authorization);
  const auto token = repeated ? std::nullopt : bearer(field->value);
  if (!token) {
    return fail(unauthenticated("Authorization must be given once, as Bearer TOKEN"));
  }
  const auto snapshot = state_->snapshot.load();
  const auto digest = sha256(*token);
  if (state_->refused == digest)
    return fail(Error(Code::permission_denied, "the token does not allow this"));
  const auto found = snapshot->by_digest.find(digest);
  if (found == snapshot->by_digest.end()) return fail(unauthenticated("the token is not known"));
  return found->second;
}

}  // namespace flotilla::auth
