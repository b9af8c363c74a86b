#include "llm/vertex_internal.h"

#include <gtest/gtest.h>
#include <openssl/evp.h>
#include <openssl/pem.h>

#include <boost/asio/this_coro.hpp>

#include "async/task_group.h"
#include "base/hash.h"
#include "llm/fake_provider_testing_internal.h"
#include "llm/providers_internal.h"

namespace flotilla::llm {
namespace {

using testing::event_answer;
using testing::json_answer;
using testing::Listener;

struct Key {
  Key() : pkey(EVP_PKEY_Q_keygen(nullptr, nullptr, "RSA", std::size_t{2048})) {
    BIO* bio = BIO_new(BIO_s_mem());
    PEM_write_bio_PrivateKey(bio, pkey, nullptr, nullptr, 0, nullptr, nullptr);
    char* text = nullptr;
    const auto size = BIO_get_mem_data(bio, &text);
    pem.assign(text, static_cast<std::size_t>(size));
    BIO_free(bio);
  }
  ~Key() { EVP_PKEY_free(pkey); }
  [[nodiscard]] bool verifies(std::string_view input, std::string_view signature) const {
    EVP_MD_CTX* context = EVP_MD_CTX_new();
    const bool good =
        EVP_DigestVerifyInit(context, nullptr, EVP_sha256(), nullptr, pkey) == 1 &&
        EVP_DigestVerify(context, reinterpret_cast<const unsigned char*>(signature.data()),
                         signature.size(), reinterpret_cast<const unsigned char*>(input.data()),
                         input.size()) == 1;
    EVP_MD_CTX_free(context);
    return good;
  }
  EVP_PKEY* pkey;
  std::string pem;
};

const Key& key() {
  static const Key made;
  return made;
}

ModelSettings on_vertex(const testing::ModelWorld& world, Provider provider, std::string model) {
  auto settings = world.settings(provider, std::move(model));
  settings.vertex.project = "my-project";
  settings.vertex.location = "europe-west1";
  settings.vertex.credentials =
      Secret(json::to_string(json::Object{{"type", "service_account"},
                                          {"client_email", "me@my-project.iam.gserviceaccount.com"},
                                          {"private_key_id", "k1"},
                                          {"private_key", key().pem},
                                          {"token_uri", world.provider.url() + "/token"}}));
  return settings;
}

Request question() {
  Request request;
  request.messages.push_back(text_message(MessageRole::user, "Hi"));
  return request;
}

const std::vector<std::string> kClaude{
    R"({"type":"message_start","message":{"id":"m","model":"claude-opus-4-1","usage":{"input_tokens":1}}})",
    R"({"type":"content_block_start","index":0,"content_block":{"type":"text","text":""}})",
    R"({"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"Hello"}})",
    R"({"type":"message_delta","delta":{"stop_reason":"end_turn"},"usage":{"output_tokens":2}})",
    R"({"type":"message_stop"})"};
const std::string kToken =
    R"({"access_token":"ya29.token","expires_in":3599,"token_type":"Bearer"})";
const std::string kGemini =
    R"({"candidates":[{"content":{"parts":[{"text":"Hello"}]},"finishReason":"STOP"}]})";

TEST(Vertex, an_assertion_is_a_signed_jwt) {
  ServiceAccount account;
  account.email = "me@x";
  account.key_id = "k1";
  account.token_uri = "https://oauth2.googleapis.com/token";
  account.private_key = Secret(key().pem);
  const auto token = signed_assertion(account, Time{std::chrono::seconds{1'800'000'000}});
  ASSERT_TRUE(token);
  const auto first = token->find('.');
  const auto second = token->find('.', first + 1);
  EXPECT_EQ(decode_base64(token->substr(0, first)), R"({"alg":"RS256","typ":"JWT","kid":"k1"})");
  EXPECT_EQ(
      decode_base64(token->substr(first + 1, second - first - 1)),
      R"({"iss":"me@x","scope":"https://www.googleapis.com/auth/cloud-platform","aud":"https://oauth2.googleapis.com/token","iat":1800000000,"exp":1800003600})");
  EXPECT_TRUE(key().verifies(token->substr(0, second), *decode_base64(token->substr(second + 1))));
}

MODEL_TEST(Vertex, a_claude_is_asked_with_a_token_of_the_service_account) {
  world.provider.answer(json_answer(kToken));
  world.provider.answer(event_answer(kClaude));
  world.provider.answer(event_answer(kClaude));
  const auto model = make_anthropic(
      on_vertex(world, Provider::anthropic_vertex, "claude-opus-4-1@20250805"), world.services());
  CO_ASSERT_OK(model);
  const auto request = question();
  for (int i = 0; i < 2; ++i) {
    Listener listener;
    const auto answer = co_await (*model)->generate(request, &listener, CallOptions());
    CO_ASSERT_OK(answer);
    EXPECT_EQ(listener.text(), "Hello");
  }
  CO_ASSERT_EQ(world.provider.requests.size(), 3U);
  const auto& token = world.provider.requests[0];
  EXPECT_EQ(token.line(), "POST /token HTTP/1.1");
  EXPECT_EQ(token.header("Content-Type"), "application/x-www-form-urlencoded");
  EXPECT_TRUE(token.body.starts_with(
      "grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Ajwt-bearer&assertion=ey"));
  EXPECT_EQ(token.header("x-api-key"), "");
  const auto& call = world.provider.requests[1];
  EXPECT_EQ(call.line(),
            "POST /v1/projects/my-project/locations/europe-west1/publishers/anthropic/models/"
            "claude-opus-4-1@20250805:streamRawPredict HTTP/1.1");
  EXPECT_EQ(call.header("Authorization"), "Bearer ya29.token");
}

MODEL_TEST(Vertex, a_gemini_is_asked_at_the_same_place) {
  world.provider.answer(json_answer(kToken));
  world.provider.answer(event_answer({kGemini}));
  const auto model =
      make_gemini(on_vertex(world, Provider::gemini_vertex, "gemini-2.5-pro"), world.services());
  CO_ASSERT_OK(model);
  const auto request = question();
  Listener listener;
  const auto answer = co_await (*model)->generate(request, &listener, CallOptions());
  CO_ASSERT_OK(answer);
  EXPECT_EQ(world.provider.requests.at(1).line(),
            "POST /v1beta1/projects/my-project/locations/europe-west1/publishers/google/models/"
            "gemini-2.5-pro:streamGenerateContent?alt=sse HTTP/1.1");
}

MODEL_TEST(Vertex, a_token_is_renewed_before_it_ends) {
  const auto model =
      make_gemini(on_vertex(world, Provider::gemini_vertex, "gemini-2.5-pro"), world.services());
  CO_ASSERT_OK(model);
  const auto request = question();
  for (const int tokens : {1, 1, 2}) {
    if (static_cast<std::size_t>(tokens) > world.provider.requests.size() / 2) {
      world.provider.answer(json_answer(kToken));
    }
    world.provider.answer(json_answer(kGemini));
    const auto answer = co_await (*model)->generate(request, nullptr, CallOptions());
    CO_ASSERT_OK(answer);
    int seen = 0;
    for (const auto& sent : world.provider.requests) seen += sent.line().contains("/token") ? 1 : 0;
    EXPECT_EQ(seen, tokens);
    world.clock.advance(std::chrono::minutes(29));
  }
}

Async<> ask(std::shared_ptr<Model> model, int& answered) {
  const auto request = question();
  const auto answer = co_await model->generate(request, nullptr, CallOptions());
  answered += answer ? 1 : 0;
}

MODEL_TEST(Vertex, many_calls_at_once_fetch_one_token) {
  const auto model =
      make_gemini(on_vertex(world, Provider::gemini_vertex, "gemini-2.5-pro"), world.services());
  CO_ASSERT_OK(model);
  world.provider.answer(json_answer(kToken));
  for (int i = 0; i < 8; ++i) world.provider.answer(json_answer(kGemini));
  int answered = 0;
  TaskGroup group(co_await boost::asio::this_coro::executor);
  for (int i = 0; i < 8; ++i) group.spawn(ask(*model, answered));
  co_await group.join();
  EXPECT_EQ(answered, 8);
  EXPECT_EQ(world.provider.requests.size(), 9U);
}

MODEL_TEST(Vertex, the_machines_own_identity_comes_from_its_metadata_server) {
  world.provider.answer(json_answer(kToken));
  auto settings = on_vertex(world, Provider::gemini_vertex, "gemini-2.5-pro");
  settings.vertex.credentials = Secret();
  settings.vertex.metadata_url = world.provider.url();
  settings.base_url.clear();
  const auto tokens = GoogleTokens::make(settings, world.services());
  CO_ASSERT_OK(tokens);
  const auto token = co_await (*tokens)->token(CallOptions());
  CO_ASSERT_OK(token);
  EXPECT_EQ(token->reveal(), "ya29.token");
  const auto& sent = world.provider.requests.at(0);
  EXPECT_EQ(sent.line(),
            "GET /computeMetadata/v1/instance/service-accounts/default/token HTTP/1.1");
  EXPECT_EQ(sent.header("Metadata-Flavor"), "Google");
}

MODEL_TEST(Vertex, a_refused_token_says_so_and_quotes_no_secret) {
  world.provider.answer(json_answer(
      R"({"error":"invalid_grant","error_description":"Invalid JWT Signature."})", 400));
  const auto model =
      make_gemini(on_vertex(world, Provider::gemini_vertex, "gemini-2.5-pro"), world.services());
  CO_ASSERT_OK(model);
  const auto request = question();
  const auto answer = co_await (*model)->generate(request, nullptr, CallOptions());
  CO_ASSERT_FALSE(answer.has_value());
  EXPECT_NE(answer.error().message().find("invalid_grant"), std::string::npos)
      << answer.error().message();
}

MODEL_TEST(Vertex, embeds_by_the_method_of_the_model) {
  world.provider.answer(json_answer(kToken));
  world.provider.answer(json_answer(
      R"({"predictions":[{"embeddings":{"values":[1,2],"statistics":{"token_count":5}}}]})"));
  auto settings = on_vertex(world, Provider::gemini_vertex, "gemini-embedding-001");
  const auto old = make_gemini_embeddings(settings, world.services());
  CO_ASSERT_OK(old);
  const std::vector<std::string> texts{"a"};
  auto embeddings = co_await (*old)->embed(texts, CallOptions());
  CO_ASSERT_OK(embeddings);
  EXPECT_EQ(embeddings->usage.inputTokens, 5);
  EXPECT_EQ(world.provider.requests.at(1).body, R"({"instances":[{"content":"a"}]})");
  settings.model = "gemini-embedding-2";
  const auto newer = make_gemini_embeddings(settings, world.services());
  CO_ASSERT_OK(newer);
  world.provider.answer(json_answer(kToken));
  world.provider.answer(json_answer(R"({"embedding":{"values":[3,4]}})"));
  embeddings = co_await (*newer)->embed(texts, CallOptions());
  CO_ASSERT_OK(embeddings);
  EXPECT_TRUE(world.provider.requests.at(3).line().contains("gemini-embedding-2:embedContent"));
  EXPECT_EQ(world.provider.requests.at(3).body, R"({"content":{"parts":[{"text":"a"}]}})");
}

MODEL_TEST(Vertex, settings_that_cannot_work_are_refused_by_name) {
  const auto good = on_vertex(world, Provider::gemini_vertex, "gemini-2.5-pro");
  auto project = good;
  project.vertex.project.clear();
  auto location = good;
  location.vertex.location.clear();
  auto text = good;
  text.vertex.credentials = Secret("{\"type\": \"s3cret");
  auto kind = good;
  kind.vertex.credentials = Secret(R"({"type":"external_account"})");
  auto pem = good;
  pem.vertex.credentials =
      Secret(R"({"type":"service_account","client_email":"x","private_key":"nonsense"})");
  auto own = good;
  own.vertex.credentials = Secret();
  auto guest = own;
  guest.base_url.clear();
  guest.author = http::UrlAuthor::caller;
  auto through = good;
  through.api_key_passthrough = true;
  const std::vector<std::pair<std::string, ModelSettings>> cases{
      {"/spec/vertex/project", project},   {"/spec/vertex/location", location},
      {"/spec/vertex/credentials", text},  {"/spec/vertex/credentials", kind},
      {"/spec/vertex/credentials", pem},   {"/spec/vertex/credentials", own},
      {"/spec/vertex/credentials", guest}, {"/spec/apiKeyPassthrough", through}};
  for (const auto& [field, settings] : cases) {
    const auto model = make_gemini(settings, world.services());
    CO_ASSERT_FALSE(model.has_value());
    EXPECT_EQ(model.error().violations().at(0).field, field);
    EXPECT_EQ(model.error().message().find("s3cret"), std::string::npos);
  }
  co_return;
}

TEST(Vertex, hosts_are_those_of_the_location) {
  ModelSettings settings;
  settings.model = "m";
  settings.vertex.project = "p";
  const std::vector<std::pair<std::string, std::string>> cases{
      {"global", "https://aiplatform.googleapis.com/v1/"},
      {"us", "https://aiplatform.us.rep.googleapis.com/v1/"},
      {"europe-west1", "https://europe-west1-aiplatform.googleapis.com/v1/"}};
  for (const auto& [location, start] : cases) {
    settings.vertex.location = location;
    EXPECT_TRUE(vertex_url(settings, "v1", "google", "predict").starts_with(start)) << location;
  }
}

}  // namespace
}  // namespace flotilla::llm
