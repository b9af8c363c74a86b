#include "agents/approvals/approvals.h"

#include "agents/approvals/approval_sql.h"
#include "agents/approvals/approvals_internal.h"

namespace flotilla::agents {

Approvals::Approvals(ApprovalServices services, Executor loop)
    : impl_(std::make_unique<Impl>(services, std::move(loop))) {}

Approvals::~Approvals() = default;

Async<Result<Settlement>> Approvals::settle(core::Run& run, std::vector<std::string> policies,
                                            std::uint64_t step, bool fresh,
                                            std::vector<CallToSettle> calls) {
  return impl_->settle(run, std::move(policies), step, fresh, std::move(calls));
}

Async<Result<bool>> Approvals::wait_for_child(core::Run& run, std::uint64_t step,
                                              std::string call_id, core::TaskId child,
                                              std::string agent) {
  return impl_->wait_for_child(run, step, std::move(call_id), child, std::move(agent));
}

Async<Result<ApprovalPage>> Approvals::list(std::shared_ptr<const Principal> principal,
                                            ApprovalFilter filter) {
  return impl_->list(std::move(principal), std::move(filter));
}

Async<Result<Approval>> Approvals::get(std::shared_ptr<const Principal> principal, std::string id) {
  return impl_->get(std::move(principal), std::move(id));
}

Async<Result<Approval>> Approvals::decide(std::shared_ptr<const Principal> principal,
                                          std::string id, Decision decision) {
  return impl_->decide(std::move(principal), std::move(id), std::move(decision));
}

Async<Result<Approval>> Approvals::revoke(std::shared_ptr<const Principal> principal,
                                          std::string id) {
  return impl_->revoke(std::move(principal), std::move(id));
}

bool Approvals::concerns(const core::TaskRow& row, const a2a::Message& message) const {
  return row.state == a2a::TaskState::input_required || carries_decision(message);
}

Async<Result<core::InputAddition>> Approvals::admit(const core::TaskRow& row,
                                                    std::shared_ptr<const Principal> principal,
                                                    const a2a::Message& message) {
  return impl_->admit(row, std::move(principal), message);
}

void Approvals::admitted(const core::TaskRow& row) {
  if (row.parent) impl_->wake_later(*row.parent);
}

db::Batch Approvals::at_cancel(const core::TaskRow& row) {
  db::Batch batch;
  batch.add(sql::kWithdrawOf, {row.id.to_string(), sql::millis(impl_->services.clock.now())});
  return batch;
}

Async<Result<>> Approvals::sweep() {
  return impl_->sweep();
}

void Approvals::start() {
  impl_->started = true;
  impl_->group.spawn(impl_->sweep_loop());
  impl_->group.spawn(impl_->policies.watch(impl_->services.clock));
}

Async<> Approvals::stop() {
  impl_->started = false;
  impl_->group.cancel();
  co_await impl_->group.join();
}

}  // namespace flotilla::agents
