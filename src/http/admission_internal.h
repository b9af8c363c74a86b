#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "http/message.h"
#include "http/server.h"

namespace flotilla::http {

/// The header fields that the server itself looks at, found in one pass. Views into the request.
struct NotableFields {
  std::string_view host;
  std::string_view origin;
  std::string_view request_id;
  std::string_view traceparent;
  std::vector<std::string_view> forwarded_for;
  std::string_view forwarded_proto;
};
NotableFields notable_fields(const Headers& headers);

/// A block of addresses, such as 10.0.0.0/8.
struct AddressBlock {
  std::vector<std::uint8_t> bytes;
  unsigned prefix = 0;
  [[nodiscard]] bool contains(std::string_view address) const;
};
Result<AddressBlock> parse_block(std::string_view text);

/// A caller's own request id is kept when it is short and plain.
bool is_sane_request_id(std::string_view id);

/// Who may talk to this server at all: Host (against DNS rebinding), Origin (against foreign pages)
/// and the caller's address behind trusted proxies. Immutable; shared between loops.
class Admission {
 public:
  static Result<Admission> make(const ServerOptions& options);

  [[nodiscard]] bool is_trusted_proxy(std::string_view address) const;
  /// The caller as the nearest proxy that is not ours saw it; views into `fields` or `peer`.
  [[nodiscard]] std::string_view caller(const NotableFields& fields, std::string_view peer) const;
  /// 400 for a malformed Host, 421 for one that is not ours.
  [[nodiscard]] std::optional<Response> check_host(std::string_view host) const;

  enum class OriginClass : std::uint8_t { own, allowed, foreign };
  [[nodiscard]] OriginClass classify_origin(std::string_view origin, std::string_view host) const;
  [[nodiscard]] bool answers_depend_on_origin() const { return !origins_.empty() || any_origin_; }

 private:
  std::set<std::string, std::less<>> hosts_;
  std::set<std::string, std::less<>> origins_;
  std::vector<AddressBlock> proxies_;
  bool any_host_ = false;
  bool any_address_ = false;
  bool any_origin_ = false;
};

/// 403 for a page of a foreign origin.
Response refuse_origin();
/// Whether the request asks for CORS permission rather than for the resource.
bool is_preflight(const Request& request);
/// 204 with what an allowed origin may send.
Response answer_preflight(const Request& request);
/// Header lines that let an allowed origin's page read the answer.
std::string cors_lines(std::string_view origin);

}  // namespace flotilla::http
