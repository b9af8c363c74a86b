// Any JSON as a value of either version. What was read is written and read again without a change,
// and the way from 0.3 to 1.0 and back keeps it. The first byte chooses type and form.
#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>

#include "a2a/types.h"
#include "a2a/v03.h"
#include "base/assert.h"
#include "json/json.h"

namespace flotilla::a2a {
namespace {

json::ReadOptions lenient() {
  json::ReadOptions options;
  options.proto_names = true;
  return options;
}

// The 0.3 proto has no place for references.
void drop_references(Message& message) {
  message.referenceTaskIds.clear();
}
void drop_references(Task& task) {
  for (auto& message : task.history) drop_references(message);
  if (task.status.message) drop_references(*task.status.message);
}
void drop_references(TaskStatusUpdateEvent& event) {
  if (event.status.message) drop_references(*event.status.message);
}
void drop_references(TaskArtifactUpdateEvent&) {}
// Over HTTP+JSON the name has task and config; the path says them, too, and counts.
void drop_references(TaskPushNotificationConfig& config) {
  config.taskId.reset();
}

template <class Old, class New>
void check_way_back(New value, v03::Form form) {
  if (form == v03::Form::rest) drop_references(value);
  const auto modern = json::to_text(value);
  auto old = json::from_text<Old>(json::to_text(v03::to_v03(std::move(value), form)));
  FLOTILLA_ASSERT(old, "what was written can be read");
  const auto back = v03::from_v03(std::move(*old), "");
  FLOTILLA_ASSERT(back && json::to_text(*back) == modern, "0.3 keeps what came from 0.3");
}

template <class Old>
void read_old(json::Value value, v03::Form form) {
  auto old = json::read<Old>(std::move(value), lenient());
  if (!old) return;
  auto modern = v03::from_v03(std::move(*old), "");
  if (modern) check_way_back<Old>(std::move(*modern), form);
}

void read_params(json::Value value, v03::Form form) {
  auto old = json::read<v03::SendParams>(std::move(value), lenient());
  if (!old) return;
  auto modern = v03::from_v03(std::move(*old), form, "");
  if (!modern) return;
  std::ignore = validate(modern->message, "");
  auto again =
      json::from_text<v03::SendParams>(json::to_text(v03::to_v03(std::move(*modern), form)));
  FLOTILLA_ASSERT(again && v03::from_v03(std::move(*again), form, ""), "a request stays one");
}

/// 1.0: the writer is strict, so its text has a fixed point; 0.3 can say it somehow.
template <class T>
void read_new(json::Value value, v03::Form form) {
  auto read = json::read<T>(std::move(value), lenient());
  if (!read) return;
  const auto text = json::to_text(*read);
  const auto again = json::from_text<T>(text);
  FLOTILLA_ASSERT(again && json::to_text(*again) == text, "what was read can be written");
  const auto old = json::to_text(v03::to_v03(std::move(*read), form));
  FLOTILLA_ASSERT(json::parse(old), "0.3 is JSON");
}

void read(std::uint8_t choice, std::string_view text) {
  auto value = json::parse(text);
  if (!value) return;
  const auto form = choice % 2 == 0 ? v03::Form::rpc : v03::Form::rest;
  switch (choice / 2 % 11) {
    case 0:
      return read_old<v03::Message>(std::move(*value), form);
    case 1:
      return read_old<v03::Task>(std::move(*value), form);
    case 2:
      return read_old<v03::StatusUpdate>(std::move(*value), form);
    case 3:
      return read_old<v03::ArtifactUpdate>(std::move(*value), form);
    case 4:
      return read_params(std::move(*value), form);
    case 5:
      return read_new<Message>(std::move(*value), form);
    case 6:
      return read_new<Task>(std::move(*value), form);
    case 7:
      return read_new<TaskStatusUpdateEvent>(std::move(*value), form);
    case 8:
      return read_new<TaskArtifactUpdateEvent>(std::move(*value), form);
    case 9:
      return read_old<v03::TaskPushConfig>(std::move(*value), form);
    default:
      return read_new<SendMessageRequest>(std::move(*value), form);
  }
}

}  // namespace
}  // namespace flotilla::a2a

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  // NOLINTNEXTLINE(cppcoreguidelines-pro-type-reinterpret-cast): libFuzzer gives unsigned bytes
  const std::string_view text(reinterpret_cast<const char*>(data) + 1, size - 1);
  flotilla::a2a::read(data[0], text);
  return 0;
}
