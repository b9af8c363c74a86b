#include "core/stored_values.h"

#include <fmt/format.h>

#include <algorithm>

namespace flotilla::core {

namespace {

constexpr std::size_t kMaxKey = 253;

constexpr json::FieldDoc kSecretDocs[] = {
    {"type", "what the values are for, such as Opaque; only shown"},
    {"immutable", "the values can never be changed again, only deleted"},
    {"data", "values by key, in base64; answers show the keys with null, and null keeps the value"},
    {"stringData", "values by key as plain text; taken over into data, before it where both say"},
};
constexpr json::FieldDoc kConfigMapDocs[] = {
    {"immutable", "the values can never be changed again, only deleted"},
    {"data", "texts by key"},
    {"binaryData", "binary values by key, in base64; no key may be in data, too"},
};
constexpr json::FieldDoc kStatusDocs[] = {
    {"conditions", "what holds for the resource, by type"},
    {"observedGeneration", "the generation that the status is about"},
};
constexpr json::FieldDoc kConditionDocs[] = {
    {"type", "what it is about, such as Accepted or Ready"},
    {"status", "True, False or Unknown"},
    {"reason", "why, in one word"},
    {"message", "why, in a sentence"},
    {"lastTransitionTime", "when status changed last"},
    {"observedGeneration", "the generation that it is about"},
};

}  // namespace

std::string data_key_fault(std::string_view key) {
  const bool well = !key.empty() && key.size() <= kMaxKey && key != "." && key != ".." &&
                    std::ranges::all_of(key, [](char c) {
                      return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                             (c >= '0' && c <= '9') || c == '-' || c == '_' || c == '.';
                    });
  if (well) return {};
  return fmt::format("a key is 1 to {} letters, digits, -, _ and .", kMaxKey);
}

std::span<const json::FieldDoc> field_docs(const SecretSpec*) {
  return kSecretDocs;
}
std::span<const json::FieldDoc> field_docs(const ConfigMapSpec*) {
  return kConfigMapDocs;
}
std::span<const json::FieldDoc> field_docs(const PlainStatus*) {
  return kStatusDocs;
}
std::span<const json::FieldDoc> field_docs(const Condition*) {
  return kConditionDocs;
}

}  // namespace flotilla::core
