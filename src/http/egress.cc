#include "http/egress.h"

#include <arpa/inet.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>
#include <span>
#include <utility>

namespace flotilla::http {
namespace {

using Octets = std::vector<std::uint8_t>;

struct Range {
  std::string_view network;
  unsigned prefix;
};

// Services that hand credentials of the machine to whoever asks from it.
constexpr std::array kMetadata = {
    Range{"169.254.169.254", 32},  // AWS, GCP, Azure, OpenStack and most others
    Range{"169.254.170.2", 32},    // AWS ECS task credentials
    Range{"169.254.170.23", 32},   // AWS EKS pod identity
    Range{"169.254.42.42", 32},    // Scaleway
    Range{"169.254.0.23", 32},     // Tencent
    Range{"100.100.100.200", 32},  // Alibaba
    Range{"192.0.0.192", 32},      // Oracle
    Range{"168.63.129.16", 32},    // Azure host agent
    Range{"fd00:ec2::254", 128},   // AWS
    Range{"fd00:ec2::23", 128},    // AWS EKS pod identity
    Range{"fd20:ce::254", 128},    // GCP
    Range{"fd00:42::42", 128},     // Scaleway
};

// IANA special-purpose registry (RFC 6890 and updates): not public, or not one host.
constexpr std::array kNotPublic4 = {
    Range{"0.0.0.0", 8},                                  // this network, unspecified
    Range{"10.0.0.0", 8},                                 // private
    Range{"100.64.0.0", 10},                              // carrier-grade NAT
    Range{"127.0.0.0", 8},                                // loopback
    Range{"169.254.0.0", 16},                             // link-local
    Range{"172.16.0.0", 12},                              // private
    Range{"192.0.0.0", 24},                               // protocol assignments
    Range{"192.0.2.0", 24},                               // documentation
    Range{"192.88.99.0", 24},                             // 6to4 relays
    Range{"192.168.0.0", 16},                             // private
    Range{"198.18.0.0", 15},                              // benchmarks
    Range{"198.51.100.0", 24}, Range{"203.0.113.0", 24},  // documentation
    Range{"224.0.0.0", 4},                                // multicast
    Range{"240.0.0.0", 4},                                // reserved, broadcast
};

// Public IPv6 is 2000::/3 without these.
constexpr Range kPublic6{"2000::", 3};
constexpr std::array kNotPublic6 = {
    Range{"2001::", 23},      // protocol assignments
    Range{"2001:db8::", 32},  // documentation
    Range{"2002::", 16},      // 6to4: its IPv4 is judged first
    Range{"3fff::", 20},      // documentation
};

std::optional<Octets> parse_address(std::string_view text) {
  const std::string copy(text.substr(0, text.find('%')));
  Octets bytes(16);
  if (inet_pton(AF_INET6, copy.c_str(), bytes.data()) == 1) return bytes;
  bytes.resize(4);
  if (inet_pton(AF_INET, copy.c_str(), bytes.data()) == 1) return bytes;
  return std::nullopt;
}

bool contains(std::span<const std::uint8_t> network, unsigned prefix,
              std::span<const std::uint8_t> address) {
  if (network.size() != address.size()) return false;
  const std::size_t whole = prefix / 8;
  if (!std::equal(network.begin(), network.begin() + static_cast<std::ptrdiff_t>(whole),
                  address.begin())) {
    return false;
  }
  const unsigned rest = prefix % 8;
  if (rest == 0) return true;
  const unsigned mask = 0xffU << (8 - rest);
  return ((network[whole] ^ address[whole]) & mask & 0xffU) == 0;
}

bool contains(const Range& range, std::span<const std::uint8_t> address) {
  const auto network = parse_address(range.network);
  return network && contains(*network, range.prefix, address);
}

bool in_any(std::span<const Range> ranges, std::span<const std::uint8_t> address) {
  return std::ranges::any_of(ranges, [&](const Range& range) { return contains(range, address); });
}

Octets slice(const Octets& bytes, std::size_t at) {
  const auto first = bytes.begin() + static_cast<std::ptrdiff_t>(at);
  return Octets(first, first + 4);
}

// The IPv4 address that a packet to this IPv6 address ends up at.
std::optional<Octets> embedded_ipv4(const Octets& address) {
  if (address.size() != 16) return std::nullopt;
  constexpr std::array kLast32 = {
      Range{"::ffff:0:0", 96},    // mapped
      Range{"::ffff:0:0:0", 96},  // translated (RFC 7915)
      Range{"64:ff9b::", 96},     // NAT64
      Range{"64:ff9b:1::", 48},   // NAT64, local use
  };
  if (in_any(kLast32, address)) return slice(address, 12);
  if (contains(Range{"2002::", 16}, address)) return slice(address, 2);
  if (contains(Range{"2001::", 32}, address)) {  // Teredo keeps the client inverted
    Octets client = slice(address, 12);
    for (auto& byte : client) byte = static_cast<std::uint8_t>(~byte);
    return client;
  }
  // IPv4-compatible (deprecated), but for :: and ::1.
  if (contains(Range{"::", 96}, address) && !contains(Range{"::", 127}, address)) {
    return slice(address, 12);
  }
  return std::nullopt;
}

bool is_public(const Octets& address) {
  if (address.size() == 4) return !in_any(kNotPublic4, address);
  return contains(kPublic6, address) && !in_any(kNotPublic6, address);
}

// Tunnels and local NAT64 lead into networks of someone's own whatever the IPv4 inside says.
bool is_public_carrier(const Octets& address) {
  return contains(Range{"::ffff:0:0", 96}, address) || contains(Range{"64:ff9b::", 96}, address) ||
         contains(Range{"2002::", 16}, address);
}

std::string normal_host(std::string_view host) {
  if (host.ends_with('.')) host.remove_suffix(1);
  std::string out(host);
  std::ranges::transform(out, out.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  });
  return out;
}

bool is_host_pattern(std::string_view text) {
  if (text.starts_with("*.")) text.remove_prefix(2);
  return !text.empty() && text.size() <= 253 && std::ranges::all_of(text, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_' || c == '.';
  });
}

std::optional<unsigned> parse_prefix(std::string_view text, std::size_t address_bytes) {
  unsigned value = 0;
  const auto* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, value);
  if (error != std::errc{} || stop != end || value > address_bytes * 8) return std::nullopt;
  return value;
}

Error denied(std::string_view host, std::string_view why) {
  return Error(Code::permission_denied, reason::kEgressDenied,
               fmt::format("the host {} may not be called: {}", host, why));
}

}  // namespace

Result<EgressPolicy> EgressPolicy::make(std::vector<std::string> allow) {
  EgressPolicy policy;
  for (const auto& entry : allow) {
    const auto slash = entry.find('/');
    auto bytes = parse_address(std::string_view(entry).substr(0, slash));
    if (bytes && !entry.contains('%')) {
      const auto prefix =
          slash == std::string::npos
              ? std::optional(static_cast<unsigned>(bytes->size() * 8))
              : parse_prefix(std::string_view(entry).substr(slash + 1), bytes->size());
      if (prefix) {
        policy.networks_.push_back(Network{std::move(*bytes), *prefix});
        continue;
      }
    } else if (auto host = normal_host(entry); is_host_pattern(host)) {
      policy.hosts_.push_back(std::move(host));
      continue;
    }
    return fail(invalid("egress-allow", fmt::format("'{}' is neither a CIDR such as 10.0.0.0/8 nor "
                                                    "a host name such as hooks.example.com",
                                                    entry)));
  }
  return policy;
}

bool EgressPolicy::allows_host(std::string_view host) const {
  const auto name = normal_host(host);
  return std::ranges::any_of(hosts_, [&](const std::string& allowed) {
    if (!allowed.starts_with("*.")) return name == allowed;
    const auto suffix = std::string_view(allowed).substr(1);
    return name.size() > suffix.size() && name.ends_with(suffix);
  });
}

Result<> EgressPolicy::check(std::string_view host, std::string_view address,
                             UrlAuthor author) const {
  const auto outer = parse_address(address);
  if (!outer) return fail(denied(host, "its address cannot be read"));
  if (author == UrlAuthor::platform) return ok();
  const auto inner = embedded_ipv4(*outer);
  if (in_any(kMetadata, *outer) || (inner && in_any(kMetadata, *inner))) {
    return fail(denied(host, "it is a machine's metadata service"));
  }
  if (author == UrlAuthor::operator_ || allows_host(host)) return ok();
  const bool allowed = std::ranges::any_of(networks_, [&](const Network& network) {
    return contains(network.bytes, network.prefix, *outer) ||
           (inner && contains(network.bytes, network.prefix, *inner));
  });
  if (allowed) return ok();
  const bool reachable = inner ? is_public_carrier(*outer) && is_public(*inner) : is_public(*outer);
  if (reachable) return ok();
  return fail(denied(host, "it is not a public address; an operator can add it to --egress-allow"));
}

}  // namespace flotilla::http
