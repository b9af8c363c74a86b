#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/hash.h"
#include "llm/openai_internal.h"
#include "llm/request_parts_internal.h"

namespace flotilla::llm {
namespace {

constexpr std::size_t kCallIdMax = 40;
constexpr std::string_view kPublic = "https://api.openai.com/v1";
constexpr int kSchemaDepth = 64;

bool is_azure(const ModelSettings& settings) {
  return settings.provider == Provider::azure_openai;
}

/// Whether a schema names all properties of each object as required.
bool is_closed(const json::Value& value, int depth) {
  if (depth > kSchemaDepth) return false;
  if (const auto* array = value.if_array())
    return std::ranges::all_of(*array, [&](const auto& one) { return is_closed(one, depth + 1); });
  const auto* schema = value.if_object();
  if (schema == nullptr) return true;
  const auto* properties = schema->find("properties");
  if (properties != nullptr && properties->if_object() != nullptr) {
    const auto* required = schema->find("required");
    const auto* names = required == nullptr ? nullptr : required->if_array();
    for (const auto& [name, member] : properties->if_object()->members())
      if (names == nullptr || std::ranges::find(*names, json::Value(name)) == names->end())
        return false;
  }
  return std::ranges::all_of(
      schema->members(), [&](const auto& member) { return is_closed(member.second, depth + 1); });
}

}  // namespace

const std::string& openai_model_name(const ModelSettings& settings) {
  const bool named = is_azure(settings) && !settings.azure.deployment.empty();
  return named ? settings.azure.deployment : settings.model;
}

std::string openai_url(const ModelSettings& settings, std::string_view path) {
  auto base = base_url_of(settings, kPublic);
  if (!is_azure(settings)) return base.append(path);
  const auto& version = settings.azure.api_version;
  if (base.ends_with("/openai/v1")) return base.append(path);
  if (base.ends_with("/openai")) base.resize(base.size() - 7);
  if (version.empty()) return base.append("/openai/v1").append(path);
  const auto query = "?api-version=" + http::percent_encode(version);
  // The newer API has no deployments in its paths.
  if (path == "/responses") return fmt::format("{}/openai{}{}", base, path, query);
  return fmt::format("{}/openai/deployments/{}{}{}", base,
                     http::percent_encode(openai_model_name(settings)), path, query);
}

Result<ProviderRequest> openai_call(const ModelSettings& settings, const ProviderHttp& http,
                                    std::string_view path, bool stream,
                                    const CallOptions& options) {
  ProviderRequest call;
  call.url = openai_url(settings, path);
  call.headers.set("Accept", stream ? "text/event-stream" : "application/json");
  if (!settings.openai_organization.empty())
    call.headers.set("OpenAI-Organization", settings.openai_organization);
  TRY(key, http.key_of(options));
  if (key.empty()) return call;
  // What a caller has is a token of the directory, not the resource's key.
  if (is_azure(settings) && !settings.api_key_passthrough)
    call.headers.set("api-key", key.reveal());
  else
    call.headers.set("Authorization", "Bearer " + key.reveal());
  call.key = std::move(key);
  return call;
}

Result<> check_openai_settings(const ModelSettings& settings) {
  if (settings.base_url.empty() && settings.provider != Provider::openai)
    return fail(invalid("/spec/baseUrl", fmt::format("is missing: {} has no public place",
                                                     wire_name(settings.provider))));
  if (settings.parameters.top_k && settings.provider != Provider::openai_compatible)
    return fail(unsupported_parameter(settings, "topK"));
  return ok();
}

CallIds::CallIds(const Request& request, Random& random) : random_(random) {
  for (const auto& message : request.messages)
    for (const auto& part : message.parts)
      if (part.toolCall) taken_.insert(part.toolCall->id);
}

std::string CallIds::take(std::string id) {
  while (id.empty() || taken_.contains(id)) {
    std::array<char, 12> bytes{};
    random_.fill(bytes.data(), bytes.size());
    id = "call_" + hex(std::string_view(bytes.data(), bytes.size()));
  }
  taken_.insert(id);
  return id;
}

std::string openai_call_id(const std::string& id) {
  if (!id.empty() && id.size() <= kCallIdMax) return id;
  return "call_" + hex(sha256(id)).substr(0, 32);
}

json::Object openai_schema(const OutputFormat& output) {
  const auto closed = closed_schema(output.schema);
  const bool strict = is_closed(closed, 0);
  json::Object format;
  format.set("name", output.name.empty() ? "answer" : output.name);
  format.set("schema", strict ? closed : output.schema);
  format.set("strict", strict);
  return format;
}

Result<std::string> openai_media_url(const Media& media, const std::string& pointer) {
  TRY_VOID(check_media(media, pointer));
  if (media.url) return *media.url;
  return fmt::format("data:{};base64,{}", bare_type(media), *media.base64);
}

std::string openai_result_text(const ToolResult& result) {
  if (!result.isError) return result.text;
  return result.text.empty() ? "Error: the tool failed" : "Error: " + result.text;
}

std::optional<std::string> openai_audio_format(const Media& media) {
  const auto type = bare_type(media);
  if (type == "audio/mpeg" || type == "audio/mp3") return "mp3";
  if (type == "audio/wav" || type == "audio/x-wav" || type == "audio/wave") return "wav";
  return std::nullopt;
}

}  // namespace flotilla::llm
