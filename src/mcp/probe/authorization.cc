#include "base/hash.h"
#include "mcp/probe/scenario.h"

namespace flotilla::mcp::probe {
namespace {

constexpr std::string_view kMetadataUrl = "https://conformance-test.local/client-metadata.json";

std::string text_at(const json::Object& object, std::string_view name) {
  const auto* value = object.find(name);
  return value == nullptr || value->if_string() == nullptr ? "" : *value->if_string();
}

/// PKCS #8 between the lines of a PEM file.
Result<auth::PrivateKey> read_pem(std::string_view pem) {
  std::string body;
  while (!pem.empty()) {
    const auto end = std::min(pem.find('\n'), pem.size());
    const auto line = pem.substr(0, end);
    if (!line.starts_with("-----")) body += line;
    pem.remove_prefix(std::min(end + 1, pem.size()));
  }
  auto der = decode_base64(body);
  if (!der) return fail(invalid("private_key_pem", "is no PEM"));
  return auth::PrivateKey::from_der(Secret(std::move(*der)));
}

}  // namespace

Async<Result<std::string>> FollowRedirect::authorize(std::string url) {
  http::ClientRequest request;
  request.url = std::move(url);
  CO_TRY(answer, co_await http_.fetch(std::move(request)));
  const auto location = answer.headers.find("Location");
  if (!location) co_return fail(Error(Code::unauthenticated, "the page did not redirect"));
  co_return std::string(*location);
}

Result<OAuthOptions> oauth_options(const Scenario& scenario) {
  OAuthOptions options;
  options.url = scenario.url;
  options.client_id = text_at(scenario.context, "client_id");
  options.client_secret = Secret(text_at(scenario.context, "client_secret"));
  options.client_metadata_url = kMetadataUrl;
  if (scenario.name.starts_with("auth/client-credentials"))
    options.grant = OAuthGrantType::client_credentials;
  if (const auto pem = text_at(scenario.context, "private_key_pem"); !pem.empty()) {
    TRY(key, read_pem(pem));
    options.client_key = std::move(key);
  }
  if (scenario.name == "auth/wif-jwt-bearer") {
    options.grant = OAuthGrantType::jwt_bearer;
    options.assertion = Secret(text_at(scenario.context, "valid_jwt"));
  }
  if (scenario.name == "auth/enterprise-managed-authorization") {
    options.grant = OAuthGrantType::enterprise_managed;
    IdentityProvider provider;
    provider.token_endpoint = text_at(scenario.context, "idp_token_endpoint");
    provider.client_id = text_at(scenario.context, "idp_client_id");
    provider.id_token = Secret(text_at(scenario.context, "idp_id_token"));
    options.identity_provider = std::move(provider);
  }
  return options;
}

}  // namespace flotilla::mcp::probe
