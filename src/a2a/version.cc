#include "a2a/version.h"

#include <fmt/format.h>

#include <charconv>

#include "http/message.h"

namespace flotilla::a2a {
namespace {

struct MajorMinor {
  unsigned major = 0;
  unsigned minor = 0;
};

std::optional<MajorMinor> parse_major_minor(std::string_view text) {
  MajorMinor out;
  const char* end = text.data() + text.size();
  auto major = std::from_chars(text.data(), end, out.major);
  if (major.ec != std::errc() || major.ptr == end || *major.ptr != '.') return std::nullopt;
  auto minor = std::from_chars(major.ptr + 1, end, out.minor);
  if (minor.ec != std::errc() || (minor.ptr != end && *minor.ptr != '.')) return std::nullopt;
  return out;
}

std::string_view trim(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

}  // namespace

std::string_view wire_name(Version version) {
  return version == Version::v1_0 ? "1.0" : "0.3";
}

Result<Version> parse_version(std::string_view text) {
  if (const auto parsed = parse_major_minor(text)) {
    if (parsed->major == 1) return Version::v1_0;
    if (parsed->major == 0 && parsed->minor == 3) return Version::v0_3;
  }
  // The value is the caller's: long ones are not worth repeating.
  const std::string_view shown = text.substr(0, 32);
  return fail(Error(Code::unimplemented, reason::kVersionNotSupported,
                    fmt::format("A2A-Version '{}' is not supported: use 1.0 or 0.3", shown))
                  .with_metadata("requestedVersion", std::string(shown))
                  .with_metadata("supportedVersions", "1.0,0.3"));
}

Result<RequestedVersion> requested_version(const http::Request& request) {
  RequestedVersion out;
  std::string_view text = trim(request.headers.find("A2A-Version").value_or(""));
  std::optional<std::string> in_query;
  if (text.empty() && !request.query.empty()) {
    in_query = request.query_value("A2A-Version");
    if (in_query) text = trim(*in_query);
  }
  if (text.empty()) return out;
  TRY(version, parse_version(text));
  out.version = version;
  out.stated = true;
  return out;
}

}  // namespace flotilla::a2a
