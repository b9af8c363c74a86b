#pragma once

#include <string>

#include "async/async.h"
#include "core/references.h"
#include "core/resources.h"
#include "http/client_tls.h"

namespace flotilla::gateway {

/// How a resource's `spec.tls` has its peer checked, its Secrets looked up.
struct PeerTls {
  http::ClientTlsPtr peer;  // for the resource's own URL
  /// For other servers that it leads to, such as OAuth's: they get neither our certificate nor the
  /// peer's name, and the system's roots count, too. Null: the system's roots only.
  http::ClientTlsPtr others;
};
/// A fault names the field below /spec/tls.
Async<Result<PeerTls>> look_up_tls(core::Resources& resources, std::string name_space,
                                   core::TlsSpec spec);

}  // namespace flotilla::gateway
