#pragma once

#include <memory>
#include <string>

#include "http/client_tls.h"
#include "http/tls.h"

namespace flotilla::http {

class ClientTls {
 public:
  std::shared_ptr<TlsContext> context;  // shared with connections that outlive the options
  std::string server_name;
  bool verify = true;
  /// Of all options: connections of equal ones may be shared.
  std::string digest;
};

}  // namespace flotilla::http
