#include "a2a/grpc/incoming.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <utility>

#include "a2a/limits.h"
#include "a2a/version.h"
#include "telemetry/trace.h"

namespace flotilla::a2a::rpc {
namespace {

constexpr std::size_t kMaxRequestId = 128;

std::string_view view(const ::grpc::string_ref& text) {
  return {text.data(), text.size()};
}

/// gRPC counts deadlines in wall time.
SteadyTime deadline_of(const Call::Context& context) {
  const auto left = context.deadline() - std::chrono::system_clock::now();
  if (left > std::chrono::hours(24 * 365)) return SteadyTime::max();
  return std::chrono::steady_clock::now() + left;
}

bool is_sane_request_id(std::string_view id) {
  return !id.empty() && id.size() <= kMaxRequestId &&
         std::ranges::all_of(id, [](char c) { return c > 0x20 && c < 0x7f && c != '"'; });
}

void read_peer(Call::Context& context, http::Request& out) {
  out.peer = address_of(context.peer());
  const auto auth = context.auth_context();
  if (!auth) return;
  const auto security = auth->FindPropertyValues("transport_security_type");
  out.tls = !security.empty() && view(security.front()) == "ssl";
  if (!auth->IsPeerAuthenticated()) return;
  const auto names = auth->FindPropertyValues("x509_subject");
  if (!names.empty()) out.client_certificate_subject = view(names.front());
}

}  // namespace

std::string address_of(const std::string& peer) {
  std::string_view rest = peer;
  const auto scheme = rest.find(':');
  if (scheme == std::string_view::npos) return {};
  rest.remove_prefix(scheme + 1);
  rest = rest.substr(0, rest.rfind(':'));
  std::string address = http::percent_decode(rest);
  if (address.starts_with('[') && address.ends_with(']'))
    address = address.substr(1, address.size() - 2);
  return address;
}

Incoming read_incoming(Call::Context& context, const Method* method, std::string request_id) {
  Incoming out;
  out.method = method;
  out.http.method = http::Method::post;
  out.http.path = context.method();
  out.http.headers.add("Host", context.host());
  for (const auto& [name, value] : context.client_metadata())
    out.http.headers.add(std::string(view(name)), std::string(view(value)));
  read_peer(context, out.http);
  Context& ids = out.http.context;
  ids.deadline = deadline_of(context);
  const auto given = out.http.headers.find("x-request-id").value_or("");
  ids.request_id = is_sane_request_id(given) ? std::string(given) : std::move(request_id);
  const auto trace = out.http.headers.find("traceparent").value_or("");
  if (telemetry::parse_traceparent(trace)) ids.traceparent = trace;
  if (const auto last = out.http.headers.find("last-event-id"); last && !last->empty())
    out.after = std::string(last->substr(0, kMaxCursorBytes));
  return out;
}

Result<> admit(Incoming& incoming, const auth::Authenticator& authenticator) {
  TRY(principal, authenticator.authenticate(incoming.http));
  incoming.http.context.principal = std::move(principal);
  TRY(requested, requested_version(incoming.http));
  const Version served = incoming.method->version;
  if (!requested.stated || requested.version == served) return ok();
  const std::string_view service =
      requested.version == Version::v1_0 ? "lf.a2a.v1.A2AService" : "a2a.v1.A2AService";
  return fail(Error(Code::unimplemented, reason::kVersionNotSupported,
                    fmt::format("A2A-Version {} over gRPC is the service {}",
                                wire_name(requested.version), service))
                  .with_metadata("supportedVersions", "1.0,0.3"));
}

}  // namespace flotilla::a2a::rpc
