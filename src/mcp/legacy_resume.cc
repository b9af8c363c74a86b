#include "mcp/legacy_resume.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "mcp/error.h"
#include "mcp/legacy_post.h"
#include "mcp/limits.h"
#include "mcp/rpc_message.h"

namespace flotilla::mcp {
namespace {

/// Takes the requests that these messages answer off the list.
void strike_answered(std::vector<StreamEvent>& events, std::vector<std::string>& open) {
  for (StreamEvent& event : events) {
    auto parsed = json::parse(event.data);
    if (!parsed) continue;
    const auto message = read_message(std::move(*parsed));
    if (const auto* response = std::get_if<RpcResponse>(&message)) std::erase(open, response->id);
  }
}

}  // namespace

Async<Result<>> settle_stream(SessionStore& store, std::string session, std::string stream) {
  std::vector<std::string> open;
  std::uint64_t after = 0;
  for (bool more = true; more;) {
    CO_TRY(page, co_await store.read(session, stream, after, kReplayPage));
    if (after == 0) {
      if (page.empty())
        co_return fail(Error(Code::not_found, "Last-Event-ID: no such stream in this session"));
      open = opened_ids(page.front().data);
    }
    if (!page.empty()) after = page.back().seq;
    more = page.size() == kReplayPage;
    strike_answered(page, open);
  }
  for (const std::string& id : open) {
    auto text = write_error(id, rpc_error(code::kServerError,
                                          "the server ended while it worked on this request; "
                                          "whether it took effect is not known"));
    CO_TRY_VOID(co_await store.append(session, stream, std::move(text)));
  }
  co_return ok();
}

}  // namespace flotilla::mcp
