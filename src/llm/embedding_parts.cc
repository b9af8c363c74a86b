#include <fmt/format.h>

#include <cmath>
#include <utility>

#include "llm/embedding_parts_internal.h"
#include "llm/provider_http_internal.h"

namespace flotilla::llm {

const json::Value* member_at(const json::Value* value,
                             std::initializer_list<std::string_view> path) {
  for (const auto name : path) {
    const auto* object = value != nullptr ? value->if_object() : nullptr;
    if (object == nullptr) return nullptr;
    value = object->find(name);
  }
  return value;
}

Result<> VectorReader::add(const json::Value* values) {
  const auto* array = values != nullptr ? values->if_array() : nullptr;
  if (array == nullptr || array->empty()) {
    return fail(broken_answer(settings_, "it has no vector where one should be"));
  }
  if (!vectors_.empty() && vectors_.front().size() != array->size()) {
    return fail(broken_answer(settings_, "its vectors differ in length"));
  }
  std::vector<float> vector;
  vector.reserve(array->size());
  for (const auto& item : *array) {
    const auto number = item.as_double();
    if (!number || !std::isfinite(static_cast<float>(*number))) {
      return fail(broken_answer(settings_, "a vector has something else than numbers"));
    }
    vector.push_back(static_cast<float>(*number));
  }
  vectors_.push_back(std::move(vector));
  return ok();
}

Result<Embeddings> VectorReader::finish(std::size_t texts) {
  if (vectors_.size() != texts) {
    return fail(broken_answer(
        settings_, fmt::format("it has {} vectors for {} texts", vectors_.size(), texts)));
  }
  Embeddings out;
  out.vectors = std::move(vectors_);
  out.usage = usage;
  return out;
}

}  // namespace flotilla::llm
