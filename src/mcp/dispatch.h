#pragma once

#include <variant>

#include "mcp/exchange.h"
#include "mcp/handler.h"
#include "mcp/method.h"
#include "mcp/requests.h"

/// From a checked method and its params to the handler and back, the same for all eras.
namespace flotilla::mcp {

/// A request that may ask the client back (mcp.md 3.10); its rounds are set with each call.
using Question = std::variant<CallTool, ReadResource, GetPrompt>;

/// `method` is one of may_ask().
Read<Question> read_question(Method method, json::Object& params);
/// One round.
Async<Reply> ask_handler(Handler& handler, Exchange& exchange, Question question, Rounds rounds);

/// The methods of both eras that neither stream nor ask, and those of the tasks extension.
Async<Reply> answer_plainly(Handler& handler, Caller caller, Method method, json::Object params);

/// Runs `work` and turns what it throws, cancellation excepted, into an internal error that is
/// logged: a handler's fault ends its request only.
Async<Reply> fenced(Async<Reply> work, std::string request_id);

}  // namespace flotilla::mcp
