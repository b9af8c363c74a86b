#include "base/hash.h"
#include "mcp/oauth_internal.h"

namespace flotilla::mcp {

std::map<std::string, Secret> to_values(const OAuthState& state) {
  std::map<std::string, Secret> out;
  const auto put = [&out](const char* name, std::string text) {
    if (!text.empty()) out.emplace(name, Secret(std::move(text)));
  };
  put("issuer", state.issuer);
  put("client-id", state.client_id);
  put("client-secret", state.client_secret.reveal());
  put("auth-method", state.auth_method);
  put("access-token", state.access_token.reveal());
  put("refresh-token", state.refresh_token.reveal());
  put("token-type", state.token_type);
  put("token-endpoint", state.token_endpoint);
  put("resource", state.resource);
  put("scopes", join_scopes(state.scopes));
  if (state.expires) put("expires", format_time(*state.expires));
  put("dpop-key", base64(state.dpop_key.reveal()));
  return out;
}

OAuthState state_from(const std::map<std::string, Secret>& values) {
  const auto take = [&values](const char* name) {
    const auto found = values.find(name);
    return found == values.end() ? std::string() : found->second.reveal();
  };
  OAuthState state;
  state.issuer = take("issuer");
  state.client_id = take("client-id");
  state.client_secret = Secret(take("client-secret"));
  state.auth_method = take("auth-method");
  state.access_token = Secret(take("access-token"));
  state.refresh_token = Secret(take("refresh-token"));
  state.token_type = take("token-type");
  state.token_endpoint = take("token-endpoint");
  state.resource = take("resource");
  state.scopes = split_scopes(take("scopes"));
  state.expires = parse_time(take("expires"));
  state.dpop_key = Secret(decode_base64(take("dpop-key")).value_or(""));
  return state;
}

}  // namespace flotilla::mcp
