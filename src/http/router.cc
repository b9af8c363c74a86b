#include "http/router.h"

#include <algorithm>
#include <array>
#include <map>
#include <span>
#include <unordered_map>
#include <utility>

#include "base/assert.h"
#include "http/limits.h"

namespace flotilla::http {
namespace {

constexpr std::size_t kMethodCount = 7;
constexpr std::size_t kUsualParameters = 4;

struct Route {
  Handler handler;
  std::vector<std::string> parameters;  // names, in the order of their segments
};

/// Where a path has been followed to: all routes whose patterns agree so far.
struct Node {
  std::map<std::string, std::unique_ptr<Node>, std::less<>> literals;
  std::map<std::string, std::unique_ptr<Node>, std::less<>> verbs;  // `{name}:verb`
  std::unique_ptr<Node> parameter;
  std::unique_ptr<Node> rest;
  std::array<std::unique_ptr<Route>, kMethodCount> routes;
};

struct StringHash {
  using is_transparent = void;
  std::size_t operator()(std::string_view text) const {
    return std::hash<std::string_view>{}(text);
  }
};

std::size_t index_of(Method method) {
  return static_cast<std::size_t>(method);
}

std::string_view without_trailing_slash(std::string_view path) {
  return path.size() > 1 && path.ends_with('/') ? path.substr(0, path.size() - 1) : path;
}

/// A segment as compared with literals: almost never encoded, then no copy is made.
std::string_view decoded(std::string_view segment, std::string& storage) {
  if (!segment.contains('%')) return segment;
  storage = percent_decode(segment);
  return storage;
}

/// HEAD is answered by GET where it has no handler of its own.
const Route* route_for(const Node& node, Method method) {
  const Route* route = node.routes.at(index_of(method)).get();
  if (route == nullptr && method == Method::head) {
    route = node.routes.at(index_of(Method::get)).get();
  }
  return route;
}

/// One attempt to follow a path; keeps what 405 must name.
class Walk {
 public:
  Walk(std::span<const std::string_view> segments, Method method)
      : segments_(segments), method_(method) {}

  const Route* follow(const Node& node, std::size_t depth) {
    if (depth == segments_.size()) {
      if (const Route* found = arrive(node)) return found;
      return node.rest ? take_rest(*node.rest, depth) : nullptr;
    }
    std::string storage;
    const std::string_view segment = decoded(segments_[depth], storage);
    if (const auto literal = node.literals.find(segment); literal != node.literals.end()) {
      if (const Route* found = follow(*literal->second, depth + 1)) return found;
    }
    if (const Route* found = follow_verb(node, depth)) return found;
    if (node.parameter && !segment.empty()) {
      if (const Route* found = capture(*node.parameter, segments_[depth], depth)) return found;
    }
    return node.rest ? take_rest(*node.rest, depth) : nullptr;
  }

  [[nodiscard]] std::vector<std::string>& captured() { return captured_; }
  [[nodiscard]] const std::array<bool, kMethodCount>& allowed() const { return allowed_; }

 private:
  const Route* arrive(const Node& node) {
    for (std::size_t i = 0; i < kMethodCount; ++i) allowed_.at(i) |= node.routes.at(i) != nullptr;
    return route_for(node, method_);
  }

  const Route* capture(const Node& next, std::string_view value, std::size_t depth) {
    if (captured_.empty()) captured_.reserve(kUsualParameters);
    captured_.push_back(percent_decode(value));
    const Route* found = follow(next, depth + 1);
    if (found == nullptr) captured_.pop_back();
    return found;
  }

  const Route* follow_verb(const Node& node, std::size_t depth) {
    const std::string_view segment = segments_[depth];
    const auto colon = segment.rfind(':');
    if (node.verbs.empty() || colon == std::string_view::npos || colon == 0) return nullptr;
    const auto verb = node.verbs.find(segment.substr(colon + 1));
    if (verb == node.verbs.end()) return nullptr;
    return capture(*verb->second, segment.substr(0, colon), depth);
  }

  const Route* take_rest(const Node& node, std::size_t depth) {
    std::string rest;
    for (std::size_t i = depth; i < segments_.size(); ++i) {
      if (i > depth) rest.push_back('/');
      rest += percent_decode(segments_[i]);
    }
    const Route* found = arrive(node);
    if (found != nullptr) captured_.push_back(std::move(rest));
    return found;
  }

  std::span<const std::string_view> segments_;
  Method method_;
  std::vector<std::string> captured_;
  std::array<bool, kMethodCount> allowed_{};
};

Async<Response> answer(Response response) {
  co_return response;
}

Response not_found(const Request& request) {
  std::string shown = request.path.substr(0, kShownPath);
  return Response::problem(Error(Code::not_found, "there is nothing at '" + shown + "'"));
}

Response method_not_allowed(const Request& request, const std::array<bool, kMethodCount>& methods) {
  std::string allow;
  const auto add = [&allow](Method method) {
    if (!allow.empty()) allow += ", ";
    allow += to_string(method);
  };
  for (std::size_t i = 0; i < kMethodCount; ++i) {
    const auto method = static_cast<Method>(i);
    const bool by_get = method == Method::head && methods.at(index_of(Method::get));
    if (methods.at(i) || by_get) add(method);
  }
  Response response = Response::problem(
      405,
      Error(Code::unimplemented, reason::kUnsupportedOperation,
            std::string(to_string(request.method)) + " is not offered here; allowed: " + allow));
  response.headers.add("Allow", std::move(allow));
  return response;
}

/// The child for one pattern segment, made when missing; adds the parameter's name.
Node& child(Node& node, std::string_view segment, std::vector<std::string>& parameters) {
  const auto make = [](std::unique_ptr<Node>& slot) -> Node& {
    if (!slot) slot = std::make_unique<Node>();
    return *slot;
  };
  if (!segment.starts_with('{')) return make(node.literals[std::string(segment)]);
  const auto close = segment.find('}');
  FLOTILLA_ASSERT(close != std::string_view::npos && close > 1, "a parameter is written {name}");
  const std::string_view name = segment.substr(1, close - 1);
  if (name.starts_with('*')) {
    parameters.emplace_back(name.substr(1));
    return make(node.rest);
  }
  parameters.emplace_back(name);
  if (close + 1 == segment.size()) return make(node.parameter);
  FLOTILLA_ASSERT(segment[close + 1] == ':', "only a verb may follow a parameter: {name}:verb");
  return make(node.verbs[std::string(segment.substr(close + 2))]);
}

}  // namespace

struct Router::State {
  Node root;
  /// Patterns without parameters, for the one look-up that most requests need.
  std::unordered_map<std::string, const Node*, StringHash, std::equal_to<>> fixed;
  std::vector<std::string> names;
};

Router::Router() : state_(std::make_unique<State>()) {}
Router::~Router() = default;
Router::Router(Router&&) noexcept = default;

void Router::add(Method method, std::string_view pattern, Handler handler) {
  FLOTILLA_ASSERT(pattern.starts_with('/'), "a route's pattern is an absolute path");
  state_->names.push_back(std::string(to_string(method)) + " " + std::string(pattern));
  const std::string_view path = without_trailing_slash(pattern);
  auto route = std::make_unique<Route>();
  route->handler = std::move(handler);
  Node* node = &state_->root;
  for (std::string_view left = path.substr(1); path.size() > 1;) {
    const auto slash = left.find('/');
    node = &child(*node, left.substr(0, slash), route->parameters);
    if (slash == std::string_view::npos) break;
    left = left.substr(slash + 1);
  }
  if (route->parameters.empty()) state_->fixed.emplace(path, node);
  auto& slot = node->routes.at(index_of(method));
  FLOTILLA_ASSERT(slot == nullptr, "each method and pattern is added once");
  slot = std::move(route);
}

Async<Response> Router::route(Request& request) const {
  const std::string_view path = without_trailing_slash(request.path);
  if (const auto fixed = state_->fixed.find(path); fixed != state_->fixed.end()) {
    const Route* route = route_for(*fixed->second, request.method);
    if (route != nullptr) return route->handler(request);
  }
  std::array<std::string_view, kMaxPathSegments> segments;
  std::size_t count = 0;
  if (!path.starts_with('/')) return answer(not_found(request));
  for (std::string_view left = path.substr(1); path.size() > 1;) {
    if (count == segments.size()) return answer(not_found(request));
    const auto slash = left.find('/');
    segments.at(count++) = left.substr(0, slash);
    if (slash == std::string_view::npos) break;
    left = left.substr(slash + 1);
  }
  const std::span<const std::string_view> used(segments.data(), count);
  Walk walk(used, request.method);
  const Route* route = walk.follow(state_->root, 0);
  if (route == nullptr) {
    const bool known = std::ranges::find(walk.allowed(), true) != walk.allowed().end();
    return answer(known ? method_not_allowed(request, walk.allowed()) : not_found(request));
  }
  request.params.clear();
  request.params.reserve(route->parameters.size());
  for (std::size_t i = 0; i < route->parameters.size(); ++i) {
    request.params.emplace_back(route->parameters[i], std::move(walk.captured()[i]));
  }
  return route->handler(request);
}

const std::vector<std::string>& Router::routes() const {
  return state_->names;
}

}  // namespace flotilla::http
