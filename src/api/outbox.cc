#include "core/outbox.h"

#include <limits>

#include "api/query.h"
#include "api/route.h"
#include "api/views.h"

namespace flotilla::api::outbox {

namespace {

DeadLetterView view_of(const core::DeadLetter& letter) {
  DeadLetterView view;
  view.id = letter.id;
  view.namespace_ = letter.name_space;
  view.owner = letter.owner;
  view.task = letter.task.to_string();
  view.config = letter.config;
  view.seq = static_cast<std::int64_t>(letter.seq);
  view.attempts = letter.attempts;
  view.error = letter.error;
  view.at = letter.at;
  return view;
}

/// A number that is an id; nullopt when it is none.
std::optional<std::int64_t> id_of(std::string_view text) {
  return json::Value(json::Number{std::string(text)}).as_int64();
}

Async<Result<DeadLetterList>> load(const Sources& sources, http::Request& request) {
  CO_TRY(limit, limit_of(request));
  CO_TRY(cursor, value_of(request, "cursor"));
  std::int64_t before = std::numeric_limits<std::int64_t>::max();
  if (!cursor.empty()) {
    const auto id = id_of(cursor);
    if (!id) co_return fail(invalid("cursor", "is not a nextCursor of this list"));
    before = *id;
  }
  auto& configs = sources.outbox->configs();
  CO_TRY(letters, co_await configs.dead_letters(request.context.principal, before, limit));
  DeadLetterList list;
  for (const auto& letter : letters) list.items.push_back(view_of(letter));
  if (letters.size() == limit) list.nextCursor = std::to_string(letters.back().id);
  co_return list;
}

Async<Result<DeadLetterView>> send_again(const Sources& sources, http::Request& request) {
  const std::string id(request.param("id"));
  auto& configs = sources.outbox->configs();
  CO_TRY(letter, co_await configs.dead_letter(request.context.principal, id_of(id).value_or(0)));
  CO_TRY_VOID(co_await sources.outbox->redeliver(letter));
  co_return view_of(letter);
}

}  // namespace

Async<http::Response> dead(const Sources& sources, http::Request& request) {
  auto page = co_await load(sources, request);
  co_return page ? answer(*page) : http::Response::problem(page.error());
}

Async<http::Response> retry(const Sources& sources, http::Request& request) {
  auto sent = co_await send_again(sources, request);
  co_return sent ? answer(*sent) : http::Response::problem(sent.error());
}

}  // namespace flotilla::api::outbox
