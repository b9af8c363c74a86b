#pragma once

#include <string>
#include <string_view>

namespace flotilla::app {

/// The lines that differ, with three lines around them, as `diff -u` prints them; empty when the
/// texts are equal. Texts of thousands of lines are shown as replaced as a whole.
std::string unified_diff(std::string_view before, std::string_view after, std::string_view title);

}  // namespace flotilla::app
