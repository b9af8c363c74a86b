#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include "a2a/types.h"
#include "json/value.h"

/// Random values of the 1.0 model from a seed, for property tests. Only what both versions can say:
/// no media type or file name beside text and data, timestamps of milliseconds, no empty members.
namespace flotilla::a2a::testing {

class Dice {
 public:
  explicit Dice(std::uint32_t seed) : engine_(seed) {}

  /// 0 to `sides` - 1. Not std::uniform_int_distribution: its values differ between libraries.
  std::size_t roll(std::size_t sides) { return engine_() % sides; }
  bool coin() { return roll(2) == 0; }

  /// Not empty; control characters, quotes, other planes among it.
  std::string text() {
    static constexpr std::array<const char*, 12> kPieces{"a",  "Z",  " ",    "\"", "\\", "/",
                                                         "\n", "\t", "\x01", "ä",  "語", "😀"};
    std::string out = "t";
    for (std::size_t n = roll(12); n > 0; --n) out += kPieces.at(roll(kPieces.size()));
    return out;
  }
  std::optional<std::string> maybe_text() {
    if (coin()) return std::nullopt;
    return text();
  }
  std::vector<std::string> texts() {
    std::vector<std::string> out(roll(3));
    for (auto& one : out) one = text();
    return out;
  }

  json::Value value(int depth = 3) {
    switch (roll(depth > 0 ? 8 : 6)) {
      case 0:
        return nullptr;
      case 1:
        return coin();
      case 2:
        return json::Number{numbers().at(roll(numbers().size()))};
      case 3:
        return static_cast<std::int64_t>(engine_()) - INT32_MAX;
      case 4:
        return "";
      case 5:
        return text();
      case 6:
        return array(depth - 1);
      default:
        return object(depth - 1, roll(4));
    }
  }
  json::Array array(int depth) {
    json::Array out;
    for (std::size_t n = roll(4); n > 0; --n) out.push_back(value(depth));
    return out;
  }
  json::Object object(int depth, std::size_t members) {
    json::Object out;
    static constexpr std::array<const char*, 4> kFamiliar{"data", "value", "kind", "message"};
    for (std::size_t i = 0; i < members; ++i) {
      // Names that the translation itself uses, which must not confuse it.
      const bool familiar = i == 0 && coin();
      const auto name = familiar ? std::string(kFamiliar.at(roll(4))) : text() + std::to_string(i);
      out.append(name, value(depth));
    }
    return out;
  }
  json::Object metadata() { return coin() ? json::Object() : object(2, 1 + roll(3)); }

  std::optional<Time> time() {
    if (coin()) return std::nullopt;
    return Time{std::chrono::milliseconds(1'700'000'000'000 + engine_())};
  }
  json::Base64 bytes() {
    json::Base64 out;
    for (std::size_t n = roll(20); n > 0; --n) out.bytes += static_cast<char>(engine_());
    return out;
  }
  TaskState state() { return static_cast<TaskState>(roll(9)); }

  Part part() {
    Part out;
    out.metadata = metadata();
    switch (roll(4)) {
      case 0:
        out.text = coin() ? "" : text();
        return out;
      case 1:
        out.raw = bytes();
        break;
      case 2:
        out.url = "https://x.example/" + std::to_string(roll(100));
        break;
      default:
        out.data = value();
        return out;
    }
    out.mediaType = maybe_text();
    out.filename = maybe_text();
    return out;
  }
  std::vector<Part> parts() {
    std::vector<Part> out(1 + roll(3));
    for (auto& one : out) one = part();
    return out;
  }
  /// `references`: 0.3 over HTTP+JSON has no place for them.
  Message message(bool references) {
    Message out;
    out.messageId = text();
    out.contextId = maybe_text();
    out.taskId = maybe_text();
    out.role = coin() ? MessageRole::user : MessageRole::agent;
    out.parts = parts();
    out.metadata = metadata();
    out.extensions = texts();
    if (references) out.referenceTaskIds = texts();
    return out;
  }
  TaskStatus status(bool references) {
    TaskStatus out;
    out.state = state();
    if (coin()) out.message = message(references);
    out.timestamp = time();
    return out;
  }
  Artifact artifact() {
    Artifact out;
    out.artifactId = text();
    out.name = maybe_text();
    out.description = maybe_text();
    out.parts = parts();
    out.metadata = metadata();
    out.extensions = texts();
    return out;
  }
  Task task(bool references) {
    Task out;
    out.id = text();
    out.contextId = text();
    out.status = status(references);
    for (std::size_t n = roll(3); n > 0; --n) out.artifacts.push_back(artifact());
    for (std::size_t n = roll(3); n > 0; --n) out.history.push_back(message(references));
    out.metadata = metadata();
    return out;
  }
  TaskStatusUpdateEvent status_update(bool references) {
    TaskStatusUpdateEvent out;
    out.taskId = text();
    out.contextId = text();
    out.status = status(references);
    out.metadata = metadata();
    return out;
  }
  TaskArtifactUpdateEvent artifact_update() {
    TaskArtifactUpdateEvent out;
    out.taskId = text();
    out.contextId = text();
    out.artifact = artifact();
    if (coin()) out.append = coin();
    if (coin()) out.lastChunk = coin();
    out.metadata = metadata();
    return out;
  }
  TaskPushNotificationConfig push_config() {
    TaskPushNotificationConfig out;
    out.id = maybe_text();
    out.url = "https://x.example/" + std::to_string(roll(100));
    out.token = maybe_text();
    if (coin()) {
      out.authentication.emplace();
      out.authentication->scheme = "Bearer";
      out.authentication->credentials = maybe_text();
    }
    return out;
  }
  SendMessageRequest send_request(bool references) {
    SendMessageRequest out;
    out.message = message(references);
    out.metadata = metadata();
    SendMessageConfiguration configuration;
    configuration.acceptedOutputModes = texts();
    if (coin()) configuration.taskPushNotificationConfig = push_config();
    if (coin()) configuration.historyLength = static_cast<std::int32_t>(1 + roll(100));
    configuration.returnImmediately = coin();
    out.configuration = std::move(configuration);
    return out;
  }

 private:
  static const std::array<std::string, 8>& numbers() {
    static const std::array<std::string, 8> kNumbers{"0",
                                                     "-0",
                                                     "10.00",
                                                     "1e308",
                                                     "-1.5E-7",
                                                     "18446744073709551616.000000001",
                                                     "9007199254740993",
                                                     "0.1"};
    return kNumbers;
  }

  std::mt19937 engine_;
};

}  // namespace flotilla::a2a::testing
