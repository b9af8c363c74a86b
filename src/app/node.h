#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "app/serve_config.h"
#include "base/result.h"

namespace flotilla::app {

/// One server process: every object of it, made in dependency order and ended in reverse. Built,
/// run and destroyed by the main thread.
class Node {
 public:
  /// Checks the configuration and opens the store. Nothing listens yet.
  static Result<std::unique_ptr<Node>> open(ServeConfig config, config::Registry& keys);
  ~Node();
  /// Adopts unfinished tasks and listens; the URL to print.
  Result<std::string> start();
  /// ADDRESS:PORT of gRPC once started; empty when it is not served.
  [[nodiscard]] std::string grpc_address() const;
  /// Serves until SIGTERM, SIGINT or stop(), then drains.
  void run();
  /// From any thread.
  void stop();

 private:
  struct Parts;
  explicit Node(std::unique_ptr<Parts> parts);
  std::unique_ptr<Parts> parts_;
};

}  // namespace flotilla::app
