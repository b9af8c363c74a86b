#pragma once

#include <span>
#include <string>

#include "telemetry/trace.h"

namespace flotilla::telemetry::otlp {

/// Who tells: attributes of the resource (service.name, …) and the instrumenting scope.
struct Source {
  Attributes resource;
  std::string scope_name;
  std::string scope_version;
};

/// An ExportTraceServiceRequest (opentelemetry/proto/collector/trace/v1) as protobuf. Text that is
/// no UTF-8 is mended, as protobuf demands.
std::string encode_spans(const Source& source, std::span<const SpanRecord> spans);

/// What a receiver answered: spans that it refused, and why. Zero when it took all, or says nothing
/// that can be read.
struct PartialSuccess {
  std::int64_t rejected = 0;
  std::string message;
};
PartialSuccess decode_answer(std::string_view body);

}  // namespace flotilla::telemetry::otlp
