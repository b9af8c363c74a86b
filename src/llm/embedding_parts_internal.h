#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "base/result.h"
#include "json/value.h"
#include "llm/model.h"
#include "llm/settings.h"

namespace flotilla::llm {

/// What answers of embeddings have in common: as many vectors as texts, all of one dimension, of
/// finite numbers. INVALID_MODEL_ANSWER otherwise.
class VectorReader {
 public:
  explicit VectorReader(const ModelSettings& settings) : settings_(settings) {}
  /// `values` may be null: it was not there.
  Result<> add(const json::Value* values);
  /// `texts` is how many were asked for.
  Result<Embeddings> finish(std::size_t texts);
  Usage usage;

 private:
  const ModelSettings& settings_;
  std::vector<std::vector<float>> vectors_;
};

/// The member of a member; null where one is missing.
const json::Value* member_at(const json::Value* value,
                             std::initializer_list<std::string_view> path);

}  // namespace flotilla::llm
