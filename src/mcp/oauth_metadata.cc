#include <algorithm>

#include "json/json.h"
#include "mcp/client_transport_internal.h"
#include "mcp/oauth_internal.h"

namespace flotilla::mcp {
namespace {

constexpr std::size_t kMetadataMax = std::size_t{1} << 20;

std::string text_at(const json::Object& object, std::string_view name) {
  const auto* value = object.find(name);
  return value == nullptr || value->if_string() == nullptr ? "" : *value->if_string();
}

bool flag_at(const json::Object& object, std::string_view name) {
  const auto* value = object.find(name);
  return value != nullptr && value->if_bool() != nullptr && *value->if_bool();
}

std::vector<std::string> texts_at(const json::Object& object, std::string_view name) {
  std::vector<std::string> out;
  const auto* value = object.find(name);
  if (value == nullptr || value->if_array() == nullptr) return out;
  for (const auto& item : *value->if_array()) {
    if (item.if_string() != nullptr) out.push_back(*item.if_string());
  }
  return out;
}

bool has(const std::vector<std::string>& list, std::string_view one) {
  return std::ranges::find(list, one) != list.end();
}

Result<json::Object> read_object(std::string_view text) {
  json::ParseLimits limits;
  limits.size = kMetadataMax;
  TRY(value, json::parse(text, limits));
  if (value.if_object() == nullptr) return fail(broken_protocol("metadata is no JSON object"));
  return std::move(*value.if_object());
}

/// The path without query and final slash; empty for the root.
std::string path_of(const http::Url& url) {
  auto path = url.target.substr(0, url.target.find('?'));
  while (path.ends_with('/')) path.pop_back();
  return path;
}

bool is_loopback(std::string_view host) {
  return host == "localhost" || host == "::1" || host.starts_with("127.");
}

}  // namespace

std::vector<std::string> resource_metadata_urls(const http::Url& server) {
  const std::string base = server.origin() + "/.well-known/oauth-protected-resource";
  const auto path = path_of(server);
  if (path.empty()) return {base};
  return {base + path, base};
}

std::vector<std::string> server_metadata_urls(const http::Url& issuer) {
  const auto origin = issuer.origin();
  const auto path = path_of(issuer);
  std::vector<std::string> urls = {origin + "/.well-known/oauth-authorization-server" + path,
                                   origin + "/.well-known/openid-configuration" + path};
  if (!path.empty()) urls.push_back(origin + path + "/.well-known/openid-configuration");
  return urls;
}

bool covers(const http::Url& resource, const http::Url& server) {
  if (resource.origin() != server.origin()) return false;
  const auto prefix = path_of(resource);
  const auto path = path_of(server);
  return path == prefix || path.starts_with(prefix + "/");
}

std::string canonical_resource(const http::Url& server) {
  return server.target == "/" ? server.origin() : server.to_string();
}

Result<ResourceMetadata> read_resource_metadata(std::string_view text) {
  TRY(object, read_object(text));
  ResourceMetadata found;
  found.resource = text_at(object, "resource");
  found.authorization_servers = texts_at(object, "authorization_servers");
  found.scopes = texts_at(object, "scopes_supported");
  return found;
}

Result<ServerMetadata> read_server_metadata(std::string_view text) {
  TRY(object, read_object(text));
  ServerMetadata found;
  found.issuer = text_at(object, "issuer");
  found.authorization_endpoint = text_at(object, "authorization_endpoint");
  found.token_endpoint = text_at(object, "token_endpoint");
  found.registration_endpoint = text_at(object, "registration_endpoint");
  found.auth_methods = texts_at(object, "token_endpoint_auth_methods_supported");
  found.scopes = texts_at(object, "scopes_supported");
  found.pkce = has(texts_at(object, "code_challenge_methods_supported"), "S256");
  found.metadata_documents = flag_at(object, "client_id_metadata_document_supported");
  found.names_issuer = flag_at(object, "authorization_response_iss_parameter_supported");
  found.dpop = has(texts_at(object, "dpop_signing_alg_values_supported"), "ES256");
  if (found.token_endpoint.empty())
    return fail(broken_protocol("the authorization server names no token_endpoint"));
  return found;
}

http::UrlAuthor OAuthFetcher::author_of(const http::Url& url) const {
  std::vector<std::string> written = {options_.url, options_.issuer};
  if (options_.identity_provider) written.push_back(options_.identity_provider->token_endpoint);
  for (const auto& text : written) {
    const auto own = http::parse_url(text);
    if (own && own->same_peer(url)) return options_.author;
  }
  return http::UrlAuthor::caller;
}

Result<> OAuthFetcher::check(const std::string& url) const {
  TRY(parsed, http::parse_url(url));
  if (parsed.tls || is_loopback(parsed.host)) return ok();
  if (author_of(parsed) == http::UrlAuthor::operator_) return ok();
  return fail(Error(Code::permission_denied, reason::kEgressDenied,
                    "the authorization server is not reached by https: " + shown(url)));
}

Async<Result<http::Response>> OAuthFetcher::send(http::ClientRequest request) {
  CO_TRY_VOID(check(request.url));
  CO_TRY(url, http::parse_url(request.url));
  request.author = author_of(url);
  request.timeout = options_.request_timeout;
  request.headers.set("Accept", "application/json");
  co_return co_await http_.fetch(std::move(request));
}

Async<Result<http::Response>> OAuthFetcher::get(std::string url) {
  http::ClientRequest request;
  request.url = std::move(url);
  request.headers.set("MCP-Protocol-Version", std::string(to_string(kNewest)));
  co_return co_await send(std::move(request));
}

Async<Result<http::Response>> OAuthFetcher::post(std::string url, http::Headers headers,
                                                 std::string body) {
  http::ClientRequest request;
  request.method = http::Method::post;
  request.url = std::move(url);
  request.headers = std::move(headers);
  request.body = std::move(body);
  co_return co_await send(std::move(request));
}

Async<Result<std::optional<ResourceMetadata>>> OAuthFetcher::find_resource(std::string named_url) {
  CO_TRY(server, http::parse_url(options_.url));
  std::vector<std::string> urls = resource_metadata_urls(server);
  if (!named_url.empty()) urls = {named_url};
  for (const auto& url : urls) {
    CO_TRY(answer, co_await get(url));
    if (answer.status != 200) continue;
    CO_TRY(found, read_resource_metadata(answer.body));
    const auto resource = http::parse_url(found.resource);
    if (!resource || !covers(*resource, server)) {
      co_return fail(
          Error(Code::permission_denied,
                "the server's metadata is of another resource: " + shown(found.resource)));
    }
    if (found.authorization_servers.empty())
      co_return fail(broken_protocol("the server's metadata names no authorization server"));
    co_return std::optional<ResourceMetadata>(std::move(found));
  }
  co_return std::optional<ResourceMetadata>();
}

Async<Result<std::optional<ServerMetadata>>> OAuthFetcher::find_server(std::string issuer,
                                                                       bool may_lack) {
  CO_TRY(base, http::parse_url(issuer));
  for (const auto& url : server_metadata_urls(base)) {
    CO_TRY(answer, co_await get(url));
    if (answer.status != 200) continue;
    CO_TRY(found, read_server_metadata(answer.body));
    // Servers of 2025-03-26 were found by their origin, not by their issuer.
    if (found.issuer != issuer && !may_lack) {
      co_return fail(Error(Code::permission_denied, "the authorization server's metadata is of " +
                                                        shown(found.issuer) + ", not of " +
                                                        shown(issuer)));
    }
    co_return std::optional<ServerMetadata>(std::move(found));
  }
  if (may_lack) co_return std::optional<ServerMetadata>();
  co_return fail(Error(Code::unavailable,
                       "no metadata of the authorization server " + shown(issuer) + " was found"));
}

}  // namespace flotilla::mcp
