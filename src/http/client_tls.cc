#include "http/client_tls.h"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

#include <boost/asio/buffer.hpp>
#include <boost/asio/ssl/context.hpp>
#include <string_view>
#include <utility>

#include "base/hash.h"
#include "http/client_tls_internal.h"

namespace flotilla::http {
namespace {

namespace ssl = boost::asio::ssl;

Error unusable(std::string_view option, std::string_view what) {
  ERR_clear_error();  // what OpenSSL says of a key is nobody's business
  return Error(Code::invalid_argument, reason::kInvalidConfig,
               "TLS " + std::string(option) + " " + std::string(what))
      .with_field(std::string(option), std::string(what));
}

/// Adds every certificate of the text; load_verify of one buffer would take the first only.
Result<> trust(TlsContext& context, const std::string& pem) {
  const std::unique_ptr<BIO, decltype(&BIO_free_all)> in(
      BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())), &BIO_free_all);
  X509_STORE* store = SSL_CTX_get_cert_store(context.native_handle());
  int found = 0;
  for (;; ++found) {
    const std::unique_ptr<X509, decltype(&X509_free)> certificate(
        PEM_read_bio_X509(in.get(), nullptr, nullptr, nullptr), &X509_free);
    if (!certificate) break;
    if (X509_STORE_add_cert(store, certificate.get()) != 1)
      return fail(unusable("ca", "holds a certificate that cannot be used"));
  }
  const auto why = ERR_GET_REASON(ERR_peek_last_error());
  ERR_clear_error();
  if (found == 0) return fail(unusable("ca", "holds no certificate in PEM"));
  if (why != PEM_R_NO_START_LINE) return fail(unusable("ca", "is broken PEM"));
  return ok();
}

Result<> present(TlsContext& context, const ClientTlsOptions& options) {
  if (options.certificate.empty() != options.key.empty())
    return fail(unusable(options.key.empty() ? "key" : "certificate",
                         "is missing: a client certificate needs both"));
  if (options.certificate.empty()) return ok();
  boost::system::error_code error;
  context.use_certificate_chain(boost::asio::buffer(options.certificate), error);
  if (error) return fail(unusable("certificate", "is no certificate in PEM"));
  // An encrypted key must not ask for its password on a terminal.
  const auto no_password = [](std::size_t, ssl::context::password_purpose) {
    return std::string();
  };
  context.set_password_callback(no_password, error);
  context.use_private_key(boost::asio::buffer(options.key.reveal()), ssl::context::pem, error);
  if (error) return fail(unusable("key", "is no unencrypted private key in PEM"));
  if (SSL_CTX_check_private_key(context.native_handle()) != 1)
    return fail(unusable("key", "does not belong to the certificate"));
  return ok();
}

std::string digest_of(const ClientTlsOptions& options) {
  Sha256 hash;
  for (const std::string* part :
       {&options.ca, &options.server_name, &options.certificate, &options.key.reveal()})
    hash.update(std::to_string(part->size()) + ":").update(*part);
  hash.update(options.skip_verification ? "skip" : "");
  hash.update(options.system_roots_too ? "system" : "");
  return hex(hash.finish());
}

}  // namespace

Result<ClientTlsPtr> make_client_tls(const ClientTlsOptions& options) {
  const bool system_roots = options.ca.empty() || options.system_roots_too;
  TRY(context, make_client_context(system_roots && !options.skip_verification));
  if (!options.ca.empty()) TRY_VOID(trust(*context, options.ca));
  TRY_VOID(present(*context, options));
  if (options.skip_verification) context->set_verify_mode(ssl::verify_none);
  auto made = std::make_shared<ClientTls>();
  made->context = std::move(context);
  made->server_name = options.server_name;
  made->verify = !options.skip_verification;
  made->digest = digest_of(options);
  return made;
}

const std::string& digest_of(const ClientTls& tls) {
  return tls.digest;
}

}  // namespace flotilla::http
