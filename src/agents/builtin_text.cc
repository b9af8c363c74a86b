#include <algorithm>
#include <cctype>

#include "agents/builtin_internal.h"

namespace flotilla::agents {

std::string text_input(const a2a::Message& message) {
  std::string text;
  for (const auto& part : message.parts) {
    const bool is_text_file =
        part.raw && part.mediaType.value_or("text/plain").starts_with("text/");
    if (!part.text && !is_text_file) continue;
    if (!text.empty()) text += '\n';
    text += part.text ? *part.text : part.raw->bytes;
  }
  return text;
}

std::string_view without_verb(std::string_view text, const std::vector<std::string>& verbs) {
  const auto same = [](char a, char b) {
    return std::tolower(static_cast<unsigned char>(a)) ==
           std::tolower(static_cast<unsigned char>(b));
  };
  for (const auto& verb : verbs) {
    if (text.size() <= verb.size() || !std::equal(verb.begin(), verb.end(), text.begin(), same))
      continue;
    const char next = text[verb.size()];
    if (next != ':' && next != ' ' && next != '\n') continue;
    text.remove_prefix(verb.size() + 1);
    while (!text.empty() && (text.front() == ' ' || text.front() == '\n')) text.remove_prefix(1);
    return text;
  }
  return text;
}

a2a::Artifact text_artifact(std::string id, std::string name, std::string text) {
  a2a::Artifact artifact;
  artifact.artifactId = std::move(id);
  artifact.name = std::move(name);
  artifact.parts.push_back(a2a::text_part(std::move(text)));
  return artifact;
}

}  // namespace flotilla::agents
