#include "llm/types.h"

#include <utility>

namespace flotilla::llm {

Usage& Usage::operator+=(const Usage& other) {
  inputTokens += other.inputTokens;
  outputTokens += other.outputTokens;
  cachedInputTokens += other.cachedInputTokens;
  cacheWriteTokens += other.cacheWriteTokens;
  reasoningTokens += other.reasoningTokens;
  return *this;
}

std::string text_of(const Message& message) {
  std::string text;
  for (const auto& part : message.parts) text += part.text.value_or("");
  return text;
}

Message text_message(MessageRole role, std::string text) {
  Message message;
  message.role = role;
  message.parts.emplace_back().text = std::move(text);
  return message;
}

}  // namespace flotilla::llm
