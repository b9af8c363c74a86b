#include "gateway/tls.h"

#include <utility>

namespace flotilla::gateway {
namespace {

Error in_field(const Error& error, const std::string& field) {
  return Error(error.code(), error.reason(), field + ": " + error.message())
      .with_field(field, error.message());
}

/// PEM of a Secret; empty where none is named.
Async<Result<Secret>> pem_of(core::Resources& resources, std::string name_space,
                             std::optional<core::SecretKeyRef> ref, std::string field) {
  if (!ref) co_return Secret();
  auto value = co_await resources.secret_value(std::move(name_space), ref->name, ref->key);
  if (!value) co_return fail(in_field(value.error(), field));
  co_return value;
}

/// `ca` is the option's name and the beginning of the field's.
Error in_option(const Error& error) {
  const auto& faults = error.violations();
  const auto option = faults.empty() ? std::string() : faults.front().field;
  if (option == "ca") return in_field(error, "/spec/tls/caSecretRef");
  if (option == "key") return in_field(error, "/spec/tls/clientKeySecretRef");
  if (option == "certificate") return in_field(error, "/spec/tls/clientCertSecretRef");
  return in_field(error, "/spec/tls");
}

}  // namespace

Async<Result<PeerTls>> look_up_tls(core::Resources& resources, std::string name_space,
                                   core::TlsSpec spec) {
  const std::string at = "/spec/tls/";
  CO_TRY(ca, co_await pem_of(resources, name_space, spec.caSecretRef, at + "caSecretRef"));
  CO_TRY(certificate, co_await pem_of(resources, name_space, spec.clientCertSecretRef,
                                      at + "clientCertSecretRef"));
  CO_TRY(key, co_await pem_of(resources, name_space, spec.clientKeySecretRef,
                              at + "clientKeySecretRef"));
  http::ClientTlsOptions options;
  options.ca = ca.reveal();
  options.certificate = certificate.reveal();
  options.key = std::move(key);
  options.skip_verification = spec.insecureSkipVerify;
  options.server_name = spec.serverName.value_or("");
  PeerTls tls;
  auto peer = http::make_client_tls(options);
  if (!peer) co_return fail(in_option(peer.error()));
  tls.peer = std::move(*peer);
  if (options.ca.empty()) co_return tls;
  http::ClientTlsOptions of_others;
  of_others.ca = options.ca;
  of_others.system_roots_too = true;
  auto others = http::make_client_tls(of_others);
  if (!others) co_return fail(in_option(others.error()));
  tls.others = std::move(*others);
  co_return tls;
}

}  // namespace flotilla::gateway
