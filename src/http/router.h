#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "http/message.h"

namespace flotilla::http {

/// Maps method and path to a handler. Patterns: literal segments, `{name}` (one non-empty segment),
/// `{name}:verb` (the segment is split at its last colon; wins over `{name}`), and a final
/// `{*rest}`. Literals win over parameters; `{*rest}` comes last and may be empty. One trailing
/// slash is ignored. Unknown path: 404; known path, other method: 405 with Allow. HEAD is served by
/// GET's handler without body. Build first, then share between threads read-only.
class Router {
 public:
  Router();
  ~Router();
  Router(Router&&) noexcept;
  void add(Method method, std::string_view pattern, Handler handler);
  /// Fills request.params and calls the handler.
  Async<Response> route(Request& request) const;
  /// Routes as added, for tests and OpenAPI: "GET /api/v1/tasks".
  [[nodiscard]] const std::vector<std::string>& routes() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace flotilla::http
