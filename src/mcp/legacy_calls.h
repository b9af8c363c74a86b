#pragma once

#include <memory>
#include <string>

#include "http/message.h"
#include "mcp/legacy_post.h"
#include "mcp/legacy_runner.h"
#include "mcp/loop_groups.h"

namespace flotilla::mcp {

/// Starts requests of legacy sessions as calls of their own, which outlive the connection and can
/// be cancelled by their id from any loop.
class LegacyCalls {
 public:
  LegacyCalls(const LegacyRunner& runner, LoopGroups& groups, std::size_t limit)
      : runner_(runner), groups_(groups), limit_(limit) {}
  /// On the loop of `post`. A request whose id is in use, or one too many, is answered so.
  Async<> start(const Executor& executor, std::shared_ptr<LegacyPost> post, RpcRequest request,
                Context context, std::string profile) const;

 private:
  const LegacyRunner& runner_;
  LoopGroups& groups_;
  std::size_t limit_;
};

}  // namespace flotilla::mcp
