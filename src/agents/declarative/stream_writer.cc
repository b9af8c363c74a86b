#include "agents/declarative/stream_writer.h"

#include <fmt/format.h>

#include <utility>

#include "a2a/continuation.h"
#include "agents/declarative/limits.h"
#include "async/cancel.h"
#include "base/utf8.h"

namespace flotilla::agents {

namespace {

/// Bytes at the end that begin a character which is not whole yet.
std::size_t open_tail(const std::string& text) {
  for (std::size_t back = 1; back <= 3 && back <= text.size(); ++back) {
    const auto byte = static_cast<unsigned char>(text[text.size() - back]);
    if (byte < 0x80) return 0;
    if (byte < 0xc0) continue;
    const std::size_t length = byte < 0xe0 ? 2 : byte < 0xf0 ? 3 : byte < 0xf5 ? 4 : 0;
    return length > back ? back : 0;
  }
  return 0;
}

}  // namespace

StreamWriter::StreamWriter(core::Run& run, Executor loop, std::string id)
    : run_(run), id_(std::move(id)), group_(std::move(loop)) {}

Async<Result<>> StreamWriter::receive(llm::Delta delta) {
  if (failure_) co_return fail(*failure_);
  if (delta.kind != llm::Delta::Kind::text || delta.text.empty()) co_return ok();
  bytes_ += delta.text.size();
  if (bytes_ > kMaxAnswerBytes)
    co_return fail(
        Error(Code::resource_exhausted, reason::kLimitExceeded,
              fmt::format("the model's answer is longer than {} bytes", kMaxAnswerBytes)));
  waiting_ += delta.text;
  if (!begun_ || waiting_.size() >= kChunkBytes || run_.clock().steady_now() >= next_)
    co_return co_await write(false);
  if (!timer_) {
    timer_ = true;
    group_.spawn(write_later());
  }
  co_return ok();
}

Async<> StreamWriter::write_later() {
  while (begun_ && !waiting_.empty() && run_.clock().steady_now() < next_)
    co_await run_.clock().sleep_until(next_);
  timer_ = false;
  if (!begun_ || waiting_.empty()) co_return;
  auto written = co_await write(false);
  if (!written) failure_ = written.error();
}

Async<Result<>> StreamWriter::restart() {
  waiting_.clear();
  bytes_ = 0;
  begun_ = false;
  co_return ok();
}

Async<Result<>> StreamWriter::finish(const std::string& text) {
  if (failure_) co_return fail(*failure_);
  if (!begun_ && waiting_.empty()) waiting_ = text;
  if (waiting_.empty() && !ever_) co_return ok();
  co_return co_await write(true);
}

Async<Result<>> StreamWriter::end_step() {
  if (failure_) co_return fail(*failure_);
  if (!waiting_.empty()) CO_TRY_VOID(co_await write(false));
  co_return co_await restart();
}

Async<Result<>> StreamWriter::write(bool last) {
  std::string text = std::exchange(waiting_, {});
  if (!last) {
    const auto tail = open_tail(text);
    waiting_ = text.substr(text.size() - tail);
    text.resize(text.size() - tail);
    if (text.empty()) co_return ok();
  }
  a2a::Artifact artifact;
  artifact.artifactId = id_;
  artifact.name = "answer";
  artifact.parts.push_back(a2a::text_part(std::move(text)));
  const bool append = std::exchange(begun_, true);
  if (append) artifact.parts.front().metadata.set(std::string(a2a::kContinues), json::Value(true));
  ever_ = true;
  next_ = run_.clock().steady_now() + kChunkPause;
  co_return co_await run_.artifact(std::move(artifact), append, last);
}

Async<> StreamWriter::close() {
  group_.cancel();
  co_await without_cancellation(group_.join());
}

}  // namespace flotilla::agents
