#include "app/tracing.h"

#include <charconv>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <utility>

#include "app/version.h"
#include "base/id.h"

namespace flotilla::app {

namespace {

constexpr std::size_t kNameThreads = 1;
constexpr std::size_t kNameQueue = 16;
constexpr std::size_t kAnswerLimit = std::size_t{64} << 10;
constexpr Duration kPatience = std::chrono::seconds(2);

std::optional<std::string> variable(std::string_view name) {
  const char* value = std::getenv(std::string(name).c_str());
  if (value == nullptr) return std::nullopt;
  return std::string(value);
}

http::ClientOptions client_options(const telemetry::otlp::Settings& settings) {
  http::ClientOptions options;
  options.ca_file = settings.ca_file;
  options.body_limit = kAnswerLimit;
  options.max_idle_per_host = 1;
  return options;
}

Result<std::string> read_pem(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::string text{std::istreambuf_iterator<char>(file), {}};
  if (file && !text.empty()) return text;
  return fail(Error(Code::invalid_argument, reason::kInvalidConfig,
                    "cannot read " + path + ", which an OTEL_EXPORTER_OTLP variable names"));
}

/// Null where the client's own options do.
Result<http::ClientTlsPtr> client_tls(const telemetry::otlp::Settings& settings) {
  if (settings.certificate_file.empty()) return http::ClientTlsPtr();
  http::ClientTlsOptions options;
  TRY(certificate, read_pem(settings.certificate_file));
  options.certificate = std::move(certificate);
  TRY(key, read_pem(settings.key_file));
  options.key = Secret(std::move(key));
  if (!settings.ca_file.empty()) {
    TRY(authorities, read_pem(settings.ca_file));
    options.ca = std::move(authorities);
  }
  return http::make_client_tls(options);
}

/// Seconds only: a receiver that names a date is asked again at our own pace.
std::optional<Duration> retry_after(const http::Response& response) {
  const auto text = response.headers.find("Retry-After").value_or("");
  int seconds = 0;
  const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), seconds);
  if (failed != std::errc{} || end != text.data() + text.size() || seconds < 0) return std::nullopt;
  return std::chrono::seconds(seconds);
}

}  // namespace

class Tracing::Post final : public telemetry::otlp::Transport {
 public:
  Post(http::Client& client, const telemetry::otlp::Settings& settings, http::ClientTlsPtr tls)
      : client_(client), url_(settings.url), tls_(std::move(tls)), headers_(settings.headers) {}

  Async<Result<telemetry::otlp::Reply>> post(std::string body, Duration timeout) override {
    http::ClientRequest request;
    request.method = http::Method::post;
    request.url = url_;
    request.headers.set("Content-Type", "application/x-protobuf");
    for (const auto& [name, value] : headers_) request.headers.set(name, value.reveal());
    request.body = std::move(body);
    request.timeout = timeout;
    request.tls = tls_;
    CO_TRY(response, co_await client_.fetch(std::move(request)));
    telemetry::otlp::Reply reply;
    reply.status = response.status;
    reply.retry_after = retry_after(response);
    reply.body = std::move(response.body);
    co_return reply;
  }

 private:
  http::Client& client_;
  std::string url_;
  http::ClientTlsPtr tls_;
  std::vector<std::pair<std::string, Secret>> headers_;
};

Result<std::optional<telemetry::otlp::Settings>> trace_settings(const std::string& endpoint) {
  return telemetry::otlp::read_settings(endpoint, std::string(kVersion), variable);
}

Result<std::unique_ptr<Tracing>> Tracing::make(telemetry::otlp::Settings settings, Executor loop,
                                               const http::EgressPolicy& egress,
                                               telemetry::Registry& metrics) {
  TRY(tls, client_tls(settings));
  return std::unique_ptr<Tracing>(
      new Tracing(std::move(settings), std::move(tls), std::move(loop), egress, metrics));
}

Tracing::Tracing(telemetry::otlp::Settings settings, http::ClientTlsPtr tls, Executor loop,
                 const http::EgressPolicy& egress, telemetry::Registry& metrics)
    : names_("otlp-dns", kNameThreads, kNameQueue),
      client_(loop, system_clock(), names_, egress, client_options(settings)),
      post_(std::make_unique<Post>(client_, settings, std::move(tls))),
      exporter_(loop, system_clock(), metrics, *post_, std::move(settings.exporter)),
      tracer_(system_clock(), system_random(), &exporter_, settings.sampling,
              settings.captures_content) {}

Tracing::~Tracing() = default;

void Tracing::start() {
  exporter_.start();
}

Async<> Tracing::stop() {
  return exporter_.stop(kPatience);
}

}  // namespace flotilla::app
