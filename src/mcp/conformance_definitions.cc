#include "mcp/conformance_definitions_internal.h"

#include <utility>

#include "base/assert.h"
#include "json/json.h"

namespace flotilla::mcp {
namespace {

constexpr std::string_view kTools = R"json([
  {"name":"test_simple_text","description":"Answers with one text block"},
  {"name":"test_image_content","description":"Answers with an image"},
  {"name":"test_audio_content","description":"Answers with audio"},
  {"name":"test_embedded_resource","description":"Answers with an embedded resource"},
  {"name":"test_multiple_content_types","description":"Answers with text, image and resource"},
  {"name":"test_error_handling","description":"Always fails as a tool"},
  {"name":"test_tool_with_progress","description":"Reports progress 0, 50 and 100"},
  {"name":"test_tool_with_logging","description":"Logs three messages"},
  {"name":"test_logging_tool","description":"Logs a message, if the request wants any"},
  {"name":"test_sampling","description":"Asks the client's model",
   "inputSchema":{"type":"object","properties":{"prompt":{"type":"string"}},"required":["prompt"]}},
  {"name":"test_elicitation","description":"Asks the user for a name and an address",
   "inputSchema":{"type":"object","properties":{"message":{"type":"string"}},"required":["message"]}},
  {"name":"test_elicitation_sep1034_defaults","description":"Asks with defaults of each type"},
  {"name":"test_elicitation_sep1330_enums","description":"Asks with each kind of choice"},
  {"name":"test_reconnection","description":"Ends the connection before it answers"},
  {"name":"json_schema_2020_12_tool","description":"Has a schema with keywords of 2020-12",
   "inputSchema":{"$schema":"https://json-schema.org/draft/2020-12/schema","type":"object",
     "$defs":{"address":{"$anchor":"addressDef","type":"object",
       "properties":{"street":{"type":"string"},"city":{"type":"string"}}}},
     "properties":{"name":{"type":"string"},"address":{"$ref":"#/$defs/address"},
       "contactMethod":{"type":"string","enum":["phone","email"]},
       "phone":{"type":"string"},"email":{"type":"string"}},
     "allOf":[{"anyOf":[{"required":["phone"]},{"required":["email"]}]}],
     "if":{"properties":{"contactMethod":{"const":"phone"}},"required":["contactMethod"]},
     "then":{"required":["phone"]},"else":{"required":["email"]},
     "additionalProperties":false}},
  {"name":"test_missing_capability","description":"Needs sampling"},
  {"name":"test_streaming_elicitation","description":"Answers without asking on the stream"},
  {"name":"test_trigger_tool_change","description":"Says that the list of tools has changed"},
  {"name":"test_trigger_prompt_change","description":"Says that the list of prompts has changed"},
  {"name":"test_header_parameter","description":"Has an argument that is mirrored in a header",
   "inputSchema":{"type":"object","properties":{
     "region":{"type":"string","description":"Where","x-mcp-header":"Region"},
     "count":{"type":"integer","x-mcp-header":"Count"}}}},
  {"name":"test_input_required_result_elicitation","description":"Asks for a name, then greets"},
  {"name":"test_input_required_result_sampling","description":"Asks the model, then answers"},
  {"name":"test_input_required_result_list_roots","description":"Asks for the roots, then answers"},
  {"name":"test_input_required_result_request_state","description":"Asks, and keeps a state"},
  {"name":"test_input_required_result_multiple_inputs","description":"Asks three things at once"},
  {"name":"test_input_required_result_multi_round","description":"Asks twice"},
  {"name":"test_input_required_result_tampered_state","description":"Keeps a state that is sealed"},
  {"name":"test_input_required_result_capabilities","description":"Asks what the client can answer"},
  {"name":"greet","description":"Greets at once",
   "inputSchema":{"type":"object","properties":{"name":{"type":"string"}},"required":["name"]}},
  {"name":"slow_compute","description":"Works for some seconds, as a task where that is possible",
   "inputSchema":{"type":"object","properties":{"seconds":{"type":"number"},"label":{"type":"string"}},
     "required":["seconds"]}},
  {"name":"failing_job","description":"A task that ends with a tool error"},
  {"name":"protocol_error_job","description":"A task that fails"},
  {"name":"confirm_delete","description":"A task that asks before it ends",
   "inputSchema":{"type":"object","properties":{"filename":{"type":"string"}},"required":["filename"]}},
  {"name":"multi_input","description":"A task that asks two things at once"},
  {"name":"test_tool_with_task","description":"Asks for a name, then becomes a task"}
])json";

constexpr std::string_view kPrompts = R"json([
  {"name":"test_simple_prompt","description":"One message"},
  {"name":"test_prompt_with_arguments","description":"Repeats its arguments","arguments":[
    {"name":"arg1","description":"The first","required":true},
    {"name":"arg2","description":"The second","required":true}]},
  {"name":"test_prompt_with_embedded_resource","description":"Embeds a resource","arguments":[
    {"name":"resourceUri","description":"URI of the resource","required":true}]},
  {"name":"test_prompt_with_image","description":"Holds an image"},
  {"name":"test_input_required_result_prompt","description":"Asks for context first"}
])json";

constexpr std::string_view kResources = R"json([
  {"uri":"test://static-text","name":"static-text","description":"A text","mimeType":"text/plain"},
  {"uri":"test://static-binary","name":"static-binary","description":"An image","mimeType":"image/png"},
  {"uri":"test://watched-resource","name":"watched-resource","description":"To subscribe to",
   "mimeType":"text/plain"}
])json";

constexpr std::string_view kTemplates = R"json([
  {"uriTemplate":"test://template/{id}/data","name":"template","description":"Data of an id",
   "mimeType":"application/json"}
])json";

json::Array parse(std::string_view text) {
  auto value = json::parse(text);
  FLOTILLA_ASSERT(value && value->if_array(), "the definitions are constants");
  return std::move(*value->if_array());
}

}  // namespace

json::Array conformance_definitions(ListKind kind) {
  if (kind == ListKind::prompts) return parse(kPrompts);
  if (kind == ListKind::resources) return parse(kResources);
  if (kind == ListKind::resource_templates) return parse(kTemplates);
  json::Array tools = parse(kTools);
  for (json::Value& tool : tools)
    if (tool.if_object()->find("inputSchema") == nullptr)
      tool.if_object()->append("inputSchema", json::Object{{"type", "object"}});
  return tools;
}

}  // namespace flotilla::mcp
