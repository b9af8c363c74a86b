#include "mcp/request_state.h"

#include <charconv>
#include <utility>

#include "json/canonical.h"
#include "mcp/error.h"

namespace flotilla::mcp {
namespace {

std::string context_of(std::string_view principal, const Sha256Digest& digest) {
  std::string context = "mcp-request/";
  context.append(principal).append("/").append(hex(digest));
  return context;
}

std::int64_t milliseconds(Time time) {
  return time.time_since_epoch().count();
}

}  // namespace

Sha256Digest digest_of(std::string_view method, const json::Object& params) {
  json::Object lasting;
  for (const auto& [name, value] : params.members())
    if (name != "_meta" && name != "inputResponses" && name != "requestState")
      lasting.append(name, value);
  std::string text(method);
  text += '\n';
  json::write_canonical(json::Value(std::move(lasting)), text);
  return sha256(text);
}

std::string StateSealer::seal(std::string_view state, std::string_view principal,
                              const Sha256Digest& digest) const {
  const auto expiry =
      clock_.now() + std::chrono::duration_cast<std::chrono::milliseconds>(lifetime_);
  std::string plain = std::to_string(milliseconds(expiry)) + "\n";
  plain += state;
  return sealer_.seal(plain, context_of(principal, digest));
}

Read<std::string> StateSealer::open(std::string_view sealed, std::string_view principal,
                                    const Sha256Digest& digest) const {
  const auto refused = [] {
    return std::unexpected(bad_param("requestState", "is not one of this request; start anew"));
  };
  const auto opened = sealer_.open(sealed, context_of(principal, digest));
  if (!opened) return refused();
  const std::string& plain = opened->reveal();
  std::int64_t expiry = 0;
  const char* last = plain.data() + plain.size();
  const auto [end, error] = std::from_chars(plain.data(), last, expiry);
  if (error != std::errc() || end == last || *end != '\n') return refused();
  if (milliseconds(clock_.now()) >= expiry)
    return std::unexpected(bad_param("requestState", "has expired; start anew"));
  return std::string(end + 1, last);
}

}  // namespace flotilla::mcp
