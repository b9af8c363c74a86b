// TLS on the server's side, with certificates made here.
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <boost/asio/buffer.hpp>
#include <boost/asio/connect.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/write.hpp>
#include <cstdio>
#include <filesystem>
#include <memory>

#include "async/event.h"
#include "http/server_testing_internal.h"
#include "http/sse.h"
#include "http/tls.h"

namespace flotilla::http {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using testing::eventually;
using testing::get;
using testing::TestServer;

using Key = std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)>;
using Certificate = std::unique_ptr<X509, decltype(&X509_free)>;

Key make_key() {
  return {EVP_PKEY_Q_keygen(nullptr, nullptr, "EC", "P-256"), &EVP_PKEY_free};
}

void add_extension(X509* certificate, int kind, const char* value) {
  X509V3_CTX context;
  X509V3_set_ctx(&context, certificate, certificate, nullptr, nullptr, 0);
  X509_EXTENSION* extension = X509V3_EXT_conf_nid(nullptr, &context, kind, value);
  X509_add_ext(certificate, extension, -1);
  X509_EXTENSION_free(extension);
}

Certificate make_certificate(const Key& key, const char* name, X509* issuer,
                             const Key& issuer_key) {
  Certificate certificate(X509_new(), &X509_free);
  X509_set_version(certificate.get(), 2);
  ASN1_INTEGER_set(X509_get_serialNumber(certificate.get()), issuer == nullptr ? 1 : 2);
  X509_gmtime_adj(X509_getm_notBefore(certificate.get()), -3600);
  X509_gmtime_adj(X509_getm_notAfter(certificate.get()), 3600);
  X509_set_pubkey(certificate.get(), key.get());
  X509_NAME* subject = X509_get_subject_name(certificate.get());
  const auto* text = reinterpret_cast<const unsigned char*>(name);
  X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_UTF8, text, -1, -1, 0);
  X509_set_issuer_name(certificate.get(),
                       issuer == nullptr ? subject : X509_get_subject_name(issuer));
  if (issuer == nullptr) {
    add_extension(certificate.get(), NID_basic_constraints, "critical,CA:TRUE");
  } else {
    add_extension(certificate.get(), NID_subject_alt_name, "DNS:localhost,IP:127.0.0.1");
  }
  X509_sign(certificate.get(), issuer_key.get(), EVP_sha256());
  return certificate;
}

/// An authority, a server's and a client's certificate as PEM files in a folder of their own.
class Certificates {
 public:
  Certificates() : folder_(std::filesystem::temp_directory_path() / unique_name()) {
    std::filesystem::create_directory(folder_);
    const Key ca_key = make_key();
    const Certificate ca = make_certificate(ca_key, "Test CA", nullptr, ca_key);
    write("ca", ca, ca_key);
    for (const char* name : {"server", "client"}) {
      const Key key = make_key();
      write(name, make_certificate(key, name, ca.get(), ca_key), key);
    }
  }
  Certificates(const Certificates&) = delete;
  Certificates& operator=(const Certificates&) = delete;
  ~Certificates() { std::filesystem::remove_all(folder_); }

  [[nodiscard]] std::string certificate(const std::string& name) const {
    return (folder_ / (name + ".pem")).string();
  }
  [[nodiscard]] std::string key(const std::string& name) const {
    return (folder_ / (name + ".key")).string();
  }

 private:
  static std::string unique_name() {
    static int count = 0;
    return "flotilla-tls-" + std::to_string(::getpid()) + "-" + std::to_string(++count);
  }
  void write(const std::string& name, const Certificate& certificate, const Key& key) const {
    using File = std::unique_ptr<std::FILE, decltype(&std::fclose)>;
    const File pem(std::fopen(this->certificate(name).c_str(), "w"), &std::fclose);
    PEM_write_X509(pem.get(), certificate.get());
    const File secret(std::fopen(this->key(name).c_str(), "w"), &std::fclose);
    PEM_write_PrivateKey(secret.get(), key.get(), nullptr, nullptr, 0, nullptr, nullptr);
  }
  std::filesystem::path folder_;
};

class TlsClient {
 public:
  TlsClient(std::uint16_t port, asio::ssl::context& context) : stream_(io_, context) {
    stream_.next_layer().connect({asio::ip::make_address("127.0.0.1"), port}, error);
    if (!error) stream_.handshake(asio::ssl::stream_base::client, error);
  }
  std::string exchange(std::string_view request, std::string_view until) {
    if (!error) asio::write(stream_, asio::buffer(request), error);
    read_until(until);
    return received;
  }
  void read_until(std::string_view part) {
    while (!error && !received.contains(part)) {
      std::string piece(16384, '\0');
      const auto got = stream_.read_some(asio::buffer(piece), error);
      received.append(piece, 0, got);
    }
  }
  SSL* native() { return stream_.native_handle(); }
  tcp::socket& socket() { return stream_.next_layer(); }

  boost::system::error_code error;
  std::string received;

 private:
  asio::io_context io_;
  asio::ssl::stream<tcp::socket> stream_;
};

Async<Response> subject(Request& request) {
  if (request.path == "/big") co_return Response::text(200, std::string(1 << 20, 'x') + "end");
  co_return Response::text(200, std::string(request.tls ? "tls" : "plain") + "|" +
                                    request.client_certificate_subject + "|" + request.body);
}

class ServerTls : public ::testing::Test {
 protected:
  ServerOptions options(bool with_client_ca) {
    ServerOptions options;
    options.tls.emplace();
    options.tls->certificate_file = files.certificate("server");
    options.tls->key_file = files.key("server");
    if (with_client_ca) options.tls->client_ca_file = files.certificate("ca");
    return options;
  }
  Certificates files;
};

TEST_F(ServerTls, serves_http_1_1_to_clients_that_verify_it) {
  TestServer server(subject, options(false));
  const auto context = make_client_tls(files.certificate("ca"));
  ASSERT_TRUE(context.has_value()) << context.error().message();
  TlsClient client(server.port(), **context);
  ASSERT_FALSE(client.error) << client.error.message();
  EXPECT_EQ(SSL_get_verify_result(client.native()), X509_V_OK);
  const unsigned char* protocol = nullptr;
  unsigned size = 0;
  SSL_get0_alpn_selected(client.native(), &protocol, &size);
  EXPECT_EQ(std::string_view(reinterpret_cast<const char*>(protocol), size), "http/1.1");
  EXPECT_TRUE(client.exchange(get("/"), "tls|").ends_with("\r\n\r\ntls||"));
  client.received.clear();
  client.exchange(get("/one") + get("/big") + get("/last"), "end");
  client.read_until("tls||HTTP/1.1 200");
  client.read_until("endHTTP/1.1 200");
  EXPECT_FALSE(client.error) << client.error.message();
}

TEST_F(ServerTls, asks_for_a_client_certificate_and_names_it) {
  TestServer server(subject, options(true));
  auto context = make_client_tls(files.certificate("ca"));
  ASSERT_TRUE(context.has_value());
  {
    TlsClient stranger(server.port(), **context);
    stranger.exchange(get("/"), "tls|");
    EXPECT_TRUE(stranger.error);
    EXPECT_EQ(stranger.received, "");
  }
  (*context)->use_certificate_chain_file(files.certificate("client"));
  (*context)->use_private_key_file(files.key("client"), asio::ssl::context::pem);
  TlsClient known(server.port(), **context);
  EXPECT_TRUE(known.exchange(get("/"), "tls|CN=client|").contains("tls|CN=client|"))
      << known.received;
}

TEST_F(ServerTls, old_versions_and_other_protocols_are_refused) {
  TestServer server(subject, options(false));
  asio::ssl::context old(asio::ssl::context::tls_client);
  SSL_CTX_set_max_proto_version(old.native_handle(), TLS1_1_VERSION);
  EXPECT_TRUE(TlsClient(server.port(), old).error);
  asio::ssl::context h2(asio::ssl::context::tls_client);
  constexpr std::array<unsigned char, 3> kH2{2, 'h', '2'};
  SSL_CTX_set_alpn_protos(h2.native_handle(), kH2.data(), kH2.size());
  EXPECT_TRUE(TlsClient(server.port(), h2).error);
  testing::RawClient plain(server.port());
  plain.send(get("/"));
  EXPECT_FALSE(plain.read_all().contains("HTTP"));
}

TEST_F(ServerTls, a_handshake_that_stalls_is_ended) {
  TestServer server(subject, options(false));
  testing::RawClient client(server.port());
  EXPECT_TRUE(server.advance_until([&] { return client.receive(0) && client.ended(); }));
}

TEST_F(ServerTls, streams_have_heartbeats_and_notice_lost_clients) {
  std::atomic<int> cancelled = 0;
  const Handler handler = [&cancelled](Request& /*request*/) -> Async<Response> {
    auto run = [&cancelled](BodyWriter& body) -> Async<> {
      struct Count {
        std::atomic<int>& count;
        ~Count() { ++count; }
      };
      static constexpr auto wait = [](BodyWriter& out, std::atomic<int>& count) -> Async<> {
        const Count at_end{count};
        SseWriter writer(out);
        std::ignore = co_await writer.comment("hello");
        auto executor = co_await boost::asio::this_coro::executor;
        Notifier never(executor);
        co_await never.wait();
      };
      return wait(body, cancelled);
    };
    auto respond = [](Response response) -> Async<Response> { co_return response; };
    return respond(sse_response(std::move(run)));
  };
  TestServer server(handler, options(false));
  const auto context = make_client_tls(files.certificate("ca"));
  ASSERT_TRUE(context.has_value());
  TlsClient client(server.port(), **context);
  client.exchange(get("/"), "hello");
  std::atomic<bool> pinged = false;
  std::thread reader([&] {
    client.read_until(": ping\n\n");
    client.read_until(": ping\n\n\r\n8\r\n: ping\n\n");
    pinged = true;
  });
  EXPECT_TRUE(server.advance_until([&] { return pinged.load(); }));
  reader.join();
  client.socket().close();
  EXPECT_TRUE(server.advance_until([&] { return cancelled == 1; }));
}

TEST_F(ServerTls, unusable_files_are_named) {
  auto wrong = options(false);
  wrong.tls->key_file = files.key("client");
  const auto mismatch = make_server_tls(*wrong.tls);
  ASSERT_FALSE(mismatch.has_value());
  EXPECT_TRUE(mismatch.error().message().contains(files.key("client")));
  const auto no_roots = make_client_tls("/nowhere/ca.pem");
  ASSERT_FALSE(no_roots.has_value());
  EXPECT_TRUE(no_roots.error().message().contains("/nowhere/ca.pem"));
}

}  // namespace
}  // namespace flotilla::http
