#include "base/hash.h"

#include <openssl/evp.h>

#include <algorithm>
#include <utility>

#include "base/assert.h"

namespace flotilla {
namespace {

struct FreeContext {
  void operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); }
};
using DigestContext = std::unique_ptr<EVP_MD_CTX, FreeContext>;

/// Fetched once: OpenSSL 3 looks the algorithm up at each use otherwise. Never freed.
const EVP_MD* sha256_algorithm() {
  static const EVP_MD* const algorithm = EVP_MD_fetch(nullptr, "SHA256", nullptr);
  FLOTILLA_ASSERT(algorithm != nullptr, "OpenSSL's default provider has SHA-256");
  return algorithm;
}

constexpr std::string_view kHex = "0123456789abcdef";
constexpr std::string_view kStandard =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
constexpr std::string_view kUrl =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
constexpr std::uint8_t kNone = 0xff;

constexpr std::array<std::uint8_t, 256> make_reverse(std::string_view a, std::string_view b) {
  std::array<std::uint8_t, 256> table{};
  for (auto& entry : table) entry = kNone;
  for (std::size_t i = 0; i < a.size(); ++i) {
    table[static_cast<std::uint8_t>(a[i])] = static_cast<std::uint8_t>(i);
    table[static_cast<std::uint8_t>(b[i])] = static_cast<std::uint8_t>(i);
  }
  return table;
}
constexpr auto kBase64Values = make_reverse(kStandard, kUrl);
constexpr auto kHexValues = make_reverse(kHex, "0123456789ABCDEF");

std::uint8_t value_of(const std::array<std::uint8_t, 256>& table, char c) {
  return table[static_cast<std::uint8_t>(c)];
}

std::string encode(std::string_view bytes, std::string_view alphabet, bool padded) {
  std::string out;
  out.reserve((bytes.size() + 2) / 3 * 4);
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    const std::size_t left = std::min<std::size_t>(bytes.size() - i, 3);
    std::uint32_t group = 0;
    for (std::size_t k = 0; k < 3; ++k) {
      group = group << 8 | (k < left ? static_cast<std::uint8_t>(bytes[i + k]) : 0U);
    }
    for (std::size_t k = 0; k < 4; ++k) {
      if (k <= left) {
        out += alphabet[(group >> (18 - 6 * k)) & 63U];
      } else if (padded) {
        out += '=';
      }
    }
  }
  return out;
}

}  // namespace

struct Sha256::State {
  DigestContext context{EVP_MD_CTX_new()};
};

Sha256::Sha256() : state_(std::make_unique<State>()) {
  const int done = EVP_DigestInit_ex2(state_->context.get(), sha256_algorithm(), nullptr);
  FLOTILLA_ASSERT(done == 1, "starting a digest fails only without memory");
}
Sha256::Sha256(Sha256&&) noexcept = default;
Sha256& Sha256::operator=(Sha256&&) noexcept = default;
Sha256::~Sha256() = default;

Sha256& Sha256::update(std::string_view bytes) {
  const int done = EVP_DigestUpdate(state_->context.get(), bytes.data(), bytes.size());
  FLOTILLA_ASSERT(done == 1, "a digest in memory cannot fail");
  return *this;
}

Sha256Digest Sha256::finish() {
  Sha256Digest digest;
  const int done = EVP_DigestFinal_ex(state_->context.get(), digest.data(), nullptr);
  FLOTILLA_ASSERT(done == 1, "finish() is called once");
  return digest;
}

Sha256Digest sha256(std::string_view bytes) {
  thread_local const DigestContext context{EVP_MD_CTX_new()};
  Sha256Digest digest;
  const bool done = EVP_DigestInit_ex2(context.get(), sha256_algorithm(), nullptr) == 1 &&
                    EVP_DigestUpdate(context.get(), bytes.data(), bytes.size()) == 1 &&
                    EVP_DigestFinal_ex(context.get(), digest.data(), nullptr) == 1;
  FLOTILLA_ASSERT(done, "a digest in memory cannot fail");
  return digest;
}

std::string_view as_text(const Sha256Digest& digest) {
  return {reinterpret_cast<const char*>(digest.data()), digest.size()};
}

std::string hex(std::string_view bytes) {
  std::string out;
  out.reserve(bytes.size() * 2);
  for (const char c : bytes) {
    const auto byte = static_cast<std::uint8_t>(c);
    out += kHex[byte >> 4];
    out += kHex[byte & 0xfU];
  }
  return out;
}

std::string hex(const Sha256Digest& digest) {
  return hex(as_text(digest));
}

std::optional<std::string> decode_hex(std::string_view text) {
  if (text.size() % 2 != 0) return std::nullopt;
  std::string out;
  out.reserve(text.size() / 2);
  for (std::size_t i = 0; i < text.size(); i += 2) {
    const std::uint8_t high = value_of(kHexValues, text[i]);
    const std::uint8_t low = value_of(kHexValues, text[i + 1]);
    if (high == kNone || low == kNone) return std::nullopt;
    out += static_cast<char>(high << 4 | low);
  }
  return out;
}

std::string base64(std::string_view bytes) {
  return encode(bytes, kStandard, true);
}
std::string base64url(std::string_view bytes) {
  return encode(bytes, kUrl, false);
}

std::optional<std::string> decode_base64(std::string_view text) {
  if (text.size() % 4 == 0) {
    // Padding completes a group of four, so it can only stand here.
    for (int i = 0; i < 2 && text.ends_with('='); ++i) text.remove_suffix(1);
  }
  if (text.size() % 4 == 1) return std::nullopt;
  std::string out;
  out.reserve(text.size() * 3 / 4);
  std::uint32_t group = 0;
  unsigned bits = 0;
  for (const char c : text) {
    const std::uint8_t value = value_of(kBase64Values, c);
    if (value == kNone) return std::nullopt;
    group = group << 6 | value;
    bits += 6;
    if (bits >= 8) {
      bits -= 8;
      out += static_cast<char>(group >> bits & 0xffU);
    }
  }
  return out;
}

}  // namespace flotilla
