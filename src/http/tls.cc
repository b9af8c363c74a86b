#include "http/tls.h"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <boost/asio/ssl/context.hpp>
#include <string_view>

#include "http/server.h"

namespace flotilla::http {
namespace {

namespace ssl = boost::asio::ssl;

constexpr std::string_view kAlpn{"\x08http/1.1", 9};

int select_alpn(SSL* /*session*/, const unsigned char** out, unsigned char* out_size,
                const unsigned char* in, unsigned in_size, void* /*unused*/) {
  unsigned char* chosen = nullptr;
  const auto* ours = reinterpret_cast<const unsigned char*>(kAlpn.data());
  const int found =
      SSL_select_next_proto(&chosen, out_size, ours, unsigned{kAlpn.size()}, in, in_size);
  *out = chosen;
  return found == OPENSSL_NPN_NEGOTIATED ? SSL_TLSEXT_ERR_OK : SSL_TLSEXT_ERR_ALERT_FATAL;
}

std::shared_ptr<TlsContext> base_context(ssl::context::method method) {
  auto context = std::make_shared<TlsContext>(method);
  SSL_CTX* native = context->native_handle();
  SSL_CTX_set_min_proto_version(native, TLS1_2_VERSION);
  SSL_CTX_set_options(
      native, SSL_OP_NO_COMPRESSION | SSL_OP_NO_RENEGOTIATION | SSL_OP_CIPHER_SERVER_PREFERENCE);
  // An idle session gives its 32 KiB of record buffers back.
  SSL_CTX_set_mode(native, SSL_MODE_RELEASE_BUFFERS);
  return context;
}

Error unusable(std::string_view what, const std::string& file,
               const boost::system::error_code& error) {
  return {Code::invalid_argument, reason::kInvalidConfig,
          std::string(what) + " " + file + " cannot be used: " + error.message() +
              "; it must be a readable PEM file"};
}

}  // namespace

Result<std::shared_ptr<TlsContext>> make_server_tls(const TlsOptions& options) {
  auto context = base_context(ssl::context::tls_server);
  boost::system::error_code error;
  context->use_certificate_chain_file(options.certificate_file, error);
  if (error) return fail(unusable("TLS certificate", options.certificate_file, error));
  context->use_private_key_file(options.key_file, ssl::context::pem, error);
  if (error) return fail(unusable("TLS key", options.key_file, error));
  SSL_CTX* native = context->native_handle();
  if (SSL_CTX_check_private_key(native) != 1) {
    return fail(Error(Code::invalid_argument, reason::kInvalidConfig,
                      "TLS key " + options.key_file + " does not belong to certificate " +
                          options.certificate_file));
  }
  if (!options.client_ca_file.empty()) {
    context->load_verify_file(options.client_ca_file, error);
    if (error) return fail(unusable("TLS client CA", options.client_ca_file, error));
    SSL_CTX_set_client_CA_list(native, SSL_load_client_CA_file(options.client_ca_file.c_str()));
    context->set_verify_mode(ssl::verify_peer | ssl::verify_fail_if_no_peer_cert);
    constexpr std::string_view kSessionContext = "flotilla";
    const auto* id = reinterpret_cast<const unsigned char*>(kSessionContext.data());
    // Without an id, a resumed session of a verified client is refused.
    SSL_CTX_set_session_id_context(native, id, unsigned{kSessionContext.size()});
  }
  SSL_CTX_set_alpn_select_cb(native, select_alpn, nullptr);
  return context;
}

Result<std::shared_ptr<TlsContext>> make_client_context(bool system_roots) {
  auto context = base_context(ssl::context::tls_client);
  boost::system::error_code error;
  if (system_roots) context->set_default_verify_paths(error);
  if (error) return fail(unusable("the system's certificate store", "", error));
  context->set_verify_mode(ssl::verify_peer);
  const auto* ours = reinterpret_cast<const unsigned char*>(kAlpn.data());
  SSL_CTX_set_alpn_protos(context->native_handle(), ours, unsigned{kAlpn.size()});
  return context;
}

Result<std::shared_ptr<TlsContext>> make_client_tls(const std::string& ca_file) {
  TRY(context, make_client_context(ca_file.empty()));
  if (ca_file.empty()) return context;
  boost::system::error_code error;
  context->load_verify_file(ca_file, error);
  if (error) return fail(unusable("CA file", ca_file, error));
  return context;
}

Result<> expect_server(ssl_st* session, const std::string& host) {
  X509_VERIFY_PARAM* rules = SSL_get0_param(session);
  if (X509_VERIFY_PARAM_set1_ip_asc(rules, host.c_str()) == 1) return ok();
  ERR_clear_error();
  X509_VERIFY_PARAM_set_hostflags(rules, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
  const bool pinned = X509_VERIFY_PARAM_set1_host(rules, host.c_str(), host.size()) == 1;
  // The macro SSL_set_tlsext_host_name casts away const in the old style.
  auto* name = const_cast<char*>(host.c_str());
  const bool named =
      SSL_ctrl(session, SSL_CTRL_SET_TLSEXT_HOSTNAME, TLSEXT_NAMETYPE_host_name, name) == 1;
  if (pinned && named) return ok();
  ERR_clear_error();
  return fail(Error(Code::invalid_argument, "'" + host + "' is not a host name TLS can verify"));
}

std::string peer_subject(ssl_st* session) {
  const std::unique_ptr<X509, decltype(&X509_free)> certificate(SSL_get1_peer_certificate(session),
                                                                &X509_free);
  if (!certificate || SSL_get_verify_result(session) != X509_V_OK) return {};
  const std::unique_ptr<BIO, decltype(&BIO_free_all)> text(BIO_new(BIO_s_mem()), &BIO_free_all);
  X509_NAME_print_ex(text.get(), X509_get_subject_name(certificate.get()), 0, XN_FLAG_RFC2253);
  char* data = nullptr;
  const long size = BIO_ctrl(text.get(), BIO_CTRL_INFO, 0, &data);
  if (size <= 0 || data == nullptr) return {};
  return {data, static_cast<std::size_t>(size)};
}

}  // namespace flotilla::http
