#include "base/id.h"

#include <sys/random.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstring>

#include "base/assert.h"

namespace flotilla {
namespace {

class SystemRandom final : public Random {
 public:
  void fill(void* bytes, std::size_t count) override {
    struct Buffer {
      std::array<std::uint8_t, 512> bytes;
      std::size_t used = 512;
    };
    thread_local Buffer buffer;
    auto* out = static_cast<std::uint8_t*>(bytes);
    if (count > buffer.bytes.size()) return read(out, count);
    if (count > buffer.bytes.size() - buffer.used) {
      read(buffer.bytes.data(), buffer.bytes.size());
      buffer.used = 0;
    }
    std::uint8_t* from = buffer.bytes.data() + buffer.used;
    std::memcpy(out, from, count);
    std::memset(from, 0, count);  // what was given out must not be found in memory again
    buffer.used += count;
  }

 private:
  static void read(std::uint8_t* out, std::size_t count) {
    while (count > 0) {
      const ssize_t got = ::getrandom(out, count, 0);
      if (got < 0 && errno == EINTR) continue;
      FLOTILLA_ASSERT(got > 0, "getrandom(2) works on every kernel that we support");
      out += got;
      count -= static_cast<std::size_t>(got);
    }
  }
};

constexpr std::string_view kHex = "0123456789abcdef";

int hex_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

bool is_dash_position(std::size_t i) {
  return i == 8 || i == 13 || i == 18 || i == 23;
}

/// 48 bits of milliseconds and a 16-bit counter in one word: the last one given out. The counter
/// starts at a random value below 2^15 in each millisecond and carries into the time when it
/// overflows, which RFC 9562 section 6.2 allows.
std::uint64_t next_stamp(std::uint64_t milliseconds, std::uint16_t seed) {
  static std::atomic<std::uint64_t> last{0};
  const std::uint64_t fresh = (milliseconds << 16) | (seed & 0x7fffU);
  std::uint64_t previous = last.load(std::memory_order_relaxed);
  std::uint64_t next = 0;
  do {
    next = std::max(previous + 1, fresh);
  } while (!last.compare_exchange_weak(previous, next, std::memory_order_relaxed));
  return next;
}

}  // namespace

Random& system_random() {
  static SystemRandom random;
  return random;
}

std::string Uuid::to_string() const {
  std::string out(36, '-');
  std::size_t at = 0;
  for (const std::uint8_t byte : bytes) {
    if (is_dash_position(at)) ++at;
    out[at++] = kHex[byte >> 4];
    out[at++] = kHex[byte & 0xfU];
  }
  return out;
}

std::optional<Uuid> parse_uuid(std::string_view text) {
  if (text.size() != 36) return std::nullopt;
  Uuid uuid;
  std::size_t at = 0;
  for (std::uint8_t& byte : uuid.bytes) {
    if (is_dash_position(at) && text[at++] != '-') return std::nullopt;
    const int high = hex_value(text[at++]);
    const int low = hex_value(text[at++]);
    if (high < 0 || low < 0) return std::nullopt;
    byte = static_cast<std::uint8_t>(high * 16 + low);
  }
  return uuid;
}

Uuid make_uuid_v7(Time now, Random& random) {
  std::array<std::uint8_t, 10> noise;
  random.fill(noise.data(), noise.size());
  const auto seed = static_cast<std::uint16_t>(noise[8] << 8 | noise[9]);
  const auto milliseconds = static_cast<std::uint64_t>(now.time_since_epoch().count());
  const std::uint64_t stamp = next_stamp(milliseconds, seed);
  Uuid uuid;
  for (std::size_t i = 0; i < 6; ++i) {
    uuid.bytes.at(i) = static_cast<std::uint8_t>(stamp >> (56 - 8 * i));
  }
  // The counter: 12 bits in rand_a, 4 bits on top of rand_b.
  uuid.bytes[6] = static_cast<std::uint8_t>(0x70U | ((stamp >> 12) & 0xfU));
  uuid.bytes[7] = static_cast<std::uint8_t>(stamp >> 4);
  std::memcpy(uuid.bytes.data() + 8, noise.data(), 8);
  uuid.bytes[8] = static_cast<std::uint8_t>(0x80U | ((stamp & 0xfU) << 2) | (noise[0] & 0x3U));
  return uuid;
}

bool is_label(std::string_view text) {
  if (text.empty() || text.size() > 63) return false;
  const auto alphanumeric = [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); };
  if (!alphanumeric(text.front()) || !alphanumeric(text.back())) return false;
  return std::ranges::all_of(text, [&](char c) { return alphanumeric(c) || c == '-'; });
}

}  // namespace flotilla

std::size_t std::hash<flotilla::Uuid>::operator()(const flotilla::Uuid& uuid) const noexcept {
  std::uint64_t high = 0;
  std::uint64_t low = 0;
  std::memcpy(&high, uuid.bytes.data(), 8);
  std::memcpy(&low, uuid.bytes.data() + 8, 8);
  std::uint64_t mixed = (high ^ (low >> 29) ^ (low << 17)) * 0x9e3779b97f4a7c15ULL;
  mixed ^= mixed >> 32;
  return mixed + low;
}
