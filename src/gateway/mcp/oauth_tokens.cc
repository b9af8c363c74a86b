#include "gateway/mcp/oauth_tokens.h"

#include <utility>

#include "core/resource_kind.h"

namespace flotilla::gateway {

std::string token_secret_name(std::string_view server) {
  return std::string(server) + "-oauth";
}

Async<Result<std::optional<mcp::OAuthState>>> SecretTokenStore::load() {
  auto values = co_await resources_.secret(server_.name_space, token_secret_name(server_.name));
  if (!values && values.error().code() == Code::not_found)
    co_return std::optional<mcp::OAuthState>();
  if (!values) co_return fail(values.error());
  co_return std::optional<mcp::OAuthState>(mcp::state_from(*values));
}

Async<Result<>> SecretTokenStore::save(mcp::OAuthState state) {
  json::Object values;
  for (const auto& [name, value] : mcp::to_values(state)) values.set(name, value.reveal());
  core::Manifest manifest;
  manifest.ref = server_;
  manifest.ref.kind = core::kSecretKind;
  manifest.ref.name = token_secret_name(server_.name);
  core::OwnerReference owner;
  owner.kind = server_.kind;
  owner.name = server_.name;
  manifest.owners.push_back(std::move(owner));
  json::Object spec;
  spec.set("stringData", std::move(values));
  manifest.spec = std::move(spec);
  auto written = co_await resources_.apply(nullptr, std::move(manifest));
  if (!written) co_return fail(written.error());
  co_return ok();
}

Async<Result<mcp::OAuthOptions>> plan_oauth(core::Resources& resources, core::Resource server,
                                            core::ToolServerSpec spec) {
  const auto& given = *spec.oauth;
  mcp::OAuthOptions options;
  options.url = spec.url.value_or("");
  options.author = server.by_admin ? http::UrlAuthor::operator_ : http::UrlAuthor::caller;
  if (given.grant == core::OauthGrant::client_credentials)
    options.grant = mcp::OAuthGrantType::client_credentials;
  options.client_id = given.clientId.value_or("");
  options.client_metadata_url = given.clientMetadataUrl.value_or("");
  options.scopes = given.scopes;
  if (!given.clientSecretRef) co_return options;
  const auto& ref = *given.clientSecretRef;
  auto secret = co_await resources.secret_value(server.ref.name_space, ref.name, ref.key);
  if (!secret)
    co_return fail(Error(secret.error().code(), secret.error().message())
                       .with_field("/spec/oauth/clientSecretRef", secret.error().message()));
  options.client_secret = std::move(*secret);
  co_return options;
}

}  // namespace flotilla::gateway
