#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace flotilla::json {

/// The length of the JSON number (RFC 8259 section 6) at the start of `text`, 0 when there is none.
/// What follows the number is the caller's to judge.
std::size_t number_length(std::string_view text);

/// The value when the text is a number, and that an integer, and fits.
std::optional<std::int64_t> number_to_int64(std::string_view text);
std::optional<std::uint64_t> number_to_uint64(std::string_view text);
/// Of a well-formed JSON number: the nearest double; nullopt when it is beyond double's range (too
/// small becomes zero).
std::optional<double> number_to_double(std::string_view text);
/// Quicker than converting: whether number_to_double has a value.
bool number_is_finite(std::string_view text);

void append_number(std::int64_t value, std::string& out);
void append_number(std::uint64_t value, std::string& out);
/// Shortest text that reads back the same; `null` when not finite.
void append_number(double value, std::string& out);

}  // namespace flotilla::json
