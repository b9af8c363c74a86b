#include <fmt/format.h>
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>

#include <boost/describe.hpp>
#include <utility>

#include "base/hash.h"
#include "http/url.h"
#include "json/json.h"
#include "json/map.h"
#include "llm/sigv4_internal.h"
#include "llm/vertex_internal.h"

namespace flotilla::llm {
namespace {

constexpr std::string_view kScope = "https://www.googleapis.com/auth/cloud-platform";
constexpr std::string_view kTokenUri = "https://oauth2.googleapis.com/token";
/// By address: the name is the same machine's, and needs a resolver that knows it.
constexpr std::string_view kMetadata = "http://169.254.169.254";
constexpr std::string_view kMetadataPath =
    "/computeMetadata/v1/instance/service-accounts/default/token";
constexpr Duration kAssertionLife = std::chrono::hours(1);
/// A token is not used that ends sooner.
constexpr Duration kMargin = std::chrono::minutes(4);
constexpr std::string_view kCredentials = "/spec/vertex/credentials";

struct FreeKey {
  void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
  void operator()(BIO* bio) const { BIO_free(bio); }
  void operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); }
};

Error bad_key() {
  return invalid(std::string(kCredentials), "private_key is not the PEM of an RSA key");
}

Result<std::string> sign_rs256(const Secret& pem, std::string_view input) {
  const std::unique_ptr<BIO, FreeKey> bio(
      BIO_new_mem_buf(pem.reveal().data(), static_cast<int>(pem.reveal().size())));
  const std::unique_ptr<EVP_PKEY, FreeKey> key(
      PEM_read_bio_PrivateKey(bio.get(), nullptr, nullptr, nullptr));
  ERR_clear_error();  // TLS on this thread looks at the same queue
  if (!key || EVP_PKEY_is_a(key.get(), "RSA") != 1) return fail(bad_key());
  const std::unique_ptr<EVP_MD_CTX, FreeKey> context(EVP_MD_CTX_new());
  const auto* bytes = reinterpret_cast<const unsigned char*>(input.data());
  std::size_t size = 0;
  if (EVP_DigestSignInit(context.get(), nullptr, EVP_sha256(), nullptr, key.get()) != 1 ||
      EVP_DigestSign(context.get(), nullptr, &size, bytes, input.size()) != 1) {
    return fail(bad_key());
  }
  std::string out(size, '\0');
  if (EVP_DigestSign(context.get(), reinterpret_cast<unsigned char*>(out.data()), &size, bytes,
                     input.size()) != 1) {
    return fail(bad_key());
  }
  out.resize(size);
  return out;
}

bool is_google(std::string_view base_url) {
  const auto url = http::parse_url(base_url);
  return url && url->tls && url->host.ends_with(".googleapis.com");
}

/// Google's JSON of credentials, as far as it is used.
struct Credentials {
  std::string type;
  std::optional<std::string> client_email;
  std::optional<std::string> private_key_id;
  std::optional<std::string> private_key;
  std::optional<std::string> token_uri;
  std::optional<std::string> client_id;
  std::optional<std::string> client_secret;
  std::optional<std::string> refresh_token;
};
BOOST_DESCRIBE_STRUCT(Credentials, (),
                      (type, client_email, private_key_id, private_key, token_uri, client_id,
                       client_secret, refresh_token))

struct TokenAnswer {
  std::string access_token;
  std::optional<std::int64_t> expires_in;
};
BOOST_DESCRIBE_STRUCT(TokenAnswer, (), (access_token, expires_in))

Result<std::optional<Credentials>> read_credentials(const Secret& text) {
  if (text.empty()) return std::nullopt;
  // What the parser says of bad text may quote it.
  auto read = json::from_text<Credentials>(text.reveal());
  if (!read) {
    return fail(invalid(std::string(kCredentials),
                        "is not the JSON key of a service account, as Google Cloud makes it"));
  }
  const bool account = read->type == "service_account" && read->client_email && read->private_key;
  const bool user = read->type == "authorized_user" && read->client_id && read->client_secret &&
                    read->refresh_token;
  if (account || user) return std::move(*read);
  return fail(invalid(std::string(kCredentials),
                      "needs type service_account with client_email and private_key, or type "
                      "authorized_user with client_id, client_secret and refresh_token"));
}

std::string form(const std::vector<std::pair<std::string_view, std::string>>& fields) {
  std::string out;
  for (const auto& [name, value] : fields) {
    if (!out.empty()) out += '&';
    out += fmt::format("{}={}", name, uri_encode(value));
  }
  return out;
}

class TokenSource final : public GoogleTokens {
 public:
  TokenSource(const ModelSettings& settings, const ModelServices& services,
              std::optional<Credentials> credentials)
      : settings_(token_settings(settings, credentials.has_value())),
        services_(services),
        http_(settings_, services_),
        credentials_(std::move(credentials)) {}

  Async<Result<Secret>> token(const CallOptions& options) override {
    auto guard = co_await mutex_.lock();
    if (!token_.empty() && services_.clock.steady_now() < until_) co_return token_;
    CO_TRY(request, token_request());
    CallOptions own;
    own.deadline = options.deadline;
    CO_TRY(value, co_await http_.fetch(std::move(request), own));
    auto answer = json::read<TokenAnswer>(std::move(value));
    if (!answer || answer->access_token.empty()) {
      co_return fail(broken_answer(settings_, "the token endpoint gave no access_token"));
    }
    token_ = Secret(std::move(answer->access_token));
    const auto life = std::chrono::seconds(answer->expires_in.value_or(0));
    until_ = services_.clock.steady_now() + life - kMargin;
    co_return token_;
  }

 private:
  /// Tokens are fetched without what belongs to the model's own endpoint.
  static ModelSettings token_settings(const ModelSettings& settings, bool has_credentials) {
    ModelSettings out;
    out.provider = settings.provider;
    out.model = settings.model;
    out.timeout = std::min<Duration>(settings.timeout, std::chrono::seconds(30));
    out.author = has_credentials ? settings.author : http::UrlAuthor::platform;
    out.vertex.metadata_url = settings.vertex.metadata_url;
    return out;
  }

  Result<ProviderRequest> token_request() const {
    ProviderRequest request;
    request.headers.set("Accept", "application/json");
    if (!credentials_) {
      const auto& own = settings_.vertex.metadata_url;
      request.method = http::Method::get;
      request.url =
          fmt::format("{}{}", own.empty() ? kMetadata : std::string_view(own), kMetadataPath);
      request.headers.set("Metadata-Flavor", "Google");
      return request;
    }
    request.url = credentials_->token_uri.value_or(std::string(kTokenUri));
    request.headers.set("Content-Type", "application/x-www-form-urlencoded");
    if (credentials_->refresh_token) {
      request.key = Secret(*credentials_->client_secret);
      request.body = form({{"grant_type", "refresh_token"},
                           {"client_id", *credentials_->client_id},
                           {"client_secret", *credentials_->client_secret},
                           {"refresh_token", *credentials_->refresh_token}});
      return request;
    }
    ServiceAccount account;
    account.email = *credentials_->client_email;
    account.key_id = credentials_->private_key_id.value_or("");
    account.token_uri = request.url;
    account.private_key = Secret(*credentials_->private_key);
    TRY(assertion, signed_assertion(account, services_.clock.now()));
    request.body = form({{"grant_type", "urn:ietf:params:oauth:grant-type:jwt-bearer"},
                         {"assertion", std::move(assertion)}});
    return request;
  }

  ModelSettings settings_;
  ModelServices services_;
  ProviderHttp http_;
  std::optional<Credentials> credentials_;
  AsyncMutex mutex_;  // over the two below
  Secret token_;
  SteadyTime until_;
};

}  // namespace

std::string vertex_url(const ModelSettings& settings, std::string_view version,
                       std::string_view publisher, std::string_view method) {
  const auto& location = settings.vertex.location;
  std::string host = location + "-aiplatform.googleapis.com";
  if (location == "global") host = "aiplatform.googleapis.com";
  if (location == "us" || location == "eu") {
    host = fmt::format("aiplatform.{}.rep.googleapis.com", location);
  }
  std::string base = base_url_of(settings, "https://" + host);
  for (const std::string_view own : {"/v1", "/v1beta1"}) {
    if (base.ends_with(own)) base.resize(base.size() - own.size());
  }
  std::string model = uri_encode(settings.model);
  if (const auto at = model.find("%40"); at != std::string::npos) model.replace(at, 3, "@");
  return fmt::format("{}/{}/projects/{}/locations/{}/publishers/{}/models/{}:{}", base, version,
                     uri_encode(settings.vertex.project), uri_encode(location), publisher, model,
                     method);
}

Result<> check_vertex_settings(const ModelSettings& settings) {
  if (settings.vertex.project.empty()) {
    return fail(invalid("/spec/vertex/project", "is missing: the Google Cloud project's id"));
  }
  if (settings.vertex.location.empty()) {
    return fail(invalid("/spec/vertex/location", "is missing: a region, or global"));
  }
  if (settings.api_key_passthrough) {
    return fail(invalid("/spec/apiKeyPassthrough",
                        "cannot be used with Vertex AI, which takes tokens of its credentials"));
  }
  const bool own_identity = settings.vertex.credentials.empty();
  if (own_identity && settings.author != http::UrlAuthor::operator_) {
    return fail(invalid(std::string(kCredentials),
                        "is missing: only an administrator's ModelConfig may use the identity of "
                        "the machine"));
  }
  if (own_identity && !settings.base_url.empty() && !is_google(settings.base_url)) {
    return fail(invalid("/spec/vertex/credentials",
                        "is missing: the identity of the machine is for Google's hosts only, not "
                        "for spec.baseUrl"));
  }
  return ok();
}

Result<std::string> signed_assertion(const ServiceAccount& account, Time now) {
  json::Object header{{"alg", "RS256"}, {"typ", "JWT"}};
  if (!account.key_id.empty()) header.set("kid", account.key_id);
  const auto at = std::chrono::duration_cast<std::chrono::seconds>(now.time_since_epoch());
  const auto life = std::chrono::duration_cast<std::chrono::seconds>(kAssertionLife);
  const json::Object claims{{"iss", account.email},
                            {"scope", kScope},
                            {"aud", account.token_uri},
                            {"iat", std::int64_t{at.count()}},
                            {"exp", std::int64_t{(at + life).count()}}};
  const auto input = base64url(json::to_string(header)) + "." + base64url(json::to_string(claims));
  TRY(signature, sign_rs256(account.private_key, input));
  return input + "." + base64url(signature);
}

Result<std::unique_ptr<GoogleTokens>> GoogleTokens::make(const ModelSettings& settings,
                                                         const ModelServices& services) {
  TRY_VOID(check_vertex_settings(settings));
  TRY(credentials, read_credentials(settings.vertex.credentials));
  if (credentials && credentials->private_key) {
    // A key that cannot sign is said now, not with the first call.
    if (auto tried = sign_rs256(Secret(*credentials->private_key), ""); !tried)
      return fail(tried.error());
  }
  return std::make_unique<TokenSource>(settings, services, std::move(credentials));
}

}  // namespace flotilla::llm
