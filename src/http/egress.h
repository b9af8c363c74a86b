#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace flotilla::http {

/// Who wrote the URL that is about to be called (docs/architecture.md, I7).
enum class UrlAuthor : std::uint8_t {
  operator_,  // config and admin's resources: anything but metadata addresses
  caller,     // webhooks, cards, metadata, redirects elsewhere: public addresses only
  platform,   // this program: addresses that stand in its code, the metadata service among them
};

/// Decides on resolved addresses, so that a name cannot change between check and connect. IPv4 that
/// is carried in IPv6 (mapped, translated, NAT64, 6to4, Teredo) is judged as that IPv4 address.
/// Cloud metadata services stay out of reach for all but the program itself, `allow` included.
/// Immutable; shared between threads.
class EgressPolicy {
 public:
  /// `allow`: CIDRs, addresses and host names (also `*.suffix`) that callers' URLs may also reach
  /// (`--egress-allow`).
  static Result<EgressPolicy> make(std::vector<std::string> allow);
  /// `address` is textual IPv4 or IPv6. EGRESS_DENIED names the host, never the resolved address
  /// of a private network.
  [[nodiscard]] Result<> check(std::string_view host, std::string_view address,
                               UrlAuthor author) const;

 private:
  struct Network {
    std::vector<std::uint8_t> bytes;
    unsigned prefix = 0;
  };
  [[nodiscard]] bool allows_host(std::string_view host) const;
  std::vector<Network> networks_;
  std::vector<std::string> hosts_;
};

}  // namespace flotilla::http
