// Cutting the input differently must not change what is read, and nothing may grow past the limit.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>
#include <vector>

#include "http/sse.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using flotilla::http::SseMessage;
  using flotilla::http::SseParser;
  if (size == 0) return 0;
  constexpr std::size_t kLimit = 256;
  const std::size_t step = data[0] % 16 + 1;
  const std::string_view input(reinterpret_cast<const char*>(data) + 1, size - 1);
  SseParser whole(kLimit);
  std::vector<SseMessage> expected;
  const bool whole_ok = whole.feed(input, expected).has_value();
  SseParser pieces(kLimit);
  std::vector<SseMessage> got;
  bool pieces_ok = true;
  for (std::size_t at = 0; at < input.size() && pieces_ok; at += step) {
    pieces_ok = pieces.feed(input.substr(at, step), got).has_value();
  }
  if (whole_ok != pieces_ok) std::abort();
  if (!whole_ok) return 0;
  if (expected.size() != got.size()) std::abort();
  for (std::size_t i = 0; i < got.size(); ++i) {
    if (got[i].data != expected[i].data || got[i].id != expected[i].id ||
        got[i].event != expected[i].event || got[i].data.size() > kLimit) {
      std::abort();
    }
  }
  return 0;
}
