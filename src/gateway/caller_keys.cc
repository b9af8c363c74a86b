#include "gateway/caller_keys.h"

#include <string_view>
#include <utility>

namespace flotilla::gateway {
namespace {

constexpr std::size_t kLongestKey = 8192;
constexpr std::string_view kHeader = "X-Flotilla-Model-Key";
constexpr std::string_view kScheme = "bearer ";

std::string_view key_in(const http::Request& request, bool authenticated) {
  if (const auto given = request.headers.find(kHeader)) return *given;
  if (authenticated) return {};
  const auto field = request.headers.find("Authorization").value_or("");
  if (field.size() <= kScheme.size() || !http::iequals(field.substr(0, kScheme.size()), kScheme))
    return {};
  return field.substr(kScheme.size());
}

}  // namespace

void CallerKeys::put(Shelf& shelf, Name name, Secret secret) {
  const auto now = clock_.steady_now();
  while (!shelf.order.empty()) {
    const auto oldest = shelf.keys.find(shelf.order.front());
    const bool stays = oldest != shelf.keys.end() && shelf.order.size() < kMost &&
                       now - oldest->second.since < kKept;
    if (stays) break;
    if (oldest != shelf.keys.end()) shelf.keys.erase(oldest);
    shelf.order.pop_front();
  }
  shelf.order.push_back(name);
  shelf.keys.insert_or_assign(std::move(name), Key{std::move(secret), now});
}

void CallerKeys::take(const http::Request& request, bool authenticated) {
  if (!wanted_ || request.method != http::Method::post) return;
  const auto key = key_in(request, authenticated);
  if (key.empty() || key.size() > kLongestKey || !request.context.principal) return;
  const std::scoped_lock lock(mutex_);
  put(requests_, {request.context.principal->name, request.context.request_id},
      Secret(std::string(key)));
}

void CallerKeys::bind(const Context& context, const std::string& message_id) {
  if (!wanted_) return;
  const std::scoped_lock lock(mutex_);
  const auto found = requests_.keys.find({context.principal->name, context.request_id});
  if (found == requests_.keys.end()) return;
  auto secret = std::move(found->second.secret);
  requests_.keys.erase(found);
  put(messages_, {context.principal->name, message_id}, std::move(secret));
}

void CallerKeys::share(const std::string& owner, const std::string& message_id,
                       const std::string& with) {
  const std::scoped_lock lock(mutex_);
  const auto found = messages_.keys.find({owner, message_id});
  if (found == messages_.keys.end()) return;
  auto secret = found->second.secret;
  put(messages_, {owner, with}, std::move(secret));
}

std::optional<Secret> CallerKeys::find(const std::string& owner, const std::string& message_id) {
  const std::scoped_lock lock(mutex_);
  const auto found = messages_.keys.find({owner, message_id});
  if (found == messages_.keys.end()) return std::nullopt;
  if (clock_.steady_now() - found->second.since < kKept) return found->second.secret;
  messages_.keys.erase(found);
  return std::nullopt;
}

}  // namespace flotilla::gateway
