#include "auth/sealing.h"

#include <openssl/evp.h>

#include <algorithm>
#include <array>
#include <mutex>
#include <utility>

#include "auth/sealing_file_internal.h"
#include "base/assert.h"
#include "base/hash.h"

namespace flotilla::auth {
namespace {

constexpr std::string_view kVersion = "v1.";
constexpr std::size_t kNonceSize = 12;
constexpr std::size_t kTagSize = 16;
constexpr std::size_t kIdSize = 16;

struct FreeCipher {
  void operator()(EVP_CIPHER_CTX* context) const { EVP_CIPHER_CTX_free(context); }
};
using CipherContext = std::unique_ptr<EVP_CIPHER_CTX, FreeCipher>;

const EVP_CIPHER* cipher() {
  static const EVP_CIPHER* const fetched = EVP_CIPHER_fetch(nullptr, "AES-256-GCM", nullptr);
  FLOTILLA_ASSERT(fetched != nullptr, "OpenSSL's default provider has AES-256-GCM");
  return fetched;
}

const unsigned char* bytes_of(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}
unsigned char* bytes_of(std::string& text) {
  return reinterpret_cast<unsigned char*>(text.data());
}

/// Fails only when memory is gone or the library is broken.
void must(int done) {
  FLOTILLA_ASSERT(done == 1, "AES-GCM with fixed sizes cannot fail");
}

std::string encrypt(const std::string& key, std::string_view nonce, std::string_view plaintext,
                    std::string_view context) {
  const CipherContext cipher_context(EVP_CIPHER_CTX_new());
  auto* const state = cipher_context.get();
  std::string out(plaintext.size() + kTagSize, '\0');
  int size = 0;
  must(EVP_EncryptInit_ex(state, cipher(), nullptr, bytes_of(std::string_view(key)),
                          bytes_of(nonce)));
  must(EVP_EncryptUpdate(state, nullptr, &size, bytes_of(context),
                         static_cast<int>(context.size())));
  must(EVP_EncryptUpdate(state, bytes_of(out), &size, bytes_of(plaintext),
                         static_cast<int>(plaintext.size())));
  must(EVP_EncryptFinal_ex(state, bytes_of(out) + size, &size));
  must(EVP_CIPHER_CTX_ctrl(state, EVP_CTRL_AEAD_GET_TAG, kTagSize,
                           bytes_of(out) + plaintext.size()));
  return out;
}

/// False when the tag does not match: altered, or of another key or context.
bool decrypt(const std::string& key, std::string_view sealed, std::string_view context,
             std::string& out) {
  const CipherContext cipher_context(EVP_CIPHER_CTX_new());
  auto* const state = cipher_context.get();
  const auto nonce = sealed.substr(0, kNonceSize);
  const auto text = sealed.substr(kNonceSize, sealed.size() - kNonceSize - kTagSize);
  std::string tag(sealed.substr(sealed.size() - kTagSize));
  out.assign(text.size(), '\0');
  int size = 0;
  must(EVP_DecryptInit_ex(state, cipher(), nullptr, bytes_of(std::string_view(key)),
                          bytes_of(nonce)));
  must(EVP_DecryptUpdate(state, nullptr, &size, bytes_of(context),
                         static_cast<int>(context.size())));
  must(EVP_DecryptUpdate(state, bytes_of(out), &size, bytes_of(text),
                         static_cast<int>(text.size())));
  must(EVP_CIPHER_CTX_ctrl(state, EVP_CTRL_AEAD_SET_TAG, kTagSize, bytes_of(tag)));
  return EVP_DecryptFinal_ex(state, bytes_of(out) + size, &size) == 1;
}

std::string id_of(const Secret& key) {
  return hex(sha256(key.reveal())).substr(0, kIdSize);
}

Error unreadable(std::string what) {
  return Error(Code::data_loss, "a stored secret cannot be opened: " + std::move(what));
}

}  // namespace

struct Sealer::State {
  struct Key {
    std::string id;
    Secret key;
  };
  using Keys = std::vector<Key>;

  State(std::string at, Random& from) : path(std::move(at)), random(from) {}

  [[nodiscard]] std::shared_ptr<const Keys> snapshot() const {
    const std::scoped_lock lock(mutex);
    return keys;
  }
  void swap(Keys next) {
    auto shared = std::make_shared<const Keys>(std::move(next));
    const std::scoped_lock lock(mutex);
    keys = std::move(shared);
  }
  Result<> store(Keys next) {
    if (!path.empty()) {
      std::vector<Secret> plain;
      plain.reserve(next.size());
      for (const auto& key : next) plain.push_back(key.key);
      TRY_VOID(replace_key_file(path, plain));
    }
    swap(std::move(next));
    return ok();
  }

  const std::string path;  // empty: nothing is stored
  Random& random;
  std::mutex changes;  // one rotation at a time; taken before `mutex`
  mutable std::mutex mutex;
  std::shared_ptr<const Keys> keys;  // shared: whoever seals keeps the set it began with
};

Result<Sealer> Sealer::load(std::string path, Random& random) {
  auto state = std::make_unique<State>(std::move(path), random);
  TRY(plain, load_key_file(state->path, random));
  State::Keys keys;
  for (auto& key : plain) {
    auto id = id_of(key);
    keys.push_back(State::Key{std::move(id), std::move(key)});
  }
  state->swap(std::move(keys));
  return Sealer(std::move(state));
}

Sealer Sealer::ephemeral(Random& random) {
  auto state = std::make_unique<State>("", random);
  auto key = make_sealing_key(random);
  State::Keys keys;
  auto id = id_of(key);
  keys.push_back(State::Key{std::move(id), std::move(key)});
  state->swap(std::move(keys));
  return Sealer(std::move(state));
}

Sealer::Sealer(std::unique_ptr<State> state) : state_(std::move(state)) {}
Sealer::Sealer(Sealer&&) noexcept = default;
Sealer& Sealer::operator=(Sealer&&) noexcept = default;
Sealer::~Sealer() = default;

std::string Sealer::seal(std::string_view plaintext, std::string_view context) const {
  const auto keys = state_->snapshot();
  const auto& newest = keys->back();
  std::array<char, kNonceSize> nonce{};
  state_->random.fill(nonce.data(), nonce.size());
  std::string body(nonce.data(), nonce.size());
  body += encrypt(newest.key.reveal(), body, plaintext, context);
  return std::string(kVersion) + newest.id + "." + base64url(body);
}

std::string Sealer::seal(const Secret& plaintext, std::string_view context) const {
  return seal(std::string_view(plaintext.reveal()), context);
}

Result<Secret> Sealer::open(std::string_view sealed, std::string_view context) const {
  constexpr std::size_t kHead = kVersion.size() + kIdSize;
  if (!sealed.starts_with(kVersion) || sealed.size() <= kHead || sealed[kHead] != '.')
    return fail(unreadable("it is not a sealed text of this version"));
  const auto id = sealed.substr(kVersion.size(), kIdSize);
  const auto body = decode_base64(sealed.substr(kHead + 1));
  if (!body || body->size() < kNonceSize + kTagSize)
    return fail(unreadable("it is cut or malformed"));
  const auto keys = state_->snapshot();
  const auto key = std::ranges::find(*keys, id, &State::Key::id);
  if (key == keys->end())
    return fail(unreadable(
        "it was sealed with key " + std::string(id) + ", which " +
        (state_->path.empty() ? "was not kept"
                              : "is not in " + state_->path + "; put the file back that had it")));
  std::string plaintext;
  const bool whole = decrypt(key->key.reveal(), *body, context, plaintext);
  Secret opened(std::move(plaintext));
  if (!whole) return fail(unreadable("it was altered, or belongs to another row"));
  return opened;
}

bool Sealer::current(std::string_view sealed) const {
  const auto keys = state_->snapshot();
  return sealed.starts_with(std::string(kVersion) + keys->back().id + ".");
}

std::vector<SealingKey> Sealer::keys() const {
  const auto keys = state_->snapshot();
  std::vector<SealingKey> out;
  out.reserve(keys->size());
  for (const auto& key : *keys) out.push_back(SealingKey{key.id, &key == &keys->back()});
  return out;
}

Result<std::string> Sealer::rotate() {
  const std::scoped_lock lock(state_->changes);
  State::Keys next = *state_->snapshot();
  if (next.size() >= kSealingKeysMax)
    return fail(
        Error(Code::failed_precondition, reason::kLimitExceeded,
              "there are " + std::to_string(next.size()) + " sealing keys; retire old ones first"));
  auto key = make_sealing_key(state_->random);
  auto id = id_of(key);
  next.push_back(State::Key{id, std::move(key)});
  TRY_VOID(state_->store(std::move(next)));
  return id;
}

Result<> Sealer::retire(std::string_view id) {
  const std::scoped_lock lock(state_->changes);
  State::Keys next = *state_->snapshot();
  const auto found = std::ranges::find(next, id, &State::Key::id);
  if (found == next.end()) return fail(Error(Code::not_found, "no sealing key " + std::string(id)));
  if (std::next(found) == next.end())
    return fail(Error(Code::failed_precondition,
                      "key " + std::string(id) + " is the one that seals; rotate first"));
  next.erase(found);
  return state_->store(std::move(next));
}

}  // namespace flotilla::auth
