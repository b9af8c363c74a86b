#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace flotilla {

/// The candidate nearest to a mistyped word by edit distance, if one is near enough to be meant.
std::optional<std::string_view> nearest(std::string_view word,
                                        std::span<const std::string_view> candidates);

}  // namespace flotilla
