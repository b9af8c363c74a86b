#pragma once

#include <cstddef>
#include <cstdint>

namespace flotilla::compat {

/// Of what a kagent runtime keeps with us.
inline constexpr std::int64_t kMaxKagentEvents = 10'000;  // of a session
inline constexpr std::int64_t kMaxKagentSessionBytes = std::int64_t{32} << 20;
inline constexpr std::size_t kMaxKagentIdBytes = 256;
/// Sessions, tasks and resources of one answer: kagent's lists have no pages.
inline constexpr std::size_t kMaxKagentListed = 10'000;

}  // namespace flotilla::compat
