#include <tuple>

#include <fmt/format.h>

#include "compat/kagent/facade_internal.h"

// Model configurations.
namespace flotilla::compat::kagent {

namespace {

/// `namespace/name`; without a namespace the caller's.
std::pair<std::string, std::string> parse_ref(const std::string& ref, const Principal& principal) {
  const auto slash = ref.find('/');
  if (slash == std::string::npos) return {principal.home(), ref};
  return {ref.substr(0, slash), ref.substr(slash + 1)};
}

json::Object model_config_answer(const core::Resource& resource) {
  auto document = model_config_document(resource);
  json::Object out;
  out.append("ref", ref_text(resource.ref));
  out.append("spec", std::move(*document.find("spec")));
  out.append("status", resource.status);
  return out;
}

}  // namespace

Async<Answer> list_model_configs(const Facade& facade, http::Request& request) {
  CO_TRY(resources, co_await all_of(facade, request.context.principal, "ModelConfig", ""));
  json::Array list;
  for (const auto& resource : resources) list.emplace_back(model_config_answer(resource));
  co_return answer(std::move(list), "Successfully listed ModelConfigs");
}

Async<Answer> get_model_config(const Facade& facade, http::Request& request) {
  auto ref = ref_in(request, "ModelConfig");
  CO_TRY(resource, co_await facade.resources.get(request.context.principal, std::move(ref)));
  co_return answer(model_config_answer(resource), "Successfully retrieved ModelConfig");
}

Async<Answer> put_model_config(const Facade& facade, http::Request& request) {
  CO_TRY(body, body_of(request));
  auto principal = request.context.principal;
  const bool creates = request.method == http::Method::post;
  std::string name_space(request.param("ns"));
  std::string name(request.param("name"));
  if (creates) {
    CO_TRY(ref, needed_text_in(body, "ref"));
    std::tie(name_space, name) = parse_ref(ref, *principal);
  }
  core::ResourceRef ref{"ModelConfig", name_space, name};
  const auto before = co_await facade.resources.get(principal, ref);
  if (creates && before)
    co_return fail(Error(Code::already_exists, fmt::format("{} is there already", ref_text(ref))));
  if (!creates && !before) co_return fail(before.error());
  auto* spec = body.find("spec");
  if (spec == nullptr || spec->if_object() == nullptr)
    co_return fail(invalid("/spec", "is missing"));
  CO_TRY(documents, secrets_in(body, name_space));
  CO_TRY(key, text_in(body, "apiKey"));
  if (!key.empty()) {
    // The Secret that kagent's controller makes of an inline key.
    std::map<std::string, std::string> values{{"api-key", key}};
    documents.push_back(secret_document(name_space, name, values));
    spec->if_object()->set("apiKeySecret", name);
    spec->if_object()->set("apiKeySecretKey", "api-key");
  }
  for (auto& document : documents)
    CO_TRY_VOID(co_await apply_one(facade, principal, std::move(document), name_space));
  auto document = kagent_document("kagent.dev/v1alpha2", "ModelConfig", name_space, name, *spec);
  CO_TRY(resource, co_await apply_one(facade, principal, std::move(document), name_space));
  co_return answer(
      model_config_answer(resource),
      creates ? "Successfully created ModelConfig" : "Successfully updated ModelConfig",
      creates ? 201 : 200);
}

Async<Answer> delete_model_config(const Facade& facade, http::Request& request) {
  auto ref = ref_in(request, "ModelConfig");
  CO_TRY_VOID(co_await facade.resources.remove(request.context.principal, std::move(ref)));
  co_return answer(json::Value(), "Successfully deleted ModelConfig");
}

}  // namespace flotilla::compat::kagent
