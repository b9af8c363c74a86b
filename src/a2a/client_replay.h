#pragma once

#include <string_view>

#include "json/value.h"

namespace flotilla::a2a {

/// What our client makes of a JSON-RPC answer, or of a card, that somebody else wrote: its whole
/// way below the socket (envelope, errors, model), for conformance tests of the client. `operation`
/// is send_message, get_task, get_agent_card or get_extended_agent_card; the result is written as
/// that operation's response, or {"error":{"code","message"}} for what the client reports.
json::Value replay_answer(std::string_view operation, const json::Value& answer);

}  // namespace flotilla::a2a
