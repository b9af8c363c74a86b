#pragma once

#include <memory>
#include <string>

#include "base/result.h"

namespace boost::asio::ssl {
class context;
}
struct ssl_st;

namespace flotilla::http {

struct TlsOptions;

/// TLS 1.2 or later, ALPN http/1.1. Contexts are immutable once made and shared between loops;
/// faults name the file that cannot be used.
using TlsContext = boost::asio::ssl::context;

Result<std::shared_ptr<TlsContext>> make_server_tls(const TlsOptions& options);
/// Verifies servers against `ca_file` (empty: the system's roots).
Result<std::shared_ptr<TlsContext>> make_client_tls(const std::string& ca_file);
/// Verifies servers against the system's roots, or against what the caller adds.
Result<std::shared_ptr<TlsContext>> make_client_context(bool system_roots);

/// Before a client's handshake: sends SNI and pins the name (or address) that the certificate must
/// carry.
Result<> expect_server(ssl_st* session, const std::string& host);

/// RFC 2253 subject of the verified peer; empty when it showed none.
std::string peer_subject(ssl_st* session);

}  // namespace flotilla::http
