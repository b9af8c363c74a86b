#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "base/secret.h"
#include "telemetry/otlp/exporter.h"

namespace flotilla::telemetry::otlp {

/// Where traces go, as the operator says it.
struct Settings {
  std::string url;  // http or https, with its path
  std::vector<std::pair<std::string, Secret>> headers;
  std::string ca_file;           // PEM; empty: the system's roots
  std::string certificate_file;  // PEM; ours, with key_file
  std::string key_file;
  ExporterOptions exporter;
  Sampling sampling;
  bool captures_content = false;
};

/// The value of an environment variable; nullopt when it is not set.
using Environment = std::function<std::optional<std::string>(std::string_view name)>;

/// Reads the standard OTEL_* variables (docs/observability.md lists them); `endpoint`, from our own
/// configuration, goes before theirs. nullopt: nothing is exported. INVALID_CONFIG names the
/// variable, also for values that are standard but not supported.
Result<std::optional<Settings>> read_settings(const std::string& endpoint,
                                              const std::string& version,
                                              const Environment& environment);

}  // namespace flotilla::telemetry::otlp
