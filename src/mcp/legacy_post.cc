#include "mcp/legacy_post.h"

#include <utility>

#include "base/hash.h"
#include "base/log.h"

namespace flotilla::mcp {
namespace {

constexpr Log kLog("mcp");
constexpr std::size_t kStreamNameBytes = 9;
/// No message of JSON-RPC begins so.
constexpr std::string_view kOpening = R"({"requests":[)";

std::string stream_name(Random& random) {
  std::string bytes(kStreamNameBytes, '\0');
  random.fill(bytes.data(), bytes.size());
  return "p" + hex(bytes);
}

}  // namespace

std::string stream_opening(const std::vector<std::string>& ids) {
  std::string out(kOpening);
  for (const std::string& id : ids) {
    if (out.back() != '[') out += ',';
    out += id;
  }
  return out + "]}";
}

bool is_opening(std::string_view message) {
  return message.starts_with(kOpening);
}

std::vector<std::string> opened_ids(const std::string& message) {
  std::vector<std::string> ids;
  const auto parsed = json::parse(message);
  const json::Object* object = parsed ? parsed->if_object() : nullptr;
  const json::Value* requests = object == nullptr ? nullptr : object->find("requests");
  if (requests == nullptr || requests->if_array() == nullptr) return ids;
  for (const json::Value& id : *requests->if_array()) ids.push_back(json::to_string(id));
  return ids;
}

LegacyPost::LegacyPost(const Executor& executor, std::shared_ptr<LegacySession> session,
                       SessionStore& store, Random& random, std::vector<std::string> ids)
    : session_(std::move(session)),
      store_(store),
      random_(random),
      ids_(std::move(ids)),
      pending_(ids_.size()),
      stream_(session_->only()),
      changed_(executor) {}

Async<bool> LegacyPost::open() {
  if (stream_) co_return true;
  const std::string id = session_->record().id;
  auto stream = std::make_shared<LiveStream>(&store_, id, stream_name(random_));
  const auto begun = co_await stream->append(stream_opening(ids_));
  if (!begun) {
    kLog.error("a stream cannot be stored", {{"error", begun.error()}});
    co_return false;
  }
  for (std::string& answer : answers_) {
    const auto kept = co_await stream->append(std::move(answer), true);
    if (!kept) kLog.error("an answer cannot be stored", {{"error", kept.error()}});
  }
  answers_.clear();
  session_->add_stream(stream);
  stream_ = std::move(stream);
  changed_.notify_all();
  co_return true;
}

Async<> LegacyPost::open_stream() {
  auto guard = co_await opening_.lock();
  if (pending_ > 0) std::ignore = co_await open();
}

Async<> LegacyPost::append(std::string message, bool last) {
  const auto kept = co_await stream_->append(std::move(message), last);
  if (!kept) kLog.warn("a message of a stream is lost", {{"error", kept.error()}});
}

Async<> LegacyPost::send(std::string message) {
  auto guard = co_await opening_.lock();
  const bool opened = co_await open();
  if (opened) co_await append(std::move(message), false);
}

Async<> LegacyPost::release_connection(Duration retry) {
  if (session_->only()) co_return;
  auto guard = co_await opening_.lock();
  const bool opened = co_await open();
  if (opened) stream_->release(retry);
}

Async<> LegacyPost::finish(std::string answer) {
  {
    auto guard = co_await opening_.lock();
    if (stream_) {
      co_await append(std::move(answer), true);
    } else {
      answers_.push_back(std::move(answer));
    }
  }
  count_down();
}

void LegacyPost::drop() {
  count_down();
}

void LegacyPost::count_down() {
  if (--pending_ > 0) return;
  if (stream_ && !session_->only()) {
    stream_->close();
    session_->remove_stream(stream_->name());
  }
  changed_.notify_all();
}

Async<> LegacyPost::wait() {
  while (!settled()) {
    co_await changed_.wait();
  }
}

}  // namespace flotilla::mcp
