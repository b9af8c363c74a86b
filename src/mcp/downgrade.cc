#include "mcp/downgrade.h"

#include <string>
#include <utility>

namespace flotilla::mcp {
namespace {

std::string text_member(const json::Object& object, std::string_view name) {
  const json::Value* value = object.find(name);
  const std::string* text = value == nullptr ? nullptr : value->if_string();
  return text == nullptr ? std::string() : *text;
}

json::Object audio_as_resource(const json::Object& block) {
  json::Object resource{{"uri", "content://audio"},
                        {"mimeType", text_member(block, "mimeType")},
                        {"blob", text_member(block, "data")}};
  return json::Object{{"type", "resource"}, {"resource", std::move(resource)}};
}

json::Object link_as_text(const json::Object& block) {
  const std::string name = text_member(block, "name");
  const std::string uri = text_member(block, "uri");
  return json::Object{{"type", "text"}, {"text", name.empty() ? uri : name + ": " + uri}};
}

void downgrade_block(json::Value& value, Revision revision) {
  const json::Object* block = value.if_object();
  if (block == nullptr) return;
  const std::string type = text_member(*block, "type");
  if (type == "audio" && revision < Revision::v2025_03_26) value = audio_as_resource(*block);
  if (type == "resource_link" && revision < Revision::v2025_06_18) value = link_as_text(*block);
}

void downgrade_tool_result(json::Object& result, Revision revision) {
  json::Value* content = result.find("content");
  if (json::Array* blocks = content == nullptr ? nullptr : content->if_array())
    for (json::Value& block : *blocks) downgrade_block(block, revision);
  const json::Value* structured = result.find("structuredContent");
  if (structured == nullptr) return;
  if (structured->if_object() == nullptr || revision < Revision::v2025_06_18)
    result.erase("structuredContent");
}

/// Legacy clients refuse the whole list for one output schema whose root is no object.
void downgrade_tools(json::Object& result, Revision revision) {
  json::Value* tools = result.find("tools");
  json::Array* list = tools == nullptr ? nullptr : tools->if_array();
  if (list == nullptr) return;
  for (json::Value& value : *list) {
    json::Object* tool = value.if_object();
    const json::Value* schema = tool == nullptr ? nullptr : tool->find("outputSchema");
    if (schema == nullptr) continue;
    const json::Object* root = schema->if_object();
    if (revision < Revision::v2025_06_18 || root == nullptr ||
        text_member(*root, "type") != "object")
      tool->erase("outputSchema");
  }
}

void downgrade_prompt(json::Object& result, Revision revision) {
  json::Value* messages = result.find("messages");
  json::Array* list = messages == nullptr ? nullptr : messages->if_array();
  if (list == nullptr) return;
  for (json::Value& value : *list) {
    json::Object* message = value.if_object();
    if (json::Value* content = message == nullptr ? nullptr : message->find("content"))
      downgrade_block(*content, revision);
  }
}

}  // namespace

void downgrade(json::Object& result, Method method, Revision revision) {
  if (method == Method::call_tool) downgrade_tool_result(result, revision);
  if (method == Method::list_tools) downgrade_tools(result, revision);
  if (method == Method::get_prompt) downgrade_prompt(result, revision);
}

}  // namespace flotilla::mcp
