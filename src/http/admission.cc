#include <algorithm>
#include <boost/asio/ip/address.hpp>
#include <charconv>
#include <utility>

#include "http/admission_internal.h"
#include "http/limits.h"

namespace flotilla::http {
namespace {

namespace ip = boost::asio::ip;

std::optional<ip::address> parse_address(std::string_view text) {
  boost::system::error_code error;
  auto address = ip::make_address(std::string(text), error);
  if (error) return std::nullopt;
  if (address.is_v6() && address.to_v6().is_v4_mapped()) {
    address = ip::make_address_v4(ip::v4_mapped, address.to_v6());
  }
  return address;
}

std::vector<std::uint8_t> bytes_of(const ip::address& address) {
  if (address.is_v4()) {
    const auto bytes = address.to_v4().to_bytes();
    return {bytes.begin(), bytes.end()};
  }
  const auto bytes = address.to_v6().to_bytes();
  return {bytes.begin(), bytes.end()};
}

std::string lowered(std::string_view text) {
  std::string out(text);
  for (char& c : out) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c | 0x20);
  }
  return out;
}

bool is_name_char(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
         c == '.' || c == '_';
}

/// The name of `name`, `name:port`, `[v6]` or `[v6]:port`, without brackets; nullopt when
/// malformed.
std::optional<std::string_view> name_of(std::string_view authority) {
  std::string_view name;
  std::string_view rest;
  if (authority.starts_with('[')) {
    const auto close = authority.find(']');
    if (close == std::string_view::npos) return std::nullopt;
    name = authority.substr(1, close - 1);
    rest = authority.substr(close + 1);
    if (!parse_address(name)) return std::nullopt;
  } else {
    const auto colon = authority.find(':');
    name = authority.substr(0, colon);
    if (colon != std::string_view::npos) rest = authority.substr(colon);
    if (!std::ranges::all_of(name, is_name_char)) return std::nullopt;
  }
  if (name.empty() || (!rest.empty() && !rest.starts_with(':'))) return std::nullopt;
  if (rest.size() > 6 || rest.find_first_not_of(":0123456789") != std::string_view::npos) {
    return std::nullopt;
  }
  return name;
}

std::string_view trim(std::string_view text) {
  const auto first = text.find_first_not_of(" \t");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

/// An X-Forwarded-For element may carry a port: `1.2.3.4:80`, `[::1]:80`.
std::string_view without_port(std::string_view element) {
  if (element.starts_with('[')) return element.substr(1, element.find(']') - 1);
  if (std::ranges::count(element, ':') == 1) return element.substr(0, element.find(':'));
  return element;
}

}  // namespace

NotableFields notable_fields(const Headers& headers) {
  NotableFields found;
  for (const auto& [name, value] : headers.fields()) {
    switch (name.size()) {
      case 4:
        if (iequals(name, "host")) found.host = value;
        break;
      case 6:
        if (iequals(name, "origin")) found.origin = value;
        break;
      case 11:
        if (iequals(name, "traceparent")) found.traceparent = value;
        break;
      case 12:
        if (iequals(name, "x-request-id")) found.request_id = value;
        break;
      case 15:
        if (iequals(name, "x-forwarded-for")) found.forwarded_for.emplace_back(value);
        break;
      case 17:
        if (iequals(name, "x-forwarded-proto")) found.forwarded_proto = value;
        break;
      default:
        break;
    }
  }
  return found;
}

bool AddressBlock::contains(std::string_view address) const {
  const auto parsed = parse_address(address);
  if (!parsed) return false;
  const auto other = bytes_of(*parsed);
  if (other.size() != bytes.size()) return false;
  for (unsigned bit = 0; bit < prefix; ++bit) {
    const unsigned mask = 0x80U >> (bit % 8);
    if ((bytes[bit / 8] & mask) != (other[bit / 8] & mask)) return false;
  }
  return true;
}

Result<AddressBlock> parse_block(std::string_view text) {
  const auto slash = text.find('/');
  const auto address = parse_address(text.substr(0, slash));
  const auto malformed = [text] {
    return Error(Code::invalid_argument, reason::kInvalidConfig,
                 "'" + std::string(text) +
                     "' is not an address block; write it as 10.0.0.0/8, fd00::/8 or 192.0.2.1");
  };
  if (!address) return fail(malformed());
  AddressBlock block;
  block.bytes = bytes_of(*address);
  block.prefix = static_cast<unsigned>(block.bytes.size() * 8);
  if (slash == std::string_view::npos) return block;
  const auto digits = text.substr(slash + 1);
  unsigned prefix = 0;
  const auto [end, error] = std::from_chars(digits.begin(), digits.end(), prefix);
  if (error != std::errc() || end != digits.end() || prefix > block.prefix)
    return fail(malformed());
  block.prefix = prefix;
  return block;
}

bool is_sane_request_id(std::string_view id) {
  if (id.empty() || id.size() > kMaxRequestId) return false;
  return std::ranges::all_of(id, [](char c) {
    return is_name_char(c) || c == ':' || c == '/' || c == '+' || c == '=' || c == '@';
  });
}

Result<Admission> Admission::make(const ServerOptions& options) {
  Admission admission;
  for (const std::string& host : options.allow_hosts) {
    if (host == "*") admission.any_host_ = true;
    admission.hosts_.insert(lowered(name_of(host).value_or(host)));
  }
  const auto bound = parse_address(options.address);
  admission.hosts_.insert(lowered(options.address));
  if (!bound || bound->is_loopback() || bound->is_unspecified()) {
    admission.hosts_.insert({"localhost", "127.0.0.1", "::1"});
  }
  // Rebinding needs a name; so where every address of the machine is served, addresses are fine.
  admission.any_address_ = bound && bound->is_unspecified();
  for (const std::string& origin : options.allow_origins) {
    if (origin == "*") {
      admission.any_origin_ = true;
    } else {
      admission.origins_.insert(lowered(origin));
    }
  }
  for (const std::string& text : options.trusted_proxies) {
    TRY(block, parse_block(text));
    admission.proxies_.push_back(std::move(block));
  }
  return admission;
}

bool Admission::is_trusted_proxy(std::string_view address) const {
  return std::ranges::any_of(
      proxies_, [address](const AddressBlock& block) { return block.contains(address); });
}

std::string_view Admission::caller(const NotableFields& fields, std::string_view peer) const {
  std::string_view caller = peer;
  // From the right: each trusted proxy vouches for the element it has added.
  for (auto value = fields.forwarded_for.rbegin(); value != fields.forwarded_for.rend(); ++value) {
    std::string_view left = *value;
    while (!left.empty()) {
      const auto comma = left.rfind(',');
      const auto start = comma == std::string_view::npos ? 0 : comma + 1;
      const auto element = without_port(trim(left.substr(start)));
      left = left.substr(0, comma == std::string_view::npos ? 0 : comma);
      if (!parse_address(element)) return caller;
      caller = element;
      if (!is_trusted_proxy(caller)) return caller;
    }
  }
  return caller;
}

std::optional<Response> Admission::check_host(std::string_view host) const {
  // HTTP/1.0 may come without a Host; a browser, which rebinding needs, never does.
  if (host.empty()) return std::nullopt;
  const auto name = name_of(host);
  if (!name) return Response::problem(invalid("Host", "is not a host name with an optional port"));
  if (any_host_) return std::nullopt;
  if (hosts_.contains(*name) || hosts_.contains(lowered(*name))) return std::nullopt;
  if (any_address_ && parse_address(*name)) return std::nullopt;
  return Response::problem(
      421, Error(Code::permission_denied,
                 "this server does not answer for host '" + std::string(name->substr(0, 253)) +
                     "'; its operator can add the name with --allow-host"));
}

Admission::OriginClass Admission::classify_origin(std::string_view origin,
                                                  std::string_view host) const {
  const auto scheme = origin.find("://");
  if (scheme != std::string_view::npos && !host.empty() &&
      iequals(origin.substr(scheme + 3), host)) {
    return OriginClass::own;
  }
  if (any_origin_ || origins_.contains(lowered(origin))) return OriginClass::allowed;
  return OriginClass::foreign;
}

Response refuse_origin() {
  return Response::problem(Error(Code::permission_denied,
                                 "pages of this origin may not call this server; its operator can "
                                 "add the origin with --allow-origin"));
}

bool is_preflight(const Request& request) {
  return request.method == Method::options &&
         request.headers.find("Access-Control-Request-Method").has_value();
}

Response answer_preflight(const Request& request) {
  std::string headers =
      "Authorization, Content-Type, Accept, Last-Event-ID, If-Match, If-None-Match, "
      "Idempotency-Key, X-Request-Id, Traceparent, A2A-Version, A2A-Extensions, Mcp-Session-Id, "
      "MCP-Protocol-Version, Mcp-Method, Mcp-Name";
  // MCP reserves the prefix and grows; a name cannot be given as a pattern.
  for (const auto name : request.headers.list("Access-Control-Request-Headers")) {
    const bool plain = std::ranges::all_of(name, is_name_char);
    if (plain && name.size() <= 64 && lowered(name).starts_with("mcp-")) {
      headers += ", " + std::string(name);
    }
  }
  Response response;
  response.status = 204;
  response.headers.add("Access-Control-Allow-Methods", "GET, HEAD, POST, PUT, PATCH, DELETE");
  response.headers.add("Access-Control-Allow-Headers", std::move(headers));
  response.headers.add("Access-Control-Max-Age", "600");
  return response;
}

std::string cors_lines(std::string_view origin) {
  std::string lines = "Access-Control-Allow-Origin: ";
  lines += origin;
  lines +=
      "\r\nAccess-Control-Expose-Headers: ETag, Location, Retry-After, WWW-Authenticate, "
      "X-Request-Id, A2A-Version, A2A-Extensions, Mcp-Session-Id, MCP-Protocol-Version\r\n";
  return lines;
}

}  // namespace flotilla::http
