#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace flotilla::agents {

/// The vector at length 1 as it is stored: little-endian 32-bit floats. Errors: invalid_argument
/// for none, too many, not finite, or all zero.
Result<std::string> pack_vector(std::span<const float> values);
/// The cosine of two packed vectors of one dimension; 0 where the dimensions differ.
double packed_cosine(std::string_view one, std::string_view other);

}  // namespace flotilla::agents
