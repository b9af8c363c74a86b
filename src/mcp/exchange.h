#pragma once

#include <atomic>
#include <cstddef>
#include <optional>
#include <string>

#include "mcp/handler.h"

namespace flotilla::mcp {

/// Where what is told before an answer goes: one request's stream. Its loop only.
class Outlet {
 public:
  virtual ~Outlet() = default;
  /// One JSON-RPC message; waits while there is no room. A client that is gone drops it.
  virtual Async<> send(std::string message) = 0;
  /// See Exchange::release_connection.
  virtual Async<> release_connection(Duration /*retry*/) { co_return; }
};

/// Least level that is sent; `kNoLogs` for none. Atomic: a session's level changes under way.
using LogThreshold = std::atomic<std::size_t>;
inline constexpr std::size_t kNoLogs = 99;

/// The Exchange of every era: spells notifications as the revision does. All references outlive it.
class RequestExchange final : public Exchange {
 public:
  /// `meta` is the request's; `outlet` may be null: then nothing is told.
  RequestExchange(Caller caller, json::Object meta, Outlet* outlet, const LogThreshold& threshold);

  [[nodiscard]] const Caller& caller() const override { return caller_; }
  [[nodiscard]] const json::Object& meta() const override { return meta_; }
  [[nodiscard]] bool wants_progress() const override { return token_ != nullptr; }
  Async<> progress(json::Value progress, std::optional<json::Value> total,
                   std::string message) override;
  Async<> log(std::string level, std::string logger, json::Value data) override;
  Async<> notify(std::string method, json::Object params) override;
  Async<> release_connection(Duration retry) override;

 private:
  Caller caller_;
  json::Object meta_;
  const json::Value* token_ = nullptr;  // in meta_
  Outlet* outlet_;
  const LogThreshold& threshold_;
  std::optional<double> last_progress_;
};

/// A progress token is a string or an integer; null when there is none, or no such.
const json::Value* progress_token(const json::Object& meta);

}  // namespace flotilla::mcp
