#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "json/value.h"

namespace flotilla::a2a {

/// What a signature covers, as implementations read specification 1.0 section 8.4.1 (a2a.md 3.8).
/// All leave `signatures` out and write RFC 8785; a card without empty values and unknown members
/// has one payload.
enum class CardForm : std::uint8_t {
  as_written,  // fields that are neither required nor `optional` lose their default values
  known,       // the same, and without members that are not of the 1.0 card
  stripped,    // known, and no empty text, list or object anywhere: the JavaScript and Python SDKs
};

std::string canonical_card(const json::Object& card, CardForm form);
/// The distinct payloads of all forms, as_written first.
std::vector<std::string> canonical_cards(const json::Object& card);

}  // namespace flotilla::a2a
