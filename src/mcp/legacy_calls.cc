#include "mcp/legacy_calls.h"

#include <boost/asio/post.hpp>
#include <utility>

#include "mcp/error.h"

namespace flotilla::mcp {
namespace {

/// One request under way. One loop.
struct Call final : public Outlet {
  explicit Call(std::shared_ptr<LegacyPost> from) : post(std::move(from)) {}
  Async<> send(std::string message) override { return post->send(std::move(message)); }
  Async<> release_connection(Duration retry) override { return post->release_connection(retry); }

  std::shared_ptr<LegacyPost> post;  // shared with its other calls and its response
  TaskGroup* group = nullptr;
  TaskGroup::Child child = 0;
  bool finished = false;
};

/// A call that was cancelled, even before it began, still counts down its POST.
class AtEnd {
 public:
  AtEnd(std::shared_ptr<Call> call, std::string id) : call_(std::move(call)), id_(std::move(id)) {}
  AtEnd(AtEnd&&) noexcept = default;
  AtEnd& operator=(AtEnd&&) = delete;
  ~AtEnd() {
    if (!call_) return;
    call_->post->session().end(id_);
    if (!call_->finished) call_->post->drop();
  }

 private:
  std::shared_ptr<Call> call_;
  std::string id_;
};

Async<> run(const LegacyRunner& runner, std::shared_ptr<Call> call, RpcRequest request,
            Context context, std::string profile, AtEnd /*runs last*/) {
  const std::string id = request.id;
  auto answer = co_await runner.run(call->post->session(), std::move(context), std::move(profile),
                                    std::move(request), call.get());
  call->post->session().end(id);
  co_await call->post->finish(std::move(answer));
  call->finished = true;
}

}  // namespace

Async<> LegacyCalls::start(const Executor& executor, std::shared_ptr<LegacyPost> post,
                           RpcRequest request, Context context, std::string profile) const {
  auto call = std::make_shared<Call>(post);  // shared with cancellations that come by message
  call->group = &groups_.here(executor);
  const std::weak_ptr<Call> weak = call;
  auto cancel = [weak, executor] {
    boost::asio::post(executor, [weak] {
      if (const auto alive = weak.lock()) alive->group->cancel(alive->child);
    });
  };
  const auto begun = post->session().begin(request.id, std::move(cancel), limit_);
  if (!begun) {
    auto refused = write_error(request.id, to_rpc(begun.error(), context.request_id));
    co_await post->finish(std::move(refused));
    co_return;
  }
  AtEnd at_end(call, request.id);
  TaskGroup& group = *call->group;
  call->child = group.spawn(run(runner_, call, std::move(request), std::move(context),
                                std::move(profile), std::move(at_end)));
}

}  // namespace flotilla::mcp
