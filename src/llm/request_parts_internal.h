#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "json/value.h"
#include "llm/settings.h"
#include "llm/types.h"

/// What translators of requests share. Pure.
namespace flotilla::llm {

/// Messages in turns: neighbours of one speaker are one turn (`tool` speaks as the user), since
/// most wires want user and assistant by turns. A part is known by where it stands in the request.
struct TurnPart {
  const Part* part = nullptr;
  std::size_t message = 0;
  std::size_t index = 0;
};
struct Turn {
  bool assistant = false;
  std::vector<TurnPart> parts;
};
std::vector<Turn> turns_of(const Request& request);

/// `/messages/2/parts/0`, for faults.
std::string pointer_of(const TurnPart& at);
/// Neither text nor anything else but blanks, which no provider accepts.
bool is_blank(std::string_view text);

enum class MediaKind : std::uint8_t { image, audio, video, document };
MediaKind kind_of(const Media& media);
/// `image/png; x=y` is `image/png`, in lower case.
std::string bare_type(const Media& media);
/// Whether it has exactly one of base64 and url; the fault names `pointer`.
Result<> check_media(const Media& media, const std::string& pointer);
/// The bytes of its base64 as text; the fault names `pointer`.
Result<std::string> text_of(const Media& media, const std::string& pointer);

/// The schema of a tool's arguments: always of type object.
json::Object arguments_schema(const json::Object& parameters);
/// For providers that only generate closed objects: every object without additionalProperties gets
/// false there, and the bounds that their grammars do not know are left out (who needs them checks
/// the answer). Deeper than 64 levels nothing is changed.
json::Object closed_schema(const json::Object& schema);

/// The instructions; with `tells_output` also, in words, what the answer must look like, for models
/// that are given no schema. Who asked for it checks the answer anyway.
std::string instructions_of(const Request& request, bool tells_output);

/// The lower of what the request and the settings allow.
std::optional<std::int64_t> output_limit(const ModelSettings& settings, const Request& request);
/// Replaces or adds the members of `extra`; objects are merged in turn.
void merge(json::Object& body, const json::Object& extra);
/// A fault of the settings: `parameters.NAME` is not of this provider's API.
Error unsupported_parameter(const ModelSettings& settings, std::string_view name);
/// Refuses seed and the penalties, which only some APIs have.
Result<> refuse_sampling_extras(const ModelSettings& settings);

/// A fault that was found in an answer, with provider and model before its message.
Error titled(const ModelSettings& settings, const Error& error);

/// The version in a Claude model's name, of any platform: claude-opus-4-1@20250805 is 4.1. Names
/// without one are newer than all.
struct ClaudeVersion {
  int major = 99;
  int minor = 0;
  auto operator<=>(const ClaudeVersion&) const = default;
};
ClaudeVersion claude_version(std::string_view model);

}  // namespace flotilla::llm
