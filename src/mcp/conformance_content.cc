#include <algorithm>
#include <array>
#include <utility>

#include "json/json.h"
#include "mcp/conformance_asking_internal.h"
#include "mcp/conformance_content_internal.h"

namespace flotilla::mcp {
namespace {

/// One red pixel.
constexpr const char* kPng =
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8DwHwAFBQIAX8jx0gAAAABJRU5ErkJggg"
    "==";
/// A WAV file without samples.
constexpr const char* kWav = "UklGRiQAAABXQVZFZm10IBAAAAABAAEAQB8AAEAfAAABAAgAZGF0YQAAAAA=";

json::Object text_block(std::string text) {
  return json::Object{{"type", "text"}, {"text", std::move(text)}};
}

json::Object image_block() {
  return json::Object{{"type", "image"}, {"data", kPng}, {"mimeType", "image/png"}};
}

json::Object resource_block(std::string uri, std::string_view type, std::string text) {
  json::Object resource{{"uri", std::move(uri)}, {"mimeType", type}, {"text", std::move(text)}};
  return json::Object{{"type", "resource"}, {"resource", std::move(resource)}};
}

Reply tool_result(json::Array content) {
  return Reply(Complete{json::Object{{"content", std::move(content)}}});
}

Reply one_block(json::Object block) {
  json::Array content;
  content.emplace_back(std::move(block));
  return tool_result(std::move(content));
}

Reply all_kinds() {
  json::Array content;
  content.emplace_back(text_block("Multiple content types test:"));
  content.emplace_back(image_block());
  content.emplace_back(resource_block("test://mixed-content-resource", "application/json",
                                      R"({"test":"data","value":123})"));
  return tool_result(std::move(content));
}

std::string argument(const json::Object& arguments, std::string_view name) {
  const json::Value* value = arguments.find(name);
  if (value == nullptr) return {};
  return value->if_string() != nullptr ? *value->if_string() : json::to_string(*value);
}

Result<Reply> messages(json::Array content) {
  json::Array list;
  for (json::Value& block : content) {
    json::Object message{{"role", "user"}};
    message.append("content", std::move(block));
    list.emplace_back(std::move(message));
  }
  Complete done;
  done.result.append("messages", std::move(list));
  return Reply(std::move(done));
}

}  // namespace

Reply tool_text(std::string text) {
  return one_block(text_block(std::move(text)));
}

std::optional<Reply> plain_tool(const CallTool& request) {
  constexpr std::array kTexts{
      std::pair("test_simple_text", "This is a simple text response for testing."),
      std::pair("test_streaming_elicitation", "Nothing was asked on the stream."),
      std::pair("json_schema_2020_12_tool", "The schema was listed as it is."),
      std::pair("test_header_parameter", "The headers agree with the arguments.")};
  for (const auto& [name, text] : kTexts)
    if (request.name == name) return tool_text(text);
  if (request.name == "test_image_content") return one_block(image_block());
  if (request.name == "test_audio_content")
    return one_block(json::Object{{"type", "audio"}, {"data", kWav}, {"mimeType", "audio/wav"}});
  if (request.name == "test_embedded_resource")
    return one_block(resource_block("test://embedded-resource", "text/plain",
                                    "This is an embedded resource content."));
  if (request.name == "test_multiple_content_types") return all_kinds();
  if (request.name == "greet")
    return tool_text("Hello, " + argument(request.arguments, "name") + "!");
  if (request.name != "test_error_handling") return std::nullopt;
  json::Array content;
  content.emplace_back(text_block("This tool intentionally returns an error for testing"));
  return Reply(Complete{json::Object{{"content", std::move(content)}, {"isError", true}}});
}

std::optional<json::Object> resource_contents(const std::string& uri) {
  constexpr std::string_view kBefore = "test://template/";
  constexpr std::string_view kAfter = "/data";
  if (uri == "test://static-text")
    return json::Object{{"uri", uri},
                        {"mimeType", "text/plain"},
                        {"text", "This is the content of the static text resource."}};
  if (uri == "test://watched-resource")
    return json::Object{{"uri", uri}, {"mimeType", "text/plain"}, {"text", "Watched."}};
  if (uri == "test://static-binary")
    return json::Object{{"uri", uri}, {"mimeType", "image/png"}, {"blob", kPng}};
  if (!uri.starts_with(kBefore) || !uri.ends_with(kAfter) ||
      uri.size() <= kBefore.size() + kAfter.size())
    return std::nullopt;
  const std::string id = uri.substr(kBefore.size(), uri.size() - kBefore.size() - kAfter.size());
  const json::Value data(json::Object{{"id", id}, {"templateTest", true}});
  return json::Object{
      {"uri", uri}, {"mimeType", "application/json"}, {"text", json::to_string(data)}};
}

Result<Reply> prompt(const Caller& caller, const GetPrompt& request) {
  json::Array blocks;
  if (request.name == "test_simple_prompt") {
    blocks.emplace_back(text_block("This is a simple prompt for testing."));
  } else if (request.name == "test_prompt_with_arguments") {
    for (const char* name : {"arg1", "arg2"})
      if (request.arguments.find(name) == nullptr)
        return fail(invalid("/params/arguments/" + std::string(name), "missing"));
    blocks.emplace_back(text_block("Prompt with arguments: arg1='" +
                                   argument(request.arguments, "arg1") + "', arg2='" +
                                   argument(request.arguments, "arg2") + "'"));
  } else if (request.name == "test_prompt_with_embedded_resource") {
    blocks.emplace_back(resource_block(argument(request.arguments, "resourceUri"), "text/plain",
                                       "Embedded resource content for testing."));
    blocks.emplace_back(text_block("Please process the embedded resource above."));
  } else if (request.name == "test_prompt_with_image") {
    blocks.emplace_back(image_block());
    blocks.emplace_back(text_block("Please analyze the image above."));
  } else if (request.name == "test_input_required_result_prompt") {
    if (auto asked = ask_for_context(caller, request.rounds)) return std::move(*asked);
    blocks.emplace_back(text_block(
        "With context: " + json::to_string(*request.rounds.responses.find("user_context"))));
  } else {
    return fail(Error(Code::not_found, "Unknown prompt: " + request.name));
  }
  return messages(std::move(blocks));
}

}  // namespace flotilla::mcp
