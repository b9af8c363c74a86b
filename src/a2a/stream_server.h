#pragma once

#include <memory>

#include "a2a/handler.h"
#include "a2a/server_config.h"
#include "a2a/wire.h"

namespace flotilla::a2a {

/// Answers with a stream of events. Waits for the first items, so that what fails before them is an
/// ordinary error answer. The stream ends with its items, when the server drains, when the reader
/// is too slow (after a whole event, without a word: its last cursor resumes it), or with an
/// `event: error`.
Async<http::Response> answer_stream(Exchange exchange, std::unique_ptr<ItemStream> items,
                                    Duration heartbeat);

}  // namespace flotilla::a2a
