#include "telemetry/otlp/settings.h"

#include <algorithm>
#include <charconv>
#include <cstdint>

#include "base/hash.h"

namespace flotilla::telemetry::otlp {

namespace {

constexpr std::string_view kTracesPath = "/v1/traces";
constexpr std::string_view kLocal = "http://localhost:4318";

Error wrong(std::string_view name, std::string_view why) {
  return Error(Code::invalid_argument, reason::kInvalidConfig,
               std::string(name) + ": " + std::string(why));
}

/// Variables, with the one for traces before the one for all signals.
class Variables {
 public:
  explicit Variables(const Environment& environment) : environment_(environment) {}

  [[nodiscard]] std::string text(std::string_view name) const {
    return environment_(name).value_or("");
  }
  /// OTEL_EXPORTER_OTLP_[TRACES_]`what`, and which of them it was.
  [[nodiscard]] std::pair<std::string, std::string> exporter(std::string_view what) const {
    for (std::string_view prefix : {"OTEL_EXPORTER_OTLP_TRACES_", "OTEL_EXPORTER_OTLP_"}) {
      std::string name(prefix);
      name += what;
      if (auto value = text(name); !value.empty()) return {value, name};
    }
    return {};
  }
  /// A whole number above zero.
  [[nodiscard]] Result<std::optional<std::int64_t>> number(const std::string& value,
                                                           std::string_view name) const {
    if (value.empty()) return std::optional<std::int64_t>();
    std::int64_t number = 0;
    const char* end = value.data() + value.size();
    const auto [stop, failed] = std::from_chars(value.data(), end, number);
    if (failed != std::errc{} || stop != end || number < 1 || number > 1'000'000'000)
      return fail(wrong(name, "'" + value + "' is not a number above zero"));
    return std::optional(number);
  }

 private:
  const Environment& environment_;
};

std::string_view trimmed(std::string_view text) {
  while (text.starts_with(' ')) text.remove_prefix(1);
  while (text.ends_with(' ')) text.remove_suffix(1);
  return text;
}

Result<std::string> percent_decoded(std::string_view text, std::string_view name) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      out.push_back(text[i]);
      continue;
    }
    const auto byte = decode_hex(text.substr(i + 1, 2));
    if (!byte || byte->size() != 1)
      return fail(wrong(name, "holds a % that is not followed by two hex digits"));
    out += *byte;
    i += 2;
  }
  return out;
}

/// `key=value,key=value`, values percent-encoded. Values may be secrets: no message shows them.
Result<std::vector<std::pair<std::string, std::string>>> read_pairs(std::string_view text,
                                                                    std::string_view name) {
  std::vector<std::pair<std::string, std::string>> pairs;
  while (!text.empty()) {
    const auto comma = std::min(text.find(','), text.size());
    const auto item = trimmed(text.substr(0, comma));
    text.remove_prefix(std::min(comma + 1, text.size()));
    if (item.empty()) continue;
    const auto equals = item.find('=');
    if (equals == std::string_view::npos || equals == 0)
      return fail(wrong(name, "is not a list of key=value, separated by commas"));
    TRY(value, percent_decoded(trimmed(item.substr(equals + 1)), name));
    pairs.emplace_back(std::string(trimmed(item.substr(0, equals))), std::move(value));
  }
  return pairs;
}

bool is_http(std::string_view url) {
  return url.starts_with("http://") || url.starts_with("https://");
}

/// Empty: nothing is exported.
Result<std::string> read_url(const std::string& endpoint, const Variables& variables) {
  const std::string exporter = variables.text("OTEL_TRACES_EXPORTER");
  if (!exporter.empty() && exporter != "otlp" && exporter != "none")
    return fail(wrong("OTEL_TRACES_EXPORTER", "'" + exporter + "' is not supported; use otlp"));
  if (endpoint.empty() && exporter == "none") return std::string();
  std::string whole = variables.text("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT");
  std::string base = endpoint;
  std::string name = "otlp-endpoint";
  if (base.empty() && !whole.empty()) {
    if (!is_http(whole))
      return fail(wrong("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "is not an http or https URL"));
    return whole;
  }
  if (base.empty()) {
    base = variables.text("OTEL_EXPORTER_OTLP_ENDPOINT");
    name = "OTEL_EXPORTER_OTLP_ENDPOINT";
  }
  if (base.empty() && exporter == "otlp") base = kLocal;
  if (base.empty()) return base;
  if (!is_http(base)) return fail(wrong(name, "is not an http or https URL"));
  while (base.ends_with('/')) base.pop_back();
  return base + std::string(kTracesPath);
}

Result<> check_wire(const Variables& variables) {
  const auto [protocol, protocol_name] = variables.exporter("PROTOCOL");
  if (!protocol.empty() && protocol != "http/protobuf")
    return fail(wrong(protocol_name, "'" + protocol + "' is not supported; use http/protobuf"));
  const auto [compression, compression_name] = variables.exporter("COMPRESSION");
  if (!compression.empty() && compression != "none")
    return fail(wrong(compression_name, "'" + compression + "' is not supported; use none"));
  return ok();
}

Result<> read_transport(const Variables& variables, Settings& settings) {
  const auto [headers, name] = variables.exporter("HEADERS");
  TRY(pairs, read_pairs(headers, name));
  for (auto& [key, value] : pairs) settings.headers.emplace_back(key, Secret(std::move(value)));
  settings.ca_file = variables.exporter("CERTIFICATE").first;
  settings.certificate_file = variables.exporter("CLIENT_CERTIFICATE").first;
  settings.key_file = variables.exporter("CLIENT_KEY").first;
  if (settings.certificate_file.empty() != settings.key_file.empty())
    return fail(wrong("OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE",
                      "needs OTEL_EXPORTER_OTLP_CLIENT_KEY, and the other way round"));
  const auto [timeout, timeout_name] = variables.exporter("TIMEOUT");
  TRY(milliseconds, variables.number(timeout, timeout_name));
  if (milliseconds) settings.exporter.timeout = std::chrono::milliseconds(*milliseconds);
  return ok();
}

Result<> read_batching(const Variables& variables, ExporterOptions& options) {
  const auto number = [&](std::string_view name) {
    return variables.number(variables.text(name), name);
  };
  TRY(delay, number("OTEL_BSP_SCHEDULE_DELAY"));
  TRY(queue, number("OTEL_BSP_MAX_QUEUE_SIZE"));
  TRY(batch, number("OTEL_BSP_MAX_EXPORT_BATCH_SIZE"));
  if (delay) options.delay = std::chrono::milliseconds(*delay);
  if (queue) options.max_queue = static_cast<std::size_t>(*queue);
  if (batch) options.max_batch = static_cast<std::size_t>(*batch);
  options.max_batch = std::min(options.max_batch, options.max_queue);
  return ok();
}

Result<> read_source(const Variables& variables, const std::string& version, Source& source) {
  source.scope_name = "flotilla";
  source.scope_version = version;
  source.resource.emplace_back("service.name", std::string("flotilla"));
  source.resource.emplace_back("service.version", version);
  const auto set = [&](const std::string& key, std::string value) {
    for (auto& [name, old] : source.resource) {
      if (name != key) continue;
      old = std::move(value);
      return;
    }
    source.resource.emplace_back(key, std::move(value));
  };
  constexpr std::string_view kAttributes = "OTEL_RESOURCE_ATTRIBUTES";
  TRY(pairs, read_pairs(variables.text(kAttributes), kAttributes));
  for (auto& [key, value] : pairs) set(key, std::move(value));
  if (auto name = variables.text("OTEL_SERVICE_NAME"); !name.empty()) set("service.name", name);
  return ok();
}

Result<> read_sampling(const Variables& variables, Sampling& sampling) {
  const std::string name = variables.text("OTEL_TRACES_SAMPLER");
  const std::string ratio = variables.text("OTEL_TRACES_SAMPLER_ARG");
  sampling.parent_based = name.empty() || name.starts_with("parentbased_");
  const std::string_view kind =
      name.starts_with("parentbased_") ? std::string_view(name).substr(12) : name;
  if (kind.empty() || kind == "always_on") return ok();
  sampling.ratio = 0;
  if (kind == "always_off") return ok();
  if (kind != "traceidratio")
    return fail(wrong("OTEL_TRACES_SAMPLER", "'" + name +
                                                 "' is not supported; use always_on, always_off or "
                                                 "traceidratio, each also with parentbased_"));
  sampling.ratio = 1;
  if (ratio.empty()) return ok();
  const char* end = ratio.data() + ratio.size();
  const auto [stop, failed] = std::from_chars(ratio.data(), end, sampling.ratio);
  if (failed == std::errc{} && stop == end && sampling.ratio >= 0 && sampling.ratio <= 1)
    return ok();
  return fail(wrong("OTEL_TRACES_SAMPLER_ARG", "'" + ratio + "' is not a number from 0 to 1"));
}

Result<bool> read_content(const Variables& variables) {
  constexpr std::string_view kName = "OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT";
  std::string value = variables.text(kName);
  std::ranges::transform(value, value.begin(), [](unsigned char c) { return std::tolower(c); });
  if (value.empty() || value == "false" || value == "no_content") return false;
  if (value == "true" || value == "span_only") return true;
  return fail(wrong(kName, "'" + value +
                               "' is not supported; use true, false, SPAN_ONLY or "
                               "NO_CONTENT"));
}

}  // namespace

Result<std::optional<Settings>> read_settings(const std::string& endpoint,
                                              const std::string& version,
                                              const Environment& environment) {
  const Variables variables(environment);
  if (variables.text("OTEL_SDK_DISABLED") == "true") return std::optional<Settings>();
  Settings settings;
  TRY(url, read_url(endpoint, variables));
  if (url.empty()) return std::optional<Settings>();
  settings.url = std::move(url);
  TRY_VOID(check_wire(variables));
  TRY_VOID(read_transport(variables, settings));
  TRY_VOID(read_batching(variables, settings.exporter));
  TRY_VOID(read_source(variables, version, settings.exporter.source));
  TRY_VOID(read_sampling(variables, settings.sampling));
  TRY(content, read_content(variables));
  settings.captures_content = content;
  return std::optional(std::move(settings));
}

}  // namespace flotilla::telemetry::otlp
