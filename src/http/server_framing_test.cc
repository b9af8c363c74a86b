// What arrives when the framing of a request is broken: the right status as problem+json, then the
// end of the connection; never a handler call, never silence.
#include <atomic>
#include <string>
#include <vector>

#include "http/limits.h"
#include "http/server_testing_internal.h"

namespace flotilla::http {
namespace {

using testing::get;
using testing::RawClient;
using testing::TestServer;

struct Framing {
  const char* name;
  std::string bytes;
  int status;
};

constexpr std::size_t kHeaderLimit = 8192;
constexpr std::size_t kBodyLimit = 1000;

std::string many_fields(std::size_t count) {
  std::string fields;
  for (std::size_t i = 0; i < count; ++i) fields += "X-" + std::to_string(i) + ": 1\r\n";
  return fields;
}

std::string with(std::string_view fields, std::string_view body = "") {
  return "POST / HTTP/1.1\r\nHost: localhost\r\n" + std::string(fields) + "\r\n" +
         std::string(body);
}

std::string chunked(std::string_view body) {
  return with("Transfer-Encoding: chunked\r\n", body);
}

std::vector<Framing> request_lines() {
  return {
      {"no method", " / HTTP/1.1\r\nHost: localhost\r\n\r\n", 400},
      {"no target", "GET  HTTP/1.1\r\nHost: localhost\r\n\r\n", 400},
      {"two spaces", "GET  / HTTP/1.1\r\nHost: localhost\r\n\r\n", 400},
      {"two spaces before the version", "GET /  HTTP/1.1\r\nHost: localhost\r\n\r\n", 400},
      {"tab", "GET\t/ HTTP/1.1\r\nHost: localhost\r\n\r\n", 400},
      {"space in target", "GET /a b HTTP/1.1\r\nHost: localhost\r\n\r\n", 400},
      {"no version (HTTP/0.9)", "GET /\r\n\r\n", 400},
      {"lower-case version", "GET / http/1.1\r\nHost: localhost\r\n\r\n", 400},
      {"version text", "GET / HTTP/one\r\nHost: localhost\r\n\r\n", 400},
      {"version 2.0", "GET / HTTP/2.0\r\nHost: localhost\r\n\r\n", 505},
      {"version 1.2", "GET / HTTP/1.2\r\nHost: localhost\r\n\r\n", 505},
      {"version 0.9", "GET / HTTP/0.9\r\nHost: localhost\r\n\r\n", 505},
      {"trailing text", "GET / HTTP/1.1 x\r\nHost: localhost\r\n\r\n", 400},
      {"HTTP/2 preface", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505},
      {"TLS on a plain port", std::string("\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\r\n\r\n", 14),
       400},
      {"separator in method", "GE(T / HTTP/1.1\r\nHost: localhost\r\n\r\n", 400},
      {"NUL in target", "GET /a" + std::string(1, '\0') + "b HTTP/1.1\r\nHost: localhost\r\n\r\n",
       400},
      {"control in target", "GET /a\x01 HTTP/1.1\r\nHost: localhost\r\n\r\n", 400},
      {"DEL in target", "GET /a\x7f HTTP/1.1\r\nHost: localhost\r\n\r\n", 400},
      {"relative target", "GET tasks HTTP/1.1\r\nHost: localhost\r\n\r\n", 400},
      {"fragment", "GET /a#b HTTP/1.1\r\nHost: localhost\r\n\r\n", 400},
      {"asterisk for GET", "GET * HTTP/1.1\r\nHost: localhost\r\n\r\n", 400},
      {"absolute without host", "GET http:///x HTTP/1.1\r\nHost: localhost\r\n\r\n", 400},
      {"other scheme", "GET ftp://localhost/ HTTP/1.1\r\nHost: localhost\r\n\r\n", 400},
      {"CONNECT", "CONNECT localhost:1 HTTP/1.1\r\nHost: localhost\r\n\r\n", 501},
      {"TRACE", "TRACE / HTTP/1.1\r\nHost: localhost\r\n\r\n", 501},
      {"unknown method", "BREW /pot HTTP/1.1\r\nHost: localhost\r\n\r\n", 501},
      {"lower-case method", "get / HTTP/1.1\r\nHost: localhost\r\n\r\n", 501},
      {"long request line", "GET /" + std::string(kRequestLineLimit + 10, 'a') + " HTTP/1.1\r\n",
       431},
  };
}

std::vector<Framing> fields() {
  return {
      {"no Host", "GET / HTTP/1.1\r\n\r\n", 400},
      {"two Hosts", get("/", "Host: localhost\r\n"), 400},
      {"two different Hosts", get("/", "Host: evil\r\n"), 400},
      {"bare line feed after the request line", "GET / HTTP/1.1\nHost: localhost\r\n\r\n", 400},
      {"bare line feed after a field", "GET / HTTP/1.1\r\nHost: localhost\n\r\n", 400},
      {"bare line feeds", "GET / HTTP/1.1\nHost: localhost\n\n", 400},
      {"bare line feed at the end", "GET / HTTP/1.1\r\nHost: localhost\r\n\n", 400},
      {"line feed first", "\nGET / HTTP/1.1\r\nHost: localhost\r\n\r\n", 400},
      {"bare carriage return", get("/", "X: a\rb\r\n"), 400},
      {"carriage return before the end", get("/", "X: a\r\r\n"), 400},
      {"space before colon", get("/", "X : a\r\n"), 400},
      {"tab before colon", get("/", "X\t: a\r\n"), 400},
      {"space before name", "GET / HTTP/1.1\r\n X: a\r\nHost: localhost\r\n\r\n", 400},
      {"folded field", get("/", "X: a\r\n b\r\n"), 400},
      {"folded with tab", get("/", "X: a\r\n\tb\r\n"), 400},
      {"folded empty field", get("/", "X:\r\n b\r\n"), 400},
      {"no colon", get("/", "Nonsense\r\n"), 400},
      {"no name", get("/", ": a\r\n"), 400},
      {"separator in name", get("/", "X(Y): a\r\n"), 400},
      {"high byte in name", get("/", "X\xc3\xa9: a\r\n"), 400},
      {"NUL in value",
       "GET / HTTP/1.1\r\nHost: localhost\r\nX: a" + std::string(1, '\0') + "b\r\n\r\n", 400},
      {"control in value", get("/", "X: a\x01\r\n"), 400},
      {"DEL in value", get("/", "X: a\x7f\r\n"), 400},
      {"malformed Connection", get("/", "Connection: close,,@\r\n"), 400},
      {"many fields", get("/", many_fields(kMaxFields + 1)), 431},
      {"large field", get("/", "X: " + std::string(kHeaderLimit, 'x') + "\r\n"), 431},
      {"large header without end", "GET / HTTP/1.1\r\n" + many_fields(900), 431},
      {"unknown expectation", with("Expect: the-worst\r\nContent-Length: 1\r\n", "x"), 417},
  };
}

std::vector<Framing> bodies() {
  const std::string smuggled = "GET /admin HTTP/1.1\r\nHost: localhost\r\n\r\n";
  return {
      {"length and chunked",
       with("Content-Length: 4\r\nTransfer-Encoding: chunked\r\n", "0\r\n\r\n" + smuggled), 400},
      {"chunked and length",
       with("Transfer-Encoding: chunked\r\nContent-Length: 4\r\n", "0\r\n\r\n" + smuggled), 400},
      {"two lengths", with("Content-Length: 1\r\nContent-Length: 2\r\n", "xy"), 400},
      {"two equal lengths", with("Content-Length: 1\r\nContent-Length: 1\r\n", "x"), 400},
      {"length list", with("Content-Length: 1, 1\r\n", "x"), 400},
      {"negative length", with("Content-Length: -1\r\n"), 400},
      {"signed length", with("Content-Length: +1\r\n", "x"), 400},
      {"hexadecimal length", with("Content-Length: 0x1\r\n", "x"), 400},
      {"empty length", with("Content-Length:\r\n"), 400},
      {"length with space", with("Content-Length: 1 1\r\n", "x"), 400},
      {"overflowing length", with("Content-Length: 18446744073709551617\r\n", "x"), 400},
      {"length text", with("Content-Length: one\r\n", "x"), 400},
      {"fraction", with("Content-Length: 1.0\r\n", "x"), 400},
      {"body beyond the limit", with("Content-Length: 1001\r\n"), 413},
      {"huge length", with("Content-Length: 18446744073709551615\r\n"), 413},
      {"unknown coding", with("Transfer-Encoding: gzip\r\n"), 501},
      {"coding before chunked", with("Transfer-Encoding: gzip, chunked\r\n"), 501},
      {"chunked is not last", with("Transfer-Encoding: chunked, gzip\r\n"), 501},
      {"chunked twice", with("Transfer-Encoding: chunked, chunked\r\n"), 501},
      {"two codings", with("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n"), 400},
      {"identity and chunked",
       with("Transfer-Encoding: identity\r\nTransfer-Encoding: chunked\r\n"), 501},
      {"disguised coding", with("Transfer-Encoding: xchunked\r\n"), 501},
      {"coding with vertical tab",
       with("Transfer-Encoding: \x0b"
            "chunked\r\n"),
       400},
      {"coding in HTTP/1.0", "POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400},
      {"chunk size text", chunked("z\r\nx\r\n0\r\n\r\n"), 400},
      {"no chunk size", chunked("\r\nx\r\n0\r\n\r\n"), 400},
      {"negative chunk size", chunked("-1\r\nx\r\n0\r\n\r\n"), 400},
      {"prefixed chunk size", chunked("0x1\r\nx\r\n0\r\n\r\n"), 400},
      {"overflowing chunk size", chunked("fffffffffffffffff\r\nx\r\n0\r\n\r\n"), 400},
      {"space before chunk size", chunked(" 1\r\nx\r\n0\r\n\r\n"), 400},
      {"bare line feed after chunk size", chunked("1\nx\r\n0\r\n\r\n"), 400},
      {"no line end after chunk", chunked("1\r\nxy\r\n0\r\n\r\n"), 400},
      {"chunk longer than its size", chunked("2\r\nxyz\r\n0\r\n\r\n"), 400},
      {"malformed extension", chunked("1;=\r\nx\r\n0\r\n\r\n"), 400},
      {"carriage return in extension", chunked("1;a\rb\r\nx\r\n0\r\n\r\n"), 400},
      {"long extension", chunked("1;a=" + std::string(8192, 'a')), 400},
      {"chunk beyond the limit", chunked("3e9\r\n"), 413},
      {"chunks beyond the limit", chunked("258\r\n" + std::string(600, 'x') + "\r\n258\r\n"), 413},
      {"length in trailers", chunked("0\r\nContent-Length: 5\r\n\r\n"), 400},
      {"coding in trailers", chunked("0\r\nTransfer-Encoding: chunked\r\n\r\n"), 400},
      {"malformed trailer", chunked("0\r\nX : y\r\n\r\n"), 400},
      {"long trailers", chunked("0\r\nX: " + std::string(8192, 'a')), 400},
  };
}

class ServerFraming : public ::testing::Test {
 protected:
  static ServerOptions limited() {
    ServerOptions options;
    options.header_limit = kHeaderLimit;
    options.body_limit = kBodyLimit;
    return options;
  }
  Handler counting() {
    return [this](Request& request) {
      ++calls;
      return testing::echo(request);
    };
  }
  void expect_refused(const Framing& one) {
    RawClient client(server.port());
    client.send(one.bytes);
    const std::string answer = client.read_all();
    EXPECT_TRUE(answer.starts_with("HTTP/1.1 " + std::to_string(one.status) + " "))
        << one.name << ": " << answer.substr(0, 300);
    EXPECT_TRUE(answer.contains("Content-Type: application/problem+json\r\n")) << one.name;
    EXPECT_TRUE(answer.contains("Connection: close\r\n")) << one.name;
    EXPECT_EQ(answer.find("HTTP/1.1", 1), std::string::npos) << one.name << ": one answer only";
    EXPECT_FALSE(client.reset()) << one.name;
    EXPECT_EQ(calls.exchange(0), 0) << one.name;
  }

  std::atomic<int> calls = 0;
  TestServer server{counting(), limited()};
};

TEST_F(ServerFraming, a_broken_request_line_is_refused) {
  for (const Framing& one : request_lines()) expect_refused(one);
}

TEST_F(ServerFraming, broken_fields_are_refused) {
  for (const Framing& one : fields()) expect_refused(one);
}

TEST_F(ServerFraming, an_ambiguous_or_oversized_body_is_refused) {
  for (const Framing& one : bodies()) expect_refused(one);
}

TEST_F(ServerFraming, a_request_line_beyond_its_own_limit_is_414) {
  TestServer roomy(counting());
  RawClient client(roomy.port());
  client.send("GET /" + std::string(kRequestLineLimit + 10, 'a'));
  EXPECT_TRUE(client.read_all().starts_with("HTTP/1.1 414 "));
}

TEST_F(ServerFraming, a_fault_after_good_requests_is_answered_after_them) {
  RawClient client(server.port());
  client.send(get("/one") + get("/two") + "BROKEN\r\n\r\n" + get("/three"));
  const std::string answers = client.read_all();
  EXPECT_TRUE(answers.contains("GET /one"));
  EXPECT_LT(answers.find("GET /two"), answers.find("HTTP/1.1 400 "));
  EXPECT_FALSE(answers.contains("GET /three"));
}

TEST_F(ServerFraming, a_sender_that_does_not_stop_still_reads_the_refusal) {
  RawClient client(server.port());
  client.send(with("Content-Length: 50000\r\n"));
  client.send(std::string(50'000, 'x'));
  const std::string answer = client.read_all();
  EXPECT_TRUE(answer.starts_with("HTTP/1.1 413 "));
  EXPECT_FALSE(client.reset());
}

struct Slow {
  const char* name;
  std::string bytes;
  const char* answer;  // what it begins with
};

TEST_F(ServerFraming, what_does_not_come_in_time_is_ended) {
  const std::vector<Slow> cases = {
      {"nothing at all", "", ""},
      {"half a request line", "GET /", "HTTP/1.1 408 "},
      {"half a header", "GET / HTTP/1.1\r\nHost: loc", "HTTP/1.1 408 "},
      {"half a body", with("Content-Length: 10\r\n", "12345"), "HTTP/1.1 408 "},
      {"half a chunk", chunked("5\r\nab"), "HTTP/1.1 408 "},
      {"no last chunk", chunked("1\r\na\r\n"), "HTTP/1.1 408 "},
  };
  for (const Slow& one : cases) {
    RawClient client(server.port());
    client.send(one.bytes);
    EXPECT_TRUE(server.advance_until([&] {
      while (!client.ended() && client.receive(0)) {
      }
      return client.ended();
    })) << one.name;
    EXPECT_TRUE(client.received().starts_with(one.answer)) << one.name << client.received();
    EXPECT_EQ(client.received().empty(), std::string_view(one.answer).empty()) << one.name;
  }
  EXPECT_EQ(calls.load(), 0);
}

TEST_F(ServerFraming, what_ends_inside_a_request_is_told_so) {
  for (const std::string& bytes :
       {std::string("GET / HTTP/1.1\r\nHost: loc"), with("Content-Length: 10\r\n", "12345"),
        chunked("5\r\nab"), chunked("1\r\na\r\n")}) {
    RawClient client(server.port());
    client.send(bytes);
    client.shutdown_send();
    EXPECT_TRUE(client.read_all().starts_with("HTTP/1.1 400 ")) << bytes;
  }
  RawClient silent(server.port());
  silent.shutdown_send();
  EXPECT_EQ(silent.read_all(), "");
  EXPECT_EQ(calls.load(), 0);
}

struct Fine {
  const char* name;
  std::string bytes;
  const char* body;
};

TEST_F(ServerFraming, unusual_but_right_requests_are_served) {
  const std::vector<Fine> cases = {
      {"empty lines first", "\r\n\r\n" + get("/"), "GET / "},
      {"absolute target", "GET http://localhost/x?y HTTP/1.1\r\nHost: other\r\n\r\n", "GET /x "},
      {"absolute target without path", "GET http://localhost HTTP/1.1\r\nHost: x\r\n\r\n",
       "GET / "},
      {"spaces around a value", "GET / HTTP/1.1\r\nHost: \t localhost \t\r\n\r\n", "GET / "},
      {"upper-case names", "GET / HTTP/1.1\r\nHOST: localhost\r\n\r\n", "GET / "},
      {"empty value", get("/", "X:\r\n"), "GET / "},
      {"UTF-8 value", get("/", "X: \xc3\xa9\r\n"), "GET / "},
      {"host with port", "GET / HTTP/1.1\r\nHost: localhost:8080\r\n\r\n", "GET / "},
      {"HTTP/1.0 without Host", "GET / HTTP/1.0\r\n\r\n", "GET / "},
      {"empty chunked body", chunked("0\r\n\r\n"), "POST / "},
      {"chunks", chunked("3\r\nabc\r\n0A\r\n0123456789\r\n0\r\n\r\n"), "POST / abc0123456789"},
      {"chunk extensions", chunked("3;a=b;c=\"d\\\"e\"\r\nabc\r\n0;x\r\n\r\n"), "POST / abc"},
      {"trailers", chunked("1\r\na\r\n0\r\nX-Sum: 5\r\n\r\n"), "POST / a"},
      {"upper-case coding", with("Transfer-Encoding: Chunked\r\n", "0\r\n\r\n"), "POST / "},
      {"body of GET", get("/", "Content-Length: 2\r\n") + "hi", "GET / hi"},
      {"body at the limit", with("Content-Length: 1000\r\n", std::string(1000, 'x')), "POST / x"},
  };
  for (const Fine& one : cases) {
    for (const std::size_t step : {std::size_t{1}, std::size_t{7}, one.bytes.size()}) {
      RawClient client(server.port());
      for (std::size_t at = 0; at < one.bytes.size(); at += step) {
        client.send(std::string_view(one.bytes).substr(at, step));
      }
      const auto response = client.read_response();
      EXPECT_EQ(response.status, 200) << one.name << response.body;
      EXPECT_TRUE(response.body.starts_with(one.body)) << one.name << ": " << response.body;
    }
  }
}

}  // namespace
}  // namespace flotilla::http
