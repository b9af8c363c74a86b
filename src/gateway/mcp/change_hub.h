#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "async/event.h"
#include "base/context.h"
#include "mcp/handler.h"

namespace flotilla::gateway {

/// Changes of tool servers, from the loop where they live to the clients that want to hear of them.
/// A change that is not fetched yet is told once however often it happened. Thread-safe.
class ChangeHub : public std::enable_shared_from_this<ChangeHub> {
 public:
  /// To those who may enter the namespace and want to hear of it.
  void tell(const std::string& name_space, const mcp::Change& change);
  std::unique_ptr<mcp::ChangeStream> open(std::shared_ptr<const Principal> principal,
                                          const mcp::ChangeFilter& filter,
                                          std::function<bool(const std::string&)> may_watch,
                                          std::function<void(const std::string&)> watched);
  /// All that somebody watches.
  [[nodiscard]] std::set<std::string> watched() const;

 private:
  friend class HubStream;
  struct Reader {
    std::shared_ptr<const Principal> principal;
    mcp::ChangeFilter filter;
    std::set<std::string, std::less<>> uris;
    std::set<std::string, std::less<>> tasks;
    std::vector<mcp::Change> pending;
    std::optional<OneShot<bool>::Setter> waiter;
  };
  static bool wants(const Reader& reader, const mcp::Change& change);

  mutable std::mutex mutex_;
  std::set<Reader*> readers_;
};

}  // namespace flotilla::gateway
