#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>

#include "http/status.h"
#include "json/json.h"
#include "llm/provider_http_internal.h"

namespace flotilla::llm {
namespace {

std::string text_at(const json::Object& object, std::string_view name) {
  const auto* value = object.find(name);
  if (value == nullptr) return {};
  if (const auto* text = value->if_string()) return *text;
  return value->if_number() != nullptr ? json::to_string(*value) : std::string();
}

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return out;
}

bool holds_any(std::string_view text, std::initializer_list<std::string_view> words) {
  return std::ranges::any_of(words, [&](auto word) { return text.contains(word); });
}

bool is_too_long(std::string_view type, std::string_view message) {
  return holds_any(type, {"context_length_exceeded", "model_context_window"}) ||
         holds_any(message, {"maximum context length", "context length", "context window",
                             "prompt is too long", "input is too long", "input token count",
                             "too many tokens in", "input length and `max_tokens` exceed"});
}

bool is_used_up(std::string_view type, std::string_view message) {
  return holds_any(type, {"insufficient_quota", "billing", "credit"}) ||
         holds_any(message, {"exceeded your current quota", "credit balance is too low"});
}

/// Faults inside a stream have no status of their own, only a name.
int status_of_type(std::string_view type) {
  struct Known {
    std::string_view word;
    int status;
  };
  static constexpr std::array kKnown{
      Known{"rate_limit", 429},
      Known{"throttl", 429},
      Known{"resource_exhausted", 429},
      Known{"toomanyrequests", 429},
      Known{"quota", 429},
      Known{"overloaded", 529},
      Known{"unavailable", 503},
      Known{"timeout", 503},
      Known{"unauthenticated", 401},
      Known{"authentication", 401},
      Known{"permission", 403},
      Known{"access_denied", 403},
      Known{"accessdenied", 403},
      Known{"not_found", 404},
      Known{"invalid", 400},
      Known{"validation", 400},
      Known{"context_length", 400},
      Known{"failed_precondition", 400},
  };
  const auto known =
      std::ranges::find_if(kKnown, [&](const Known& one) { return type.contains(one.word); });
  return known == kKnown.end() ? 500 : known->status;
}

Code code_of(int status) {
  if (status == 408 || status == 409 || status >= 500) return Code::unavailable;
  if (status == 402) return Code::resource_exhausted;
  // 413: what was sent is too much, which no waiting mends.
  if (status == 413 || status == 422) return Code::invalid_argument;
  if (status < 400) return Code::unavailable;  // a redirect, which is not followed
  return http::code_of_status(status);
}

/// Google's RetryInfo among the details of an error: `{"retryDelay": "34.5s"}`.
std::optional<Duration> retry_delay(const json::Object& object) {
  const auto* details = object.find("details");
  if (details == nullptr || details->if_array() == nullptr) return std::nullopt;
  for (const auto& detail : *details->if_array()) {
    if (detail.if_object() == nullptr) continue;
    const auto text = text_at(*detail.if_object(), "retryDelay");
    double seconds = -1;
    const auto* const end = text.data() + text.size();
    const auto [stop, failed] = std::from_chars(text.data(), end, seconds);
    if (failed != std::errc() || std::string_view(stop, end) != "s") continue;
    if (!(seconds >= 0 && seconds <= 86'400)) continue;
    return std::chrono::duration_cast<Duration>(std::chrono::duration<double>(seconds));
  }
  return std::nullopt;
}

void read_object(const json::Object& object, ProviderFault& fault) {
  fault.retry_after = retry_delay(object);
  fault.message = text_at(object, "message");
  if (fault.message.empty()) fault.message = text_at(object, "Message");
  for (const auto name : {"code", "status", "type", "__type"}) {
    const auto text = text_at(object, name);
    if (!text.empty() && text != "error") fault.type += fault.type.empty() ? text : " " + text;
  }
}

}  // namespace

ProviderFault read_fault(int status, std::string_view body) {
  ProviderFault fault;
  fault.status = status;
  auto parsed = json::parse(body);
  // Google answers streams with an array of one.
  if (parsed && parsed->if_array() != nullptr && parsed->if_array()->size() == 1) {
    json::Value first = std::move(parsed->if_array()->front());
    *parsed = std::move(first);
  }
  const auto* object = parsed ? parsed->if_object() : nullptr;
  if (object == nullptr) {
    fault.message = std::string(body);
    return fault;
  }
  const auto* error = object->find("error");
  if (error != nullptr && error->if_object() != nullptr) {
    read_object(*error->if_object(), fault);
  } else if (error != nullptr && error->if_string() != nullptr) {
    fault.message = *error->if_string();
  } else {
    read_object(*object, fault);
    if (fault.message.empty()) fault.message = text_at(*object, "detail");
  }
  return fault;
}

Error to_error(const ModelSettings& settings, const ProviderFault& fault) {
  const auto type = lower(fault.type);
  const auto message = lower(std::string_view(fault.message).substr(0, kMaxFailureBytes));
  const int status = fault.status != 0 ? fault.status : status_of_type(type);
  auto text = well_formed(fault.message);
  std::erase_if(text, [](char c) { return c == '\r' || c == '\0'; });
  std::ranges::replace(text, '\n', ' ');
  if (text.size() > kMaxShownBytes) text = well_formed(text.substr(0, kMaxShownBytes)) + "…";
  if (text.empty()) text = fault.type.empty() ? "no more is said" : fault.type;
  auto said = fault.status == 0
                  ? fmt::format("{} failed: {}", title_of(settings), text)
                  : fmt::format("{} answered with HTTP {}: {}", title_of(settings), status, text);
  if (is_too_long(type, message) && status >= 400 && status < 500)
    return {Code::invalid_argument, reason::kModelContextExceeded, std::move(said)};
  const bool used_up = is_used_up(type, message);
  Error error(used_up ? Code::resource_exhausted : code_of(status), std::move(said));
  if (used_up) return std::move(error).with_metadata(std::string(kRetryMetadata), "never");
  if (!fault.retry_after) return error;
  const auto wait = std::chrono::duration_cast<std::chrono::milliseconds>(*fault.retry_after);
  return std::move(error).with_metadata(std::string(kRetryAfterMetadata),
                                        std::to_string(wait.count()));
}

}  // namespace flotilla::llm
