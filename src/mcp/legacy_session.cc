#include "mcp/legacy_session.h"

#include <algorithm>
#include <utility>

#include "mcp/limits.h"
#include "mcp/requests.h"

namespace flotilla::mcp {
namespace {

constexpr std::size_t kDefaultLevel = 1;  // info

std::size_t level_of(const json::Object& client) {
  const json::Value* level = client.find("logLevel");
  const std::string* name = level == nullptr ? nullptr : level->if_string();
  return name == nullptr ? kDefaultLevel : find_log_level(*name).value_or(kDefaultLevel);
}

json::Array* watched_of(json::Object& client) {
  json::Value* watched = client.find("watched");
  return watched == nullptr ? nullptr : watched->if_array();
}

bool is_text(const json::Value& value, const std::string& text) {
  return value.if_string() != nullptr && *value.if_string() == text;
}

}  // namespace

LegacySession::LegacySession(SessionRecord record, std::shared_ptr<LiveStream> only,
                             std::uint64_t first_question)
    : record_(std::move(record)),
      revision_(parse_revision(record_.revision).value_or(Revision::v2025_03_26)),
      initialized_(only == nullptr),
      only_(std::move(only)),
      threshold_(level_of(record_.client)),
      next_question_(first_question) {}

SessionRecord LegacySession::record() const {
  const std::scoped_lock lock(mutex_);
  return record_;
}

Revision LegacySession::revision() const {
  const std::scoped_lock lock(mutex_);
  return revision_;
}

void LegacySession::initialize(SessionRecord record) {
  const std::scoped_lock lock(mutex_);
  record_ = std::move(record);
  revision_ = parse_revision(record_.revision).value_or(Revision::v2024_11_05);
  initialized_ = true;
}

bool LegacySession::initialized() const {
  const std::scoped_lock lock(mutex_);
  return initialized_;
}

Result<> LegacySession::begin(const std::string& id, std::function<void()> cancel,
                              std::size_t limit) {
  const std::scoped_lock lock(mutex_);
  if (running_.contains(id))
    return fail(Error(Code::invalid_argument, reason::kInvalidRequest,
                      "/id: a request with this id is still under way"));
  if (running_.size() >= limit)
    return fail(Error(Code::resource_exhausted, reason::kLimitExceeded,
                      "more than " + std::to_string(limit) +
                          " requests of this session are under way; wait for one of them"));
  running_.emplace(id, std::move(cancel));
  return ok();
}

void LegacySession::end(const std::string& id) {
  const std::scoped_lock lock(mutex_);
  running_.erase(id);
}

void LegacySession::cancel(const std::string& id) {
  std::function<void()> cancel;
  {
    const std::scoped_lock lock(mutex_);
    const auto found = running_.find(id);
    if (found != running_.end()) cancel = found->second;
  }
  if (cancel) cancel();
}

void LegacySession::cancel_all() {
  std::vector<std::function<void()>> all;
  std::vector<std::shared_ptr<LiveStream>> streams;
  {
    const std::scoped_lock lock(mutex_);
    for (const auto& [id, cancel] : running_) all.push_back(cancel);
    for (const auto& [name, stream] : streams_) streams.push_back(stream);
    if (standalone_) streams.push_back(standalone_);
  }
  for (const auto& cancel : all) cancel();
  for (const auto& stream : streams) stream->close();
}

std::string LegacySession::ask(OneShot<ClientAnswer>::Setter setter) {
  const std::scoped_lock lock(mutex_);
  std::string id = std::to_string(++next_question_);
  questions_.emplace(id, std::move(setter));
  return id;
}

void LegacySession::forget(const std::string& question) {
  const std::scoped_lock lock(mutex_);
  questions_.erase(question);
}

void LegacySession::answer(RpcResponse response) {
  std::optional<OneShot<ClientAnswer>::Setter> setter;
  {
    const std::scoped_lock lock(mutex_);
    const auto found = questions_.find(response.id);
    if (found == questions_.end()) return;
    setter = std::move(found->second);
    questions_.erase(found);
  }
  setter->set(std::move(response.outcome));
}

void LegacySession::add_stream(const std::shared_ptr<LiveStream>& stream) {
  const std::scoped_lock lock(mutex_);
  streams_.emplace(stream->name(), stream);
}

void LegacySession::remove_stream(const std::string& name) {
  const std::scoped_lock lock(mutex_);
  streams_.erase(name);
}

std::shared_ptr<LiveStream> LegacySession::find_stream(const std::string& name) const {
  const std::scoped_lock lock(mutex_);
  if (standalone_ && standalone_->name() == name) return standalone_;
  const auto found = streams_.find(name);
  return found == streams_.end() ? nullptr : found->second;
}

std::shared_ptr<LiveStream> LegacySession::standalone() const {
  const std::scoped_lock lock(mutex_);
  return standalone_;
}

void LegacySession::set_standalone(std::shared_ptr<LiveStream> stream) {
  const std::scoped_lock lock(mutex_);
  standalone_ = std::move(stream);
}

void LegacySession::on_watch(std::function<void(std::string, bool)> callback) {
  const std::scoped_lock lock(mutex_);
  on_watch_ = std::move(callback);
}

Result<bool> LegacySession::watch(const std::string& uri) {
  std::function<void(std::string, bool)> tell;
  {
    const std::scoped_lock lock(mutex_);
    json::Array* list = watched_of(record_.client);
    if (list == nullptr) {
      record_.client.set("watched", json::Array());
      list = watched_of(record_.client);
    }
    if (std::ranges::any_of(*list, [&](const auto& value) { return is_text(value, uri); }))
      return false;
    if (list->size() >= kMaxWatchedUris)
      return fail(
          Error(Code::resource_exhausted, reason::kLimitExceeded,
                "a session may subscribe to " + std::to_string(kMaxWatchedUris) + " resources"));
    list->emplace_back(uri);
    tell = on_watch_;
  }
  if (tell) tell(uri, true);
  return true;
}

bool LegacySession::unwatch(const std::string& uri) {
  std::function<void(std::string, bool)> tell;
  {
    const std::scoped_lock lock(mutex_);
    json::Array* list = watched_of(record_.client);
    if (list == nullptr) return false;
    if (std::erase_if(*list, [&](const auto& value) { return is_text(value, uri); }) == 0)
      return false;
    tell = on_watch_;
  }
  if (tell) tell(uri, false);
  return true;
}

std::vector<std::string> LegacySession::watched() const {
  const std::scoped_lock lock(mutex_);
  std::vector<std::string> out;
  const json::Value* value = record_.client.find("watched");
  const json::Array* list = value == nullptr ? nullptr : value->if_array();
  if (list == nullptr) return out;
  for (const json::Value& uri : *list)
    if (uri.if_string() != nullptr) out.push_back(*uri.if_string());
  return out;
}

void LegacySession::set_log_level(std::size_t level) {
  threshold_ = level;
  const std::scoped_lock lock(mutex_);
  record_.client.set("logLevel", kLogLevels.at(level));
}

bool LegacySession::idle() const {
  const std::scoped_lock lock(mutex_);
  return running_.empty() && questions_.empty() && streams_.empty() && !standalone_;
}

}  // namespace flotilla::mcp
