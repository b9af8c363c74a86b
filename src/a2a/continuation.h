#pragma once

#include <string_view>

namespace flotilla::a2a {

/// Metadata of a text part that goes on in the middle of the artifact's last part: whoever folds
/// the stream may join the two without a break. Our snapshots do.
inline constexpr std::string_view kContinues = "flotilla.dev/continues";

}  // namespace flotilla::a2a
