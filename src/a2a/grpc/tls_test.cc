// TLS and client certificates, with a certificate made here that is its own authority.
#include <grpcpp/security/credentials.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "a2a/grpc/testing_internal.h"

namespace flotilla::a2a::rpc {
namespace {

using namespace testing;

std::string text_of(BIO* bio) {
  char* data = nullptr;
  const long size = BIO_get_mem_data(bio, &data);
  std::string out(data, static_cast<std::size_t>(size));
  BIO_free(bio);
  return out;
}

/// PEM texts of a key and its certificate for 127.0.0.1.
struct Identity {
  std::string key;
  std::string certificate;

  explicit Identity(const char* name) {
    EVP_PKEY* pair = EVP_PKEY_Q_keygen(nullptr, nullptr, "EC", "P-256");
    X509* made = X509_new();
    X509_set_version(made, 2);
    ASN1_INTEGER_set(X509_get_serialNumber(made), 1);
    X509_gmtime_adj(X509_getm_notBefore(made), -3600);
    X509_gmtime_adj(X509_getm_notAfter(made), 3600);
    X509_set_pubkey(made, pair);
    X509_NAME* subject = X509_get_subject_name(made);
    X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_UTF8,
                               reinterpret_cast<const unsigned char*>(name), -1, -1, 0);
    X509_set_issuer_name(made, subject);
    add(made, NID_basic_constraints, "critical,CA:TRUE");
    add(made, NID_subject_alt_name, "IP:127.0.0.1");
    X509_sign(made, pair, EVP_sha256());
    BIO* key_text = BIO_new(BIO_s_mem());
    PEM_write_bio_PrivateKey(key_text, pair, nullptr, nullptr, 0, nullptr, nullptr);
    BIO* certificate_text = BIO_new(BIO_s_mem());
    PEM_write_bio_X509(certificate_text, made);
    key = text_of(key_text);
    certificate = text_of(certificate_text);
    X509_free(made);
    EVP_PKEY_free(pair);
  }

 private:
  static void add(X509* certificate, int kind, const char* value) {
    X509V3_CTX context;
    X509V3_set_ctx(&context, certificate, certificate, nullptr, nullptr, 0);
    X509_EXTENSION* extension = X509V3_EXT_conf_nid(nullptr, &context, kind, value);
    X509_add_ext(certificate, extension, -1);
    X509_EXTENSION_free(extension);
  }
};

/// A folder of files that goes with the test.
struct Files {
  std::filesystem::path folder =
      std::filesystem::temp_directory_path() / ("a2a_grpc_tls_" + std::to_string(::getpid()));
  Files() { std::filesystem::create_directories(folder); }
  Files(const Files&) = delete;
  Files& operator=(const Files&) = delete;
  ~Files() { std::filesystem::remove_all(folder); }
  [[nodiscard]] std::string write(const std::string& name, const std::string& text) const {
    std::ofstream(folder / name) << text;
    return folder / name;
  }
};

bool can_send(const Host& host, const ::grpc::SslCredentialsOptions& options) {
  const auto stub = v1::A2AService::NewStub(
      ::grpc::CreateChannel(host.target(), ::grpc::SslCredentials(options)));
  ::grpc::ClientContext context;
  context.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(5));
  v1::SendMessageResponse answer;
  return stub->SendMessage(&context, hello(), &answer).ok();
}

TEST(GrpcTls, ServesWhoTrustsItsCertificate) {
  const Files files;
  const Identity server("server");
  ServerOptions options;
  options.tls =
      http::TlsOptions{files.write("cert", server.certificate), files.write("key", server.key), ""};
  Host host({}, options);
  ::grpc::SslCredentialsOptions trust;
  trust.pem_root_certs = server.certificate;
  EXPECT_TRUE(can_send(host, trust));
  trust.pem_root_certs = Identity("other").certificate;
  EXPECT_FALSE(can_send(host, trust));
}

TEST(GrpcTls, AsksForClientCertificates) {
  const Files files;
  const Identity server("server");
  const Identity client("client");
  ServerOptions options;
  options.tls =
      http::TlsOptions{files.write("cert", server.certificate), files.write("key", server.key),
                       files.write("ca", client.certificate)};
  Host host({}, options);
  ::grpc::SslCredentialsOptions credentials;
  credentials.pem_root_certs = server.certificate;
  EXPECT_FALSE(can_send(host, credentials));
  credentials.pem_private_key = client.key;
  credentials.pem_cert_chain = client.certificate;
  EXPECT_TRUE(can_send(host, credentials));
}

TEST(GrpcTls, FilesThatCannotBeReadAreNamed) {
  Loops loops{1};
  FakeHandler handler;
  telemetry::Registry metrics;
  const auto authenticator = auth::Authenticator::local();
  ServerOptions options;
  options.tls = http::TlsOptions{"/nowhere/cert.pem", "/nowhere/key.pem", ""};
  Server server(loops, system_clock(), handler, authenticator, {}, options, metrics);
  const auto started = server.start();
  ASSERT_FALSE(started);
  EXPECT_NE(started.error().message().find("/nowhere/cert.pem"), std::string::npos);
}

}  // namespace
}  // namespace flotilla::a2a::rpc
