#include <fmt/format.h>

#include <algorithm>
#include <boost/asio/this_coro.hpp>
#include <utility>

#include "base/utf8.h"
#include "http/status.h"
#include "json/json.h"
#include "llm/answer_builder_internal.h"
#include "llm/provider_http_internal.h"

namespace flotilla::llm {
namespace {

constexpr std::string_view kReplacement = "\xEF\xBF\xBD";
constexpr std::size_t kMaxValues = 4'000'000;

/// A provider that quotes the key it was sent must not get it into our logs.
void hide(std::string& text, const std::string& key) {
  if (key.size() < 8) return;
  for (auto at = text.find(key); at != std::string::npos; at = text.find(key, at + 1))
    text.replace(at, key.size(), "…");
}

Error too_large(std::size_t limit) {
  return answer_too_large(fmt::format("the answer is larger than {} bytes", limit));
}

}  // namespace

std::string title_of(const ModelSettings& settings) {
  return fmt::format("{} {}", wire_name(settings.provider), settings.model);
}

Error broken_answer(const ModelSettings& settings, std::string_view what) {
  return invalid_answer(fmt::format("{}: {}", title_of(settings), what));
}

std::string base_url_of(const ModelSettings& settings, std::string_view otherwise) {
  std::string url = settings.base_url.empty() ? std::string(otherwise) : settings.base_url;
  while (url.ends_with('/')) url.pop_back();
  return url;
}

ProviderHttp::ProviderHttp(const ModelSettings& settings, const ModelServices& services)
    : settings_(settings), services_(services) {}

Result<Secret> ProviderHttp::key_of(const CallOptions& options) const {
  if (!settings_.api_key_passthrough) return settings_.api_key;
  if (options.api_key && !options.api_key->empty()) return *options.api_key;
  return fail(Error(Code::unauthenticated,
                    title_of(settings_) +
                        " is called with the caller's own key (apiKeyPassthrough), and the caller "
                        "sent none: send it in the header X-Flotilla-Model-Key"));
}

Async<Result<StreamPtr>> ProviderHttp::open(ProviderRequest request, const CallOptions& options) {
  http::ClientRequest sent;
  sent.method = request.method;
  sent.url = std::move(request.url);
  sent.body = std::move(request.body);
  sent.author = settings_.author;
  sent.timeout = settings_.timeout;
  sent.idle_timeout = settings_.timeout;
  sent.tls = settings_.tls;
  if (!sent.body.empty()) sent.headers.set("Content-Type", "application/json");
  for (const auto& [name, value] : options.headers) sent.headers.set(name, value);
  for (const auto& [name, value] : settings_.headers) sent.headers.set(name, value.reveal());
  for (const auto& field : request.headers.fields()) sent.headers.set(field.name, field.value);
  const auto loop = co_await boost::asio::this_coro::executor;
  auto opened = co_await services_.http.on(loop).open(std::move(sent));
  if (!opened) {
    auto& error = opened.error();
    co_return fail(Error(error.code(), error.reason(),
                         fmt::format("{}: {}", title_of(settings_), error.message())));
  }
  auto stream = std::move(*opened);
  if (stream->status() >= 200 && stream->status() <= 299) co_return std::move(stream);
  auto body = co_await read_body(*stream, kMaxFailureBytes);
  auto text = std::move(body).value_or("");
  hide(text, request.key.reveal());
  auto fault = read_fault(stream->status(), text);
  if (const auto wait = http::retry_after(stream->headers())) fault.retry_after = wait;
  co_return fail(to_error(settings_, fault));
}

Async<Result<json::Value>> ProviderHttp::fetch(ProviderRequest request,
                                               const CallOptions& options) {
  CO_TRY(stream, co_await open(std::move(request), options));
  CO_TRY(body, co_await read_body(*stream, kMaxAnswerBytes));
  co_return parse_answer(settings_, std::move(body));
}

Async<Result<std::string>> read_body(http::ClientStream& stream, std::size_t limit) {
  std::string body;
  for (;;) {
    CO_TRY(piece, co_await stream.read());
    if (!piece) co_return body;
    if (body.size() + piece->size() > limit) co_return fail(too_large(limit));
    body += *piece;
  }
}

std::string well_formed(std::string text) {
  auto bad = find_invalid_utf8(text);
  if (bad == std::string_view::npos) return text;
  std::string out;
  out.reserve(text.size() + 16);
  std::string_view rest = text;
  for (; bad != std::string_view::npos; bad = find_invalid_utf8(rest)) {
    out.append(rest.substr(0, bad)).append(kReplacement);
    rest.remove_prefix(bad + 1);
  }
  return out.append(rest);
}

Result<json::Value> parse_answer(const ModelSettings& settings, std::string text) {
  json::ParseLimits limits;
  limits.size = kMaxAnswerBytes;
  limits.values = kMaxValues;
  auto value = json::parse(well_formed(std::move(text)), limits);
  if (!value) return fail(broken_answer(settings, "it is no JSON: " + value.error().message()));
  return value;
}

EventReader::EventReader(const ModelSettings& settings)
    : settings_(settings), parser_(kMaxAnswerBytes) {}

Async<Result<std::optional<std::vector<http::SseMessage>>>> EventReader::next(
    http::ClientStream& stream) {
  std::vector<http::SseMessage> events;
  while (events.empty()) {
    auto piece = co_await stream.read();
    if (!piece)
      co_return fail(Error(piece.error().code(), piece.error().reason(),
                           fmt::format("{}: {}", title_of(settings_), piece.error().message())));
    if (!*piece) co_return std::nullopt;
    bytes_ += (*piece)->size();
    if (bytes_ > kMaxAnswerBytes) co_return fail(too_large(kMaxAnswerBytes));
    CO_TRY_VOID(parser_.feed(**piece, events));
  }
  co_return std::move(events);
}

Async<Result<std::optional<std::vector<std::string>>>> LineReader::next(
    http::ClientStream& stream) {
  std::vector<std::string> lines;
  while (lines.empty() && !ended_) {
    auto piece = co_await stream.read();
    if (!piece)
      co_return fail(Error(piece.error().code(), piece.error().reason(),
                           fmt::format("{}: {}", title_of(settings_), piece.error().message())));
    ended_ = !*piece;
    if (ended_ && !rest_.empty()) lines.push_back(std::exchange(rest_, {}));
    if (ended_) break;
    bytes_ += (*piece)->size();
    if (bytes_ > kMaxAnswerBytes) co_return fail(too_large(kMaxAnswerBytes));
    // What was there before has no line end.
    auto from = rest_.size();
    rest_ += **piece;
    std::size_t begin = 0;
    for (auto end = rest_.find('\n', from); end != std::string::npos;
         begin = end + 1, end = rest_.find('\n', begin))
      if (end > begin) lines.push_back(rest_.substr(begin, end - begin));
    rest_.erase(0, begin);
  }
  if (lines.empty()) co_return std::nullopt;
  co_return std::move(lines);
}

}  // namespace flotilla::llm
