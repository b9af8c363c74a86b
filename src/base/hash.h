#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace flotilla {

using Sha256Digest = std::array<std::uint8_t, 32>;

/// SHA-256 of what is given in pieces; for one piece sha256() is shorter. One thread at a time.
class Sha256 {
 public:
  Sha256();
  Sha256(Sha256&&) noexcept;
  Sha256& operator=(Sha256&&) noexcept;
  ~Sha256();
  Sha256& update(std::string_view bytes);
  /// Ends the digest; only destruction may follow.
  Sha256Digest finish();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

Sha256Digest sha256(std::string_view bytes);
/// The digest's bytes, for columns and maps keyed by text.
std::string_view as_text(const Sha256Digest& digest);

/// Lower case.
std::string hex(std::string_view bytes);
std::string hex(const Sha256Digest& digest);
/// Either case; nullopt when malformed.
std::optional<std::string> decode_hex(std::string_view text);

/// RFC 4648 section 4, padded.
std::string base64(std::string_view bytes);
/// RFC 4648 section 5, not padded.
std::string base64url(std::string_view bytes);
/// Reads either alphabet, with padding or without; nullopt on any other character, on white space,
/// or on a length that no bytes have.
std::optional<std::string> decode_base64(std::string_view text);

}  // namespace flotilla
