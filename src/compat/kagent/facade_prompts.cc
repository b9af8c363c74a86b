#include <fmt/format.h>

#include "compat/kagent/facade_internal.h"

// Prompt libraries: ConfigMaps with kagent's label.
namespace flotilla::compat::kagent {

namespace {

constexpr std::string_view kPromptLabel = "kagent.dev/prompt-library";

bool is_prompts(const core::Resource& resource) {
  const auto label = resource.labels.find(std::string(kPromptLabel));
  return label != resource.labels.end() && label->second == "true";
}

json::Object prompts_detail(const core::Resource& resource) {
  json::Object out;
  out.append("namespace", resource.ref.name_space);
  out.append("name", resource.ref.name);
  const auto* data = resource.spec.find("data");
  out.append("data", data == nullptr ? json::Value(json::Object()) : *data);
  return out;
}

}  // namespace

Async<Answer> list_prompts(const Facade& facade, http::Request& request) {
  const auto name_space = request.query_value("namespace").value_or("");
  CO_TRY(resources, co_await all_of(facade, request.context.principal, "ConfigMap", name_space));
  json::Array list;
  for (const auto& resource : resources) {
    if (!is_prompts(resource)) continue;
    json::Object one;
    one.append("namespace", resource.ref.name_space);
    one.append("name", resource.ref.name);
    json::Array keys;
    if (const auto* data = resource.spec.find("data"); data != nullptr && data->if_object())
      for (const auto& [key, value] : data->if_object()->members()) keys.emplace_back(key);
    one.append("keyCount", keys.size());
    one.append("keys", std::move(keys));
    list.emplace_back(std::move(one));
  }
  co_return answer(std::move(list), "Successfully listed prompt templates");
}

Async<Answer> get_prompts(const Facade& facade, http::Request& request) {
  auto ref = ref_in(request, "ConfigMap");
  CO_TRY(resource, co_await facade.resources.get(request.context.principal, ref));
  if (!is_prompts(resource))
    co_return fail(Error(Code::not_found, fmt::format("there are no prompts {}", ref_text(ref))));
  co_return answer(prompts_detail(resource), "Successfully retrieved prompt template");
}

Async<Answer> put_prompts(const Facade& facade, http::Request& request) {
  CO_TRY(body, body_of(request));
  const bool creates = request.method == http::Method::post;
  auto principal = request.context.principal;
  std::string name_space(request.param("ns"));
  std::string name(request.param("name"));
  if (creates) {
    CO_TRY(given, needed_text_in(body, "name"));
    name = std::move(given);
    CO_TRY(in, text_in(body, "namespace"));
    name_space = in.empty() ? principal->home() : std::move(in);
  }
  core::ResourceRef ref{"ConfigMap", name_space, name};
  const auto before = co_await facade.resources.get(principal, ref);
  if (creates && before)
    co_return fail(Error(Code::already_exists, fmt::format("{} is there already", ref_text(ref))));
  if (!creates && (!before || !is_prompts(*before)))
    co_return fail(Error(Code::not_found, fmt::format("there are no prompts {}", ref_text(ref))));
  const auto* data = body.find("data");
  json::Object labels;
  labels.append(std::string(kPromptLabel), "true");
  json::Object metadata;
  metadata.append("name", name);
  metadata.append("namespace", name_space);
  metadata.append("labels", std::move(labels));
  json::Object document;
  document.append("apiVersion", "v1");
  document.append("kind", "ConfigMap");
  document.append("metadata", std::move(metadata));
  if (data != nullptr) document.append("data", *data);
  CO_TRY(resource, co_await apply_one(facade, principal, std::move(document), name_space));
  co_return answer(prompts_detail(resource), "Successfully wrote prompt template",
                   creates ? 201 : 200);
}

Async<Answer> delete_prompts(const Facade& facade, http::Request& request) {
  auto principal = request.context.principal;
  auto ref = ref_in(request, "ConfigMap");
  CO_TRY(resource, co_await facade.resources.get(principal, ref));
  if (!is_prompts(resource))
    co_return fail(Error(Code::not_found, fmt::format("there are no prompts {}", ref_text(ref))));
  CO_TRY_VOID(co_await facade.resources.remove(principal, std::move(ref)));
  co_return answer(json::Value(), "Successfully deleted prompt template");
}

}  // namespace flotilla::compat::kagent
