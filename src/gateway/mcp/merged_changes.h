#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "mcp/handler.h"

namespace flotilla::gateway {

/// Several streams of changes as one. Each must keep what it has when its next() is cancelled.
class MergedChanges final : public mcp::ChangeStream {
 public:
  using Parts = std::vector<std::unique_ptr<mcp::ChangeStream>>;
  explicit MergedChanges(Parts parts);
  ~MergedChanges() override;
  Async<Result<std::vector<mcp::Change>>> next() override;
  /// The first part that knows the resource watches it.
  Result<> watch(std::string uri) override;
  void unwatch(std::string_view uri) override;

 private:
  struct Round;
  Async<> read(mcp::ChangeStream& part, Round& round);
  Parts parts_;
  std::vector<mcp::Change> ready_;  // kept when a round is cancelled
};

}  // namespace flotilla::gateway
