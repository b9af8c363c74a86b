#include <fmt/format.h>

#include <utility>

#include "http/url.h"
#include "json/json.h"
#include "llm/answer_builder_internal.h"
#include "llm/answer_stream_internal.h"
#include "llm/bedrock_http_internal.h"
#include "llm/bedrock_wire_internal.h"
#include "llm/providers_internal.h"
#include "llm/request_parts_internal.h"
#include "llm/sigv4_internal.h"

namespace flotilla::llm {
namespace {

constexpr std::string_view kService = "bedrock";

std::string base_of(const ModelSettings& settings) {
  const auto& region = settings.bedrock.region;
  const std::string_view suffix = region.starts_with("cn-") ? ".cn" : "";
  return base_url_of(settings,
                     fmt::format("https://bedrock-runtime.{}.amazonaws.com{}", region, suffix));
}

class BedrockModel final : public Model {
 public:
  BedrockModel(ModelSettings settings, const ModelServices& services)
      : settings_(std::move(settings)),
        services_(services),
        http_(settings_, services_),
        provider_(wire_name(settings_.provider)) {}

  Async<Result<Answer>> generate(const Request& request, DeltaSink* sink,
                                 const CallOptions& options) override {
    CO_TRY(body, bedrock_request(settings_, request));
    std::string_view operation = "converse";
    if (sink != nullptr) operation = "converse-stream";
    CO_TRY(call, bedrock_http_request(settings_, http_, operation, json::to_string(body), options,
                                      services_.clock.now()));
    if (sink == nullptr) {
      CO_TRY(answer, co_await http_.fetch(std::move(call), options));
      co_return bedrock_answer(settings_, answer);
    }
    CO_TRY(stream, co_await http_.open(std::move(call), options));
    co_return co_await read(*stream, *sink);
  }

  [[nodiscard]] const std::string& provider() const override { return provider_; }
  [[nodiscard]] const std::string& name() const override { return settings_.model; }

 private:
  Async<Result<Answer>> read(http::ClientStream& stream, DeltaSink& sink) {
    EventStreamParser parser;
    BedrockStream answer(settings_);
    std::size_t bytes = 0;
    while (!answer.done()) {
      auto piece = co_await stream.read();
      if (!piece) {
        const auto& error = piece.error();
        co_return fail(Error(error.code(), error.reason(),
                             fmt::format("{}: {}", title_of(settings_), error.message())));
      }
      if (!*piece) break;
      bytes += (*piece)->size();
      if (bytes > kMaxAnswerBytes) {
        co_return fail(answer_too_large(fmt::format("{}: the answer is larger than {} bytes",
                                                    title_of(settings_), kMaxAnswerBytes)));
      }
      std::vector<EventStreamMessage> messages;
      if (auto fed = parser.feed(**piece, messages); !fed) {
        co_return fail(titled(settings_, fed.error()));
      }
      for (const auto& message : messages) {
        CO_TRY_VOID(answer.feed(message));
      }
      CO_TRY_VOID(co_await deliver(answer.take_deltas(), sink));
    }
    if (answer.done()) co_await drain(stream, services_.clock);
    co_return answer.finish();
  }

  ModelSettings settings_;
  ModelServices services_;
  ProviderHttp http_;
  std::string provider_;
};

}  // namespace

Result<ProviderRequest> bedrock_http_request(const ModelSettings& settings,
                                             const ProviderHttp& http, std::string_view operation,
                                             std::string body, const CallOptions& options,
                                             Time now) {
  ProviderRequest call;
  call.url =
      fmt::format("{}/model/{}/{}", base_of(settings), uri_encode(settings.model), operation);
  call.body = std::move(body);
  call.headers.set("Content-Type", "application/json");
  call.headers.set("Accept", operation.ends_with("-stream") ? "application/vnd.amazon.eventstream"
                                                            : "application/json");
  const auto& bedrock = settings.bedrock;
  if (bedrock.access_key_id.empty()) {
    TRY(key, http.key_of(options));
    if (!key.empty()) call.headers.set("Authorization", "Bearer " + key.reveal());
    call.key = std::move(key);
    return call;
  }
  TRY(url, http::parse_url(call.url));
  AwsCredentials credentials;
  credentials.access_key_id = bedrock.access_key_id.reveal();
  credentials.secret_access_key = bedrock.secret_access_key;
  if (!bedrock.session_token.empty()) credentials.session_token = bedrock.session_token;
  const auto host = url.authority();
  const SigV4Request signed_part{.method = "POST",
                                 .host = host,
                                 .target = url.target,
                                 .headers = {{"Content-Type", "application/json"}},
                                 .body = call.body};
  for (auto& [name, value] : sign_v4(signed_part, bedrock.region, kService, credentials, now)) {
    call.headers.set(name, std::move(value));
  }
  call.key = bedrock.secret_access_key;
  return call;
}

Result<ModelPtr> make_bedrock(ModelSettings settings, const ModelServices& services) {
  TRY_VOID(check_bedrock_settings(settings));
  return std::make_shared<BedrockModel>(std::move(settings), services);
}

}  // namespace flotilla::llm
