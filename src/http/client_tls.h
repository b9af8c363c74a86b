#pragma once

#include <memory>
#include <string>

#include "base/result.h"
#include "base/secret.h"

namespace flotilla::http {

/// How a client checks the servers it calls, and who it is to them. All is PEM text, no file.
struct ClientTlsOptions {
  std::string ca;                  // authorities to trust; empty: the system's
  bool system_roots_too = false;   // with `ca`: the system's count as well
  bool skip_verification = false;  // any certificate will do
  std::string server_name;         // that the certificate must carry; empty: the URL's host
  std::string certificate;         // what we present, with its chain; empty: nothing
  Secret key;                      // the private key of `certificate`
};

/// Ready to be used by many clients on any loop; immutable.
class ClientTls;
using ClientTlsPtr = std::shared_ptr<const ClientTls>;  // shared by requests that use it

/// invalid_argument/INVALID_CONFIG with the option's name (`ca`, `certificate`, `key`) as field;
/// never with anything out of a key.
Result<ClientTlsPtr> make_client_tls(const ClientTlsOptions& options);
/// Of all options: what differs is another digest.
const std::string& digest_of(const ClientTls& tls);

}  // namespace flotilla::http
