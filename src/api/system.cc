#include "api/query.h"
#include "api/route.h"
#include "api/views.h"

namespace flotilla::api::system {

Async<http::Response> live(const Sources&, http::Request&) {
  static const std::string kAlive = R"({"status":"ok"})";
  co_return http::Response::json(200, kAlive);
}

Async<http::Response> ready(const Sources& sources, http::Request&) {
  auto state = co_await sources.ready();
  HealthView view{state ? "ok" : state.error().message(), sources.version};
  co_return http::Response::json(state ? 200 : 503, json::to_text(view));
}

Async<http::Response> metrics(const Sources& sources, http::Request&) {
  co_return http::Response::text(200, sources.metrics.render(), telemetry::Registry::kContentType);
}

Async<http::Response> config(const Sources& sources, http::Request&) {
  ConfigList list;
  for (const auto& key : sources.config_keys)
    list.items.push_back({key.name, key.show(), key.origin.to_string(), std::string(key.help)});
  co_return answer(list);
}

Async<http::Response> version(const Sources& sources, http::Request&) {
  VersionView view;
  view.version = sources.version;
  co_return answer(view);
}

Async<http::Response> openapi(const Sources& sources, http::Request&) {
  co_return http::Response::json(200, openapi_document(sources));
}

Async<http::Response> landing(const Sources& sources, http::Request&) {
  const std::string page =
      "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><title>Flotilla</title>"
      "<h1>Flotilla " +
      sources.version +
      "</h1><p>A control plane for AI agents. "
      "<a href=\"/.well-known/agent-card.json\">Agent card</a>, "
      "<a href=\"/api/v1/agents\">agents</a>, <a href=\"/openapi.json\">API</a>, "
      "<a href=\"/metrics\">metrics</a>.</p></html>";
  co_return http::Response::text(200, page, "text/html; charset=utf-8");
}

}  // namespace flotilla::api::system
