#include "app/listen_address.h"

#include <boost/asio/ip/address.hpp>
#include <charconv>

namespace flotilla::app {

namespace {
Error malformed(std::string_view text, std::string_view key) {
  return Error(Code::invalid_argument, reason::kInvalidConfig,
               std::string(key) + ": '" + std::string(text) +
                   "' is not ADDRESS:PORT such as 127.0.0.1:8080, [::1]:8080 or 0.0.0.0:8080");
}
}  // namespace

bool ListenAddress::loopback() const {
  boost::system::error_code failed;
  const auto parsed = boost::asio::ip::make_address(address, failed);
  return !failed && parsed.is_loopback();
}

std::string ListenAddress::host() const {
  return address.contains(':') ? "[" + address + "]" : address;
}

Result<ListenAddress> parse_listen_address(std::string_view text, std::string_view key) {
  const auto colon = text.rfind(':');
  if (colon == std::string_view::npos) return fail(malformed(text, key));
  std::string_view host = text.substr(0, colon);
  const std::string_view port = text.substr(colon + 1);
  if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
  ListenAddress listen;
  listen.address = host;
  if (host == "localhost") listen.address = "127.0.0.1";
  if (host.empty()) listen.address = "0.0.0.0";
  const auto [end, failed] = std::from_chars(port.data(), port.data() + port.size(), listen.port);
  if (failed != std::errc{} || end != port.data() + port.size()) return fail(malformed(text, key));
  boost::system::error_code bad;
  boost::asio::ip::make_address(listen.address, bad);
  if (bad) return fail(malformed(text, key));
  return listen;
}

std::optional<std::string> host_of_url(std::string_view url) {
  const auto scheme = url.find("://");
  if (scheme == std::string_view::npos) return std::nullopt;
  url.remove_prefix(scheme + 3);
  return std::string(url.substr(0, url.find('/')));
}

}  // namespace flotilla::app
