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
    add_extension(certificate.get(), NID_basic_constraints, "critical,CA:TRUE");
    add_extension(certificate.get(), NID_subject_alt_name, names);
    X509_sign(certificate.get(), key.get(), EVP_sha256());
  }
  void install(boost::asio::ssl::context& context) const {
    SSL_CTX_use_certificate(context.native_handle(), certificate.get());
    SSL_CTX_use_PrivateKey(context.native_handle(), key.get());
  }
  [[nodiscard]] std::string pem() const {
    const std::unique_ptr<BIO, decltype(&BIO_free_all)> out(BIO_new(BIO_s_mem()), &BIO_free_all);
    PEM_write_bio_X509(out.get(), certificate.get());
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
