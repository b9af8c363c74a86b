#pragma once

#include <boost/describe.hpp>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "json/value.h"

/// A conversation with a language model, as no provider's wire: each provider translates it. The
/// structs are also how runs journal it, so members are only ever added.
namespace flotilla::llm {

/// What a model says to itself. Providers that check it get it back unchanged in the next request.
struct Reasoning {
  std::string text;
  std::optional<std::string> signature;  // the provider's seal over it
};
BOOST_DESCRIBE_STRUCT(Reasoning, (), (text, signature))

/// An image, document or sound: exactly one of base64 and url.
struct Media {
  std::string mediaType;
  std::optional<std::string> base64;
  std::optional<std::string> url;
  std::optional<std::string> name;
};
BOOST_DESCRIBE_STRUCT(Media, (), (mediaType, base64, url, name))

/// The model asks for a tool. `arguments` is the text as the model wrote it, JSON or not.
struct ToolCall {
  std::string id;  // unique within the conversation; made by us where the provider has none
  std::string name;
  std::string arguments;
  std::optional<std::string> signature;  // as of Reasoning
};
BOOST_DESCRIBE_STRUCT(ToolCall, (), (id, name, arguments, signature))

struct ToolResult {
  std::string callId;
  std::string name;
  std::string text;
  std::vector<Media> media;
  bool isError = false;
};
BOOST_DESCRIBE_STRUCT(ToolResult, (), (callId, name, text, media, isError))

/// Exactly one member is set.
struct Part {
  std::optional<std::string> text;
  std::optional<Reasoning> reasoning;
  std::optional<Media> media;
  std::optional<ToolCall> toolCall;
  std::optional<ToolResult> toolResult;
};
BOOST_DESCRIBE_STRUCT(Part, (), (text, reasoning, media, toolCall, toolResult))

/// `tool` messages hold the results of the calls in the assistant message before them, and nothing
/// else. Instructions are no message: see Request::system.
enum class MessageRole : std::uint8_t { user, assistant, tool };
BOOST_DESCRIBE_ENUM(MessageRole, user, assistant, tool)

struct Message {
  MessageRole role = MessageRole::user;
  std::vector<Part> parts;
};
BOOST_DESCRIBE_STRUCT(Message, (), (role, parts))

struct Tool {
  std::string name;
  std::string description;
  json::Object parameters;  // JSON Schema of the arguments
};
BOOST_DESCRIBE_STRUCT(Tool, (), (name, description, parameters))

enum class ToolChoice : std::uint8_t { auto_, none, required };
BOOST_DESCRIBE_ENUM(ToolChoice, auto_, none, required)

/// What the answer must look like, where the provider can be told.
struct OutputFormat {
  std::string name;
  json::Object schema;
};
BOOST_DESCRIBE_STRUCT(OutputFormat, (), (name, schema))

struct Request {
  std::string system;
  std::vector<Message> messages;
  std::vector<Tool> tools;
  ToolChoice toolChoice = ToolChoice::auto_;
  std::optional<OutputFormat> output;
  std::optional<std::int64_t> maxOutputTokens;  // below what the model is configured for
};
BOOST_DESCRIBE_STRUCT(Request, (), (system, messages, tools, toolChoice, output, maxOutputTokens))

/// Counts of one answer, as its provider says them. Cached and cache-written tokens are parts of
/// inputTokens, reasoning tokens a part of outputTokens.
struct Usage {
  std::int64_t inputTokens = 0;
  std::int64_t outputTokens = 0;
  std::int64_t cachedInputTokens = 0;
  std::int64_t cacheWriteTokens = 0;
  std::int64_t reasoningTokens = 0;
  Usage& operator+=(const Usage& other);
  bool operator==(const Usage&) const = default;
};
BOOST_DESCRIBE_STRUCT(Usage, (),
                      (inputTokens, outputTokens, cachedInputTokens, cacheWriteTokens,
                       reasoningTokens))
constexpr bool has_defaults(const Usage*) {
  return true;
}

enum class FinishReason : std::uint8_t { stop, tool_calls, length, content_filter, other };
BOOST_DESCRIBE_ENUM(FinishReason, stop, tool_calls, length, content_filter, other)

struct Answer {
  Message message;  // of role assistant
  FinishReason finish = FinishReason::stop;
  Usage usage;
  std::string model;       // that answered, as the provider names it
  std::string responseId;  // the provider's, for its support; may be empty
};
BOOST_DESCRIBE_STRUCT(Answer, (), (message, finish, usage, model, responseId))

/// The text parts of a message, joined.
std::string text_of(const Message& message);
/// A message of one text part.
Message text_message(MessageRole role, std::string text);

}  // namespace flotilla::llm
