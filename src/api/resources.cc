#include "core/resources.h"

#include <fmt/format.h>

#include "api/live.h"
#include "api/query.h"
#include "api/resource_views.h"
#include "api/route.h"
#include "api/views.h"
#include "auth/access.h"
#include "core/resource_apply.h"
#include "http/sse.h"

namespace flotilla::api {

http::Response answer_document(const core::Resource& resource) {
  return http::Response::json(200, json::to_string(core::document_of(resource)));
}

http::Response answer_page(const core::ResourcePage& page) {
  json::Object list;
  json::Array items;
  for (const auto& resource : page.items) items.emplace_back(core::document_of(resource));
  list.append("items", std::move(items));
  list.append("nextCursor", page.next);
  list.append("resourceVersion", std::to_string(page.version));
  return http::Response::json(200, json::to_string(list));
}

}  // namespace flotilla::api

namespace flotilla::api::resources {

namespace {

/// The kind whose route this is: what follows /api/v1 or the namespace.
const core::ResourceKind& kind_of(const http::Request& request) {
  constexpr std::string_view kAll = "/api/v1/";
  constexpr std::string_view kOne = "namespaces/";
  std::string_view path = std::string_view(request.path).substr(kAll.size());
  if (path.starts_with(kOne)) {
    path.remove_prefix(kOne.size());
    path.remove_prefix(path.find('/') + 1);
  }
  return *core::find_kind(path.substr(0, path.find('/')));
}

core::ResourceRef ref_of(const http::Request& request) {
  return {std::string(kind_of(request).kind), std::string(request.param("ns")),
          std::string(request.param("name"))};
}

Result<core::DryRun> dry_run_of(const http::Request& request) {
  TRY(text, value_of(request, "dryRun"));
  if (text.empty()) return core::DryRun::no;
  if (text == "server" || text == "All") return core::DryRun::yes;
  return fail(invalid("dryRun", "'" + text + "' is not server"));
}

bool is_yaml(const http::Request& request) {
  return request.headers.find("Content-Type").value_or("").contains("yaml");
}

Result<json::Value> document_in(const http::Request& request) {
  return is_yaml(request) ? json::parse_yaml(request.body) : json::parse(request.body);
}

http::Response answer_written(const Result<core::Written>& written) {
  return written ? answer_document(written->resource) : http::Response::problem(written.error());
}

Result<core::ResourceFilter> filter_of(const http::Request& request) {
  core::ResourceFilter filter;
  filter.kind = kind_of(request).kind;
  filter.name_space = request.param("ns");
  TRY(selector, value_of(request, "labelSelector"));
  TRY(labels, core::LabelSelector::parse(selector, "labelSelector"));
  filter.labels = std::move(labels);
  return filter;
}

// Lists and streams

http::SseEvent sse_of(const core::ResourceEvent& event) {
  http::SseEvent sse;
  sse.id = std::to_string(event.position);
  sse.event = to_string(event.type);
  sse.prefix = fmt::format(R"({{"type":"{}","object":)", sse.event);
  json::write(core::document_of(event.resource), sse.prefix);
  sse.prefix += "}";
  return sse;
}

http::SseEvent told(std::string_view event, std::uint64_t cursor, std::string text) {
  http::SseEvent sse;
  sse.id = std::to_string(cursor);
  sse.event = event;
  sse.prefix = std::move(text);
  return sse;
}

Async<> send_changes(core::ResourceWatch& watch, Live& live) {
  std::vector<http::SseEvent> first;
  first.push_back(
      told("cursor", watch.cursor(), fmt::format(R"({{"cursor":"{}"}})", watch.cursor())));
  co_await live.send(std::move(first), watch.cursor());
  while (!live.over()) {
    const auto before = watch.cursor();
    auto changes = co_await watch.next();
    if (!changes) {
      live.end(changes.error().reason());
      co_return;
    }
    std::vector<http::SseEvent> batch;
    if (changes->gap)
      batch.push_back(told("gap", *changes->gap,
                           fmt::format(R"({{"from":"{}","to":"{}"}})", before, *changes->gap)));
    for (const auto& event : changes->events) batch.push_back(sse_of(event));
    co_await live.send(std::move(batch), watch.cursor());
  }
}

Async<> follow(std::shared_ptr<core::ResourceWatch> watch, http::BodyWriter& body) {
  Live live(body, watch->cursor());
  co_await live.run(send_changes(*watch, live));
}

Async<Result<http::Response>> list_or_follow(const Sources& sources, http::Request& request) {
  auto principal = request.context.principal;
  CO_TRY(filter, filter_of(request));
  if (wants_stream(request)) {
    CO_TRY(after, cursor_of(request));
    CO_TRY(watch, co_await sources.resources->watch(principal, std::move(filter), after));
    std::shared_ptr<core::ResourceWatch> shared = std::move(watch);  // std::function copies
    co_return http::sse_response([shared](http::BodyWriter& body) { return follow(shared, body); });
  }
  CO_TRY(limit, limit_of(request));
  CO_TRY(cursor, value_of(request, "cursor"));
  CO_TRY(page,
         co_await sources.resources->list(principal, std::move(filter), std::move(cursor), limit));
  co_return answer_page(page);
}

// Writes

Async<Result<core::Written>> write(const Sources& sources, http::Request& request, bool replaces) {
  // Before anything about the document is said.
  const auto& principal = *request.context.principal;
  auto context = core::ManifestContext{};
  context.kind = kind_of(request).kind;
  context.name_space = request.param("ns");
  context.fixed = true;
  context.converter = sources.resources->converter();
  if (replaces) context.name = request.param("name");
  if (replaces && !principal.may_enter(context.name_space)) {
    // Answers as for a missing one.
    auto missing = co_await sources.resources->get(request.context.principal, ref_of(request));
    co_return fail(missing.error());
  }
  if (!replaces) CO_TRY_VOID(auth::require_namespace(principal, context.name_space));
  CO_TRY(dry_run, dry_run_of(request));
  CO_TRY(document, document_in(request));
  CO_TRY(manifest, core::parse_manifest(document, context));
  auto who = request.context.principal;
  if (replaces) co_return co_await sources.resources->update(who, std::move(manifest), dry_run);
  co_return co_await sources.resources->create(who, std::move(manifest), dry_run);
}

Async<Result<core::Written>> patch_one(const Sources& sources, http::Request& request) {
  auto who = request.context.principal;
  const auto ref = ref_of(request);
  if (!who->may_enter(ref.name_space)) {
    auto missing = co_await sources.resources->get(who, ref);
    co_return fail(missing.error());
  }
  CO_TRY(dry_run, dry_run_of(request));
  CO_TRY(change, document_in(request));
  if (change.if_object() == nullptr) co_return fail(invalid("", "a patch is an object"));
  co_return co_await sources.resources->patch(who, ref, std::move(change), dry_run);
}

Async<Result<core::Written>> remove_one(const Sources& sources, http::Request& request) {
  auto who = request.context.principal;
  const auto ref = ref_of(request);
  CO_TRY(dry_run, dry_run_of(request));
  CO_TRY(version, number_of(request, "resourceVersion"));
  if (dry_run == core::DryRun::yes)
    co_return co_await sources.resources->try_removal(who, ref, version);
  co_return co_await sources.resources->remove(who, ref, version);
}

// Apply

Result<std::vector<json::Value>> documents_in(const http::Request& request) {
  if (is_yaml(request)) {
    TRY(documents, json::parse_yaml_documents(request.body));
    return documents;
  }
  TRY(value, json::parse(request.body));
  if (auto* array = value.if_array()) return std::move(*array);
  return std::vector<json::Value>{std::move(value)};
}

ApplyItem item_of(const core::Applied& applied) {
  ApplyItem item;
  item.kind = applied.ref.kind;
  item.namespace_ = applied.ref.name_space;
  item.name = applied.ref.name;
  if (!applied.error) {
    item.result = to_string(applied.outcome);
    item.resource = core::document_of(applied.resource);
    return item;
  }
  item.result = "failed";
  auto& fault = item.error.emplace();
  fault.reason = applied.error->reason();
  fault.message = applied.error->message();
  for (const auto& violation : applied.error->violations())
    fault.fields.push_back({violation.field, violation.description});
  return item;
}

Async<Result<ApplyList>> apply_all(const Sources& sources, http::Request& request) {
  core::ApplyRequest wanted;
  CO_TRY(name_space, value_of(request, "namespace"));
  if (name_space.empty()) name_space = request.context.principal->home();
  CO_TRY_VOID(auth::require_namespace(*request.context.principal, name_space));
  wanted.name_space = std::move(name_space);
  CO_TRY(dry_run, dry_run_of(request));
  wanted.dry_run = dry_run;
  CO_TRY(prune, value_of(request, "prune"));
  if (!prune.empty()) {
    CO_TRY(selector, core::LabelSelector::parse(prune, "prune"));
    wanted.prune = std::move(selector);
  }
  CO_TRY(documents, documents_in(request));
  wanted.documents = std::move(documents);
  auto& resources = *sources.resources;
  CO_TRY(applied,
         co_await core::apply_documents(resources, request.context.principal, std::move(wanted)));
  ApplyList list;
  for (const auto& one : applied) list.items.push_back(item_of(one));
  co_return list;
}

KindView view_of(const core::ResourceKind& kind) {
  KindView view;
  view.kind = kind.kind;
  view.apiVersion = core::kApiVersion;
  view.plural = kind.plural;
  view.singular = kind.singular;
  view.shortNames.assign(kind.short_names.begin(), kind.short_names.end());
  view.summary = kind.summary;
  return view;
}

}  // namespace

Async<http::Response> list(const Sources& sources, http::Request& request) {
  auto response = co_await list_or_follow(sources, request);
  if (!response) co_return http::Response::problem(response.error());
  co_return std::move(*response);
}

Async<http::Response> get(const Sources& sources, http::Request& request) {
  const auto found = co_await sources.resources->get(request.context.principal, ref_of(request));
  if (!found) co_return http::Response::problem(found.error());
  co_return answer_document(*found);
}

Async<http::Response> create(const Sources& sources, http::Request& request) {
  const auto written = co_await write(sources, request, false);
  co_return answer_written(written);
}

Async<http::Response> replace(const Sources& sources, http::Request& request) {
  const auto written = co_await write(sources, request, true);
  co_return answer_written(written);
}

Async<http::Response> patch(const Sources& sources, http::Request& request) {
  const auto written = co_await patch_one(sources, request);
  co_return answer_written(written);
}

Async<http::Response> remove(const Sources& sources, http::Request& request) {
  const auto written = co_await remove_one(sources, request);
  co_return answer_written(written);
}

Async<http::Response> apply(const Sources& sources, http::Request& request) {
  const auto applied = co_await apply_all(sources, request);
  if (!applied) co_return http::Response::problem(applied.error());
  co_return answer(*applied);
}

Async<http::Response> schemas(const Sources&, http::Request&) {
  KindList list;
  for (const auto& kind : core::resource_kinds()) list.items.push_back(view_of(kind));
  co_return answer(list);
}

Async<http::Response> schema(const Sources&, http::Request& request) {
  const auto name = request.param("kind");
  const auto* kind = core::find_kind(name);
  if (kind == nullptr) {
    const auto why = core::unknown_kind(name, "kind").message();
    co_return http::Response::problem(Error(Code::not_found, why));
  }
  co_return http::Response::json(200, json::to_string(core::document_schema(*kind)));
}

}  // namespace flotilla::api::resources
