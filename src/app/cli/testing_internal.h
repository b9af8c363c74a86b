#pragma once

#include <sstream>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "app/cli/cli.h"
#include "app/node.h"
#include "base/log.h"

namespace flotilla::app::testing {

/// Streams and an environment of a test's own, and commands run with them.
class Shell {
 public:
  Exit run(std::vector<std::string> arguments, const std::string& input = "") {
    in_.str(input);
    in_.clear();
    out_.str("");
    err_.str("");
    return run_cli(std::move(arguments), io);
  }
  void set(const std::string& name, const std::string& value) {
    io.environment.emplace_back(name, value);
  }
  [[nodiscard]] std::string out() const { return out_.str(); }
  [[nodiscard]] std::string err() const { return err_.str(); }

 private:
  std::istringstream in_;
  std::ostringstream out_;
  std::ostringstream err_;

 public:
  Io io{in_, out_, err_, {}, false, false, false};
};

/// What test servers have in common.
inline ServeConfig server_config() {
  ServeConfig config;
  config.listen = "127.0.0.1:0";
  config.database = "sqlite::memory:";
  config.threads = 1;
  return config;
}

/// A whole server on a thread of its own.
class Server {
 public:
  explicit Server(ServeConfig config = server_config()) : config_(std::move(config)) {
    configure_log(LogLevel::error, LogFormat::text);
    keys_.add(config_);
    auto node = Node::open(config_, keys_);
    if (!node) throw std::runtime_error(node.error().message());
    node_ = std::move(*node);
    auto url = node_->start();
    if (!url) throw std::runtime_error(url.error().message());
    url_ = *url;
    thread_ = std::thread([this] { node_->run(); });
  }
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;
  ~Server() {
    node_->stop();
    thread_.join();
  }
  [[nodiscard]] const std::string& url() const { return url_; }

 private:
  ServeConfig config_;
  config::Registry keys_;
  std::unique_ptr<Node> node_;
  std::string url_;
  std::thread thread_;
};

}  // namespace flotilla::app::testing
