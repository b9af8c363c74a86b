#pragma once

#include <map>
#include <string>

#include "http/sse.h"
#include "mcp/stdio_bridge.h"

namespace flotilla::mcp {

inline constexpr std::size_t kBridgeEventLimit = std::size_t{16} << 20;

/// A request on its way.
struct StdioBridge::Sent {
  Sent(RpcRequest parsed, json::Value whole);

  RpcRequest request;
  json::Value message;
  bool modern = false;
  bool listens = false;  // subscriptions/listen: begun again when it is cut
  bool begun = false;    // its stream has been open: an acknowledgement is told once
  bool learned = false;  // the tools were asked for because of it
  bool opened = false;   // the last attempt got a stream
  bool revived = false;  // a new session was begun for it
  std::string last_id;   // of its stream
  Duration retry = std::chrono::seconds(1);
};

/// Takes the request off the list when it ends.
class Running {
 public:
  Running(std::map<std::string, TaskGroup::Child>& all, Notifier& idle, std::string id)
      : all_(all), idle_(idle), id_(std::move(id)) {}
  Running(const Running&) = delete;
  Running& operator=(const Running&) = delete;
  ~Running() {
    all_.erase(id_);
    idle_.notify_all();
  }

 private:
  std::map<std::string, TaskGroup::Child>& all_;
  Notifier& idle_;
  std::string id_;
};

/// The whole body. The stream outlives the call.
Async<Result<std::string>> read_all(http::ClientStream& stream);

}  // namespace flotilla::mcp
