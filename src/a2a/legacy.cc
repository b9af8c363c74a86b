#include "a2a/legacy.h"

#include <utility>

#include "json/map.h"

namespace flotilla::a2a {
namespace {

template <class T>
Result<std::string> translate(std::string_view json, v03::Form form) {
  auto model = json::from_text<T>(json);
  if (!model)
    return fail(Error(Code::internal,
                      "stored item is not of the model: " + std::string(model.error().message())));
  return json::to_text(v03::to_v03(std::move(*model), form));
}

std::shared_ptr<const std::string> make_text(const StreamItem& item, v03::Form form) {
  if (!item.json) return nullptr;
  auto text = to_v03_text(item.kind, *item.json, form);
  if (!text) return nullptr;
  return std::make_shared<const std::string>(std::move(*text));
}

}  // namespace

Result<std::string> to_v03_text(ItemKind kind, std::string_view json, v03::Form form) {
  switch (kind) {
    case ItemKind::task:
      return translate<Task>(json, form);
    case ItemKind::message:
      return translate<Message>(json, form);
    case ItemKind::status_update:
      return translate<TaskStatusUpdateEvent>(json, form);
    case ItemKind::artifact_update:
      return translate<TaskArtifactUpdateEvent>(json, form);
  }
  return fail(Error(Code::internal, "unknown kind of stream item"));
}

std::shared_ptr<const std::string> legacy_text(const StreamItem& item, v03::Form form) {
  if (!item.legacy) return make_text(item, form);
  auto& cell = item.legacy->cells.at(static_cast<std::size_t>(form));
  std::call_once(cell.once, [&] { cell.text = make_text(item, form); });
  return cell.text;
}

std::shared_ptr<StreamItem::Legacy> make_legacy() {
  return std::make_shared<StreamItem::Legacy>();
}

}  // namespace flotilla::a2a
