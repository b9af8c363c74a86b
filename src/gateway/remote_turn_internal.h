#pragma once

#include <boost/describe.hpp>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "a2a/client.h"
#include "core/runner.h"
#include "gateway/remote_agent.h"

namespace flotilla::gateway {

/// What stands in TaskRow::upstream.
struct UpstreamState {
  std::string context;
  std::optional<std::string> task;  // absent: none yet
  std::optional<std::string> sent;  // messageId of the last message, ours
};
BOOST_DESCRIBE_STRUCT(UpstreamState, (), (context, task, sent))

/// What parts hold, as text; chunks of text read as one.
std::string content_of(const std::vector<a2a::Part>& parts);

/// One turn of one task with an agent elsewhere. Lives as long as the run.
class RemoteTurn {
 public:
  RemoteTurn(core::Run& run, a2a::Client& client, RemoteAgentServices& services);
  Async<Result<>> go();
  /// Best effort, with a deadline: the caller canceled our task.
  Async<> cancel_upstream();

 private:
  /// What came of an item.
  enum class Next : std::uint8_t { more, again, done };

  Async<Result<>> begin();
  Async<Result<>> send(a2a::Message message);
  Async<Result<>> find_again(std::string why);
  Async<Result<std::optional<std::string>>> task_with(std::string message_id);
  Async<Result<>> reattach();
  Async<Result<Next>> follow();
  Async<Result<Next>> mirror(a2a::StreamResponse item);
  Async<Result<Next>> mirror_task(a2a::Task task);
  Async<Result<Next>> mirror_status(a2a::TaskStatus status);
  Async<Result<>> mirror_artifact(a2a::TaskArtifactUpdateEvent update);
  Async<Result<Next>> finish(a2a::TaskStatus status);
  Async<Result<>> learn_task(std::string id, std::optional<std::string> context);
  Async<Result<>> pass_on_messages();
  std::optional<a2a::Message> ours(const std::optional<a2a::Message>& message);
  a2a::SendMessageRequest request_for(const a2a::Message& message);
  Result<> store();

  core::Run& run_;
  a2a::Client& client_;
  RemoteAgentServices& services_;
  UpstreamState upstream_;
  std::unique_ptr<a2a::ClientEvents> events_;
  bool over_ = false;                             // its task has ended
  bool heard_ = false;                            // the first item came
  bool sending_ = false;                          // the stream began with a message of ours
  bool continues_ = false;                        // that message is for a task that waits for it
  std::deque<a2a::Message> held_;                 // of the caller, not sent yet
  std::map<std::string, std::string> artifacts_;  // what we have of each, as text
  std::optional<std::string> told_;               // id of the last status message
};

}  // namespace flotilla::gateway
