#include "api/query.h"
#include "api/route.h"
#include "api/views.h"
#include "gateway/key_ring.h"

namespace flotilla::api::keys {

namespace {

using gateway::KeyInfo;

KeyView view_of(const KeyInfo& key) {
  KeyView view;
  view.id = key.id;
  view.kind = key.kind;
  view.algorithm = key.algorithm;
  view.state = key.state;
  view.createdAt = key.created_at;
  return view;
}

http::Response answer_key(const Result<KeyInfo>& key) {
  return key ? answer(view_of(*key)) : http::Response::problem(key.error());
}

/// Which kind of key is meant: cards are signed unless `kind` says `sealing`.
Result<bool> wants_sealing(const http::Request& request) {
  TRY(kind, value_of(request, "kind"));
  if (kind.empty() || kind == "signing") return false;
  if (kind == "sealing") return true;
  return fail(invalid("kind", "'" + kind + "' is neither signing nor sealing"));
}

Error no_algorithm_to_choose() {
  return invalid("algorithm", "sealing keys are of AES-256-GCM; leave it out");
}

Async<Result<KeyInfo>> make(const Sources& sources, http::Request& request, bool rotate) {
  CO_TRY(sealing, wants_sealing(request));
  CO_TRY(algorithm, value_of(request, "algorithm"));
  if (!sealing && rotate) co_return co_await sources.keys->rotate(std::move(algorithm));
  if (!sealing) co_return co_await sources.keys->create(std::move(algorithm));
  if (!algorithm.empty()) co_return fail(no_algorithm_to_choose());
  co_return co_await sources.keys->rotate_sealing();
}

}  // namespace

Async<http::Response> list(const Sources& sources, http::Request&) {
  const auto keys = co_await sources.keys->list();
  if (!keys) co_return http::Response::problem(keys.error());
  KeyList list;
  for (const auto& key : *keys) list.items.push_back(view_of(key));
  co_return answer(list);
}

Async<http::Response> create(const Sources& sources, http::Request& request) {
  const auto key = co_await make(sources, request, false);
  co_return answer_key(key);
}

Async<http::Response> rotate(const Sources& sources, http::Request& request) {
  const auto key = co_await make(sources, request, true);
  co_return answer_key(key);
}

Async<http::Response> retire(const Sources& sources, http::Request& request) {
  const auto key = co_await sources.keys->retire(std::string(request.param("id")));
  co_return answer_key(key);
}

Async<http::Response> remove(const Sources& sources, http::Request& request) {
  const auto removed = co_await sources.keys->remove(std::string(request.param("id")));
  if (!removed) co_return http::Response::problem(removed.error());
  co_return http::Response::json(200, "{}");
}

}  // namespace flotilla::api::keys
