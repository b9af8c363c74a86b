#include <gtest/gtest.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <memory>
#include <string>

#include "http/client.h"
#include "http/client_testing_internal.h"

namespace flotilla::http {
namespace {

using testing::RawServer;
using testing::with_length;
using testing::World;

using Key = std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)>;
using Certificate = std::unique_ptr<X509, decltype(&X509_free)>;

void add_extension(X509* certificate, int nid, const std::string& value) {
  X509_EXTENSION* extension = X509V3_EXT_conf_nid(nullptr, nullptr, nid, value.c_str());
  X509_add_ext(certificate, extension, -1);
  X509_EXTENSION_free(extension);
}

/// A self-signed certificate for the given names ("DNS:a,IP:1.2.3.4").
struct Identity {
  explicit Identity(const std::string& names)
      : key(EVP_EC_gen("P-256"), &EVP_PKEY_free), certificate(X509_new(), &X509_free) {
    X509_set_version(certificate.get(), 2);
    ASN1_INTEGER_set(X509_get_serialNumber(certificate.get()), 1);
    X509_gmtime_adj(X509_getm_notBefore(certificate.get()), -60);
    X509_gmtime_adj(X509_getm_notAfter(certificate.get()), 3600);
    X509_set_pubkey(certificate.get(), key.get());
    // Authorities are found by their names.
    X509_NAME* name = X509_get_subject_name(certificate.get());
    X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC,
                               reinterpret_cast<const unsigned char*>(names.c_str()), -1, -1, 0);
    X509_set_issuer_name(certificate.get(), name);
    add_extension(certificate.get(), NID_basic_constraints, "critical,CA:TRUE");
    add_extension(certificate.get(), NID_subject_alt_name, names);
    X509_sign(certificate.get(), key.get(), EVP_sha256());
  }
  void install(boost::asio::ssl::context& context) const {
    SSL_CTX_use_certificate(context.native_handle(), certificate.get());
    SSL_CTX_use_PrivateKey(context.native_handle(), key.get());
  }
  [[nodiscard]] std::string pem() const {
    return written([this](BIO* out) { PEM_write_bio_X509(out, certificate.get()); });
  }
  [[nodiscard]] std::string key_pem() const {
    return written([this](BIO* out) {
      PEM_write_bio_PrivateKey(out, key.get(), nullptr, nullptr, 0, nullptr, nullptr);
    });
  }
  template <class Write>
  static std::string written(Write write) {
    const std::unique_ptr<BIO, decltype(&BIO_free_all)> out(BIO_new(BIO_s_mem()), &BIO_free_all);
    write(out.get());
    std::string text(BIO_ctrl_pending(out.get()), '\0');
    BIO_read(out.get(), text.data(), static_cast<int>(text.size()));
    return text;
  }
  Key key;
  Certificate certificate;
};

/// A TLS server whose certificate is for `names`, and the roots that the client trusts.
struct TlsServer {
  TlsServer(Executor executor, const std::string& names)
      : identity(names), context(boost::asio::ssl::context::tls_server) {
    identity.install(context);
    server = std::make_unique<RawServer>(std::move(executor), &context);
    directory = std::filesystem::temp_directory_path() /
                ("flotilla-client-tls-" + std::to_string(getpid()) + "-" + server->port());
    std::filesystem::create_directories(directory);
    std::ofstream(ca_file()) << identity.pem();
  }
  TlsServer(const TlsServer&) = delete;
  TlsServer& operator=(const TlsServer&) = delete;
  ~TlsServer() { std::filesystem::remove_all(directory); }
  [[nodiscard]] std::string ca_file() const { return directory / "ca.pem"; }
  [[nodiscard]] ClientRequest get(const std::string& host) const {
    ClientRequest request;
    request.url = "https://" + host + ":" + server->port() + "/";
    return request;
  }
  Identity identity;
  boost::asio::ssl::context context;
  std::unique_ptr<RawServer> server;
  std::filesystem::path directory;
};

Async<Result<Response>> fetch_over_tls(World& world, std::string names, std::string host,
                                       bool trusted) {
  TlsServer tls(world.executor, names);
  if (trusted) world.options.ca_file = tls.ca_file();
  world.names.set("svc.test", Addresses{"127.0.0.1"});
  world.make_client();
  tls.server->reply(with_length("sealed"));
  auto response = co_await world.client->fetch(tls.get(host));
  world.client.reset();
  co_await tls.server->stop();
  co_return response;
}

CLIENT_TEST(ClientTls, accepts_the_named_host) {
  auto response = co_await fetch_over_tls(world, "DNS:svc.test", "svc.test", true);
  CO_ASSERT_OK(response);
  EXPECT_EQ(response->body, "sealed");
}

CLIENT_TEST(ClientTls, accepts_the_named_address) {
  auto response = co_await fetch_over_tls(world, "IP:127.0.0.1", "127.0.0.1", true);
  CO_ASSERT_OK(response);
}

CLIENT_TEST(ClientTls, refuses_another_name) {
  auto response = co_await fetch_over_tls(world, "DNS:other.test", "svc.test", true);
  CO_ASSERT_FALSE(response);
  EXPECT_EQ(response.error().code(), Code::unavailable);
  EXPECT_TRUE(response.error().message().contains("hostname mismatch"))
      << response.error().message();
}

CLIENT_TEST(ClientTls, a_name_does_not_vouch_for_an_address) {
  auto response = co_await fetch_over_tls(world, "DNS:127.0.0.1,DNS:svc.test", "127.0.0.1", true);
  EXPECT_FALSE(response);
}

CLIENT_TEST(ClientTls, refuses_an_unknown_authority) {
  auto response = co_await fetch_over_tls(world, "DNS:svc.test", "svc.test", false);
  CO_ASSERT_FALSE(response);
  EXPECT_TRUE(response.error().message().contains("certificate is not accepted"));
}

CLIENT_TEST(ClientTls, refuses_a_missing_ca_file) {
  world.options.ca_file = "/does/not/exist.pem";
  world.make_client();
  ClientRequest request;
  request.url = "https://127.0.0.1:" + world.server.port() + "/";
  auto response = co_await world.client->fetch(std::move(request));
  CO_ASSERT_FALSE(response);
  EXPECT_EQ(response.error().reason(), reason::kInvalidConfig);
  EXPECT_TRUE(response.error().message().contains("/does/not/exist.pem"));
}

CLIENT_TEST(ClientTls, pools_connections_and_reads_streams) {
  TlsServer tls(world.executor, "IP:127.0.0.1");
  world.options.ca_file = tls.ca_file();
  world.make_client();
  for (int i = 0; i < 3; ++i) {
    tls.server->reply(with_length("x"));
    auto response = co_await world.client->fetch(tls.get("127.0.0.1"));
    if (!response) ADD_FAILURE() << response.error().message();
  }
  EXPECT_EQ(tls.server->connections, 1);
  tls.server->reply("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n");
  auto stream = co_await world.client->open(tls.get("127.0.0.1"));
  if (stream) {
    auto piece = co_await (*stream)->read();
    EXPECT_TRUE(piece && *piece == "a");
    stream->reset();
  }
  EXPECT_TRUE(stream);
  world.client.reset();
  co_await tls.server->stop();
}

/// One call with options of its own.
Async<Result<Response>> fetch_with_options(World& world, TlsServer& tls, std::string host,
                                           ClientTlsOptions options) {
  world.names.set("svc.test", Addresses{"127.0.0.1"});
  world.make_client();
  tls.server->reply(with_length("sealed"));
  auto request = tls.get(host);
  CO_TRY(made, make_client_tls(options));
  request.tls = std::move(made);
  co_return co_await world.client->fetch(std::move(request));
}

Async<> stop(World& world, TlsServer& tls) {
  world.client.reset();
  co_await tls.server->stop();
}

CLIENT_TEST(ClientTls, a_request_brings_its_own_authorities) {
  TlsServer tls(world.executor, "DNS:svc.test");
  const Identity another("DNS:x");
  ClientTlsOptions options;
  options.ca = another.pem() + tls.identity.pem();
  auto good = co_await fetch_with_options(world, tls, "svc.test", options);
  EXPECT_TRUE(good) << good.error().message();
  options.ca = another.pem();
  options.system_roots_too = true;
  auto bad = co_await fetch_with_options(world, tls, "svc.test", options);
  EXPECT_FALSE(bad);
  co_await stop(world, tls);
}

CLIENT_TEST(ClientTls, the_certificate_may_be_for_a_name_that_is_said) {
  TlsServer tls(world.executor, "DNS:inside.test");
  ClientTlsOptions options;
  options.ca = tls.identity.pem();
  auto other = co_await fetch_with_options(world, tls, "svc.test", options);
  EXPECT_FALSE(other);
  options.server_name = "inside.test";
  auto named = co_await fetch_with_options(world, tls, "svc.test", options);
  EXPECT_TRUE(named) << named.error().message();
  co_await stop(world, tls);
}

CLIENT_TEST(ClientTls, verification_is_skipped_where_asked_and_only_there) {
  TlsServer tls(world.executor, "DNS:other.test");
  ClientTlsOptions options;
  options.skip_verification = true;
  auto skipped = co_await fetch_with_options(world, tls, "svc.test", options);
  EXPECT_TRUE(skipped) << skipped.error().message();
  EXPECT_EQ(world.client->idle_connections(), 1U);
  // The connection that waits was never verified: it is not for who wants that.
  auto strict = co_await world.client->fetch(tls.get("svc.test"));
  EXPECT_FALSE(strict);
  co_await stop(world, tls);
}

CLIENT_TEST(ClientTls, a_client_certificate_is_presented) {
  TlsServer tls(world.executor, "DNS:svc.test");
  const Identity client("DNS:me");
  X509_STORE_add_cert(SSL_CTX_get_cert_store(tls.context.native_handle()),
                      client.certificate.get());
  tls.context.set_verify_mode(boost::asio::ssl::verify_peer |
                              boost::asio::ssl::verify_fail_if_no_peer_cert);
  ClientTlsOptions options;
  options.ca = tls.identity.pem();
  auto nobody = co_await fetch_with_options(world, tls, "svc.test", options);
  EXPECT_FALSE(nobody);
  options.certificate = client.pem();
  options.key = Secret(client.key_pem());
  auto known = co_await fetch_with_options(world, tls, "svc.test", options);
  EXPECT_TRUE(known) << known.error().message();
  co_await stop(world, tls);
}

TEST(ClientTlsOptions, faults_name_the_option_and_nothing_of_the_key) {
  const Identity one("DNS:a");
  const Identity two("DNS:b");
  const auto fault = [](ClientTlsOptions options) {
    const auto made = make_client_tls(options);
    return made ? std::string() : made.error().violations().front().field;
  };
  ClientTlsOptions options;
  EXPECT_EQ(fault(options), "");
  options.ca = "nonsense";
  EXPECT_EQ(fault(options), "ca");
  options.ca = one.pem() + "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
  EXPECT_EQ(fault(options), "ca");
  options.ca.clear();
  options.certificate = one.pem();
  EXPECT_EQ(fault(options), "key");
  options.key = Secret("nonsense");
  EXPECT_EQ(fault(options), "key");
  options.key = Secret(two.key_pem());
  EXPECT_EQ(fault(options), "key");
  options.key = Secret(one.key_pem());
  EXPECT_EQ(fault(options), "");
  options.certificate.clear();
  EXPECT_EQ(fault(options), "certificate");
}

CLIENT_TEST(ClientTls, a_body_without_length_needs_the_peers_farewell) {
  TlsServer tls(world.executor, "IP:127.0.0.1");
  world.options.ca_file = tls.ca_file();
  world.make_client();
  // The raw server closes without close_notify: an attacker could have cut the body here.
  tls.server->reply(testing::Reply{.bytes = "HTTP/1.1 200 OK\r\n\r\ntrunc", .close = true});
  auto response = co_await world.client->fetch(tls.get("127.0.0.1"));
  EXPECT_FALSE(response);
  world.client.reset();
  co_await tls.server->stop();
}

}  // namespace
}  // namespace flotilla::http
