#pragma once

#include <grpcpp/alarm.h>
#include <grpcpp/generic/async_generic_service.h>
#include <grpcpp/server_builder.h>

#include <memory>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

#include "a2a/grpc/call.h"
#include "a2a/grpc/lane.h"

namespace flotilla::a2a::rpc {

/// The thread that reads and writes for one lane. What comes together is handed over together, both
/// ways: a switch of threads costs as much as half a call.
class Poller final : public Dispatcher {
 public:
  Poller(Lane& lane, Metrics& metrics, ::grpc::AsyncGenericService& service,
         std::unique_ptr<::grpc::ServerCompletionQueue> queue);
  Poller(const Poller&) = delete;
  Poller& operator=(const Poller&) = delete;
  /// The server was shut down before, or never started.
  ~Poller() override;
  /// Once the server runs.
  void start();

  void ask(std::shared_ptr<Call> call, Operation operation) override;
  void came() override;
  void begin(std::shared_ptr<Call> call, bool got) override;
  void cancelled(std::shared_ptr<Call> call) override;
  void ended() override;

 private:
  void run();
  void hand_over();
  void hand_back();
  void start_operations();

  Lane& lane_;
  Metrics& metrics_;
  ::grpc::AsyncGenericService& service_;
  const std::unique_ptr<::grpc::ServerCompletionQueue> queue_;
  std::vector<std::pair<std::shared_ptr<Call>, bool>> begun_;
  using Operations = std::vector<std::pair<std::shared_ptr<Call>, Operation>>;
  Operations asked_;  // the loop's
  std::mutex mutex_;
  Operations handed_back_;
  ::grpc::Alarm alarm_;  // set while there are any
  std::thread thread_;
};

}  // namespace flotilla::a2a::rpc
