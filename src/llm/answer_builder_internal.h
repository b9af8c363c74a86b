#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "json/value.h"
#include "llm/limits.h"
#include "llm/model.h"

namespace flotilla::llm {

/// Parts of one answer.
inline constexpr std::size_t kAnswerPartsMax = 1024;

/// The answer is not what the wire says: internal/INVALID_MODEL_ANSWER.
Error invalid_answer(std::string what);
/// The answer is more than we take, which no other attempt mends:
/// resource_exhausted/LIMIT_EXCEEDED, not to be tried again.
Error answer_too_large(std::string what);

/// Puts an answer together from the pieces of a stream, each of a numbered block of the answer, and
/// keeps them as deltas until they are taken. Of one call. resource_exhausted/LIMIT_EXCEEDED beyond
/// the limits, INVALID_MODEL_ANSWER where pieces do not fit together.
class AnswerBuilder {
 public:
  explicit AnswerBuilder(std::size_t limit = kMaxAnswerBytes) : limit_(limit) {}

  Result<> add_text(std::int64_t block, std::string_view text);
  Result<> add_reasoning(std::int64_t block, std::string_view text);
  /// Of reasoning or of a call; an empty block becomes reasoning without text.
  Result<> add_signature(std::int64_t block, std::string_view signature);
  Result<> begin_call(std::int64_t block, std::string id, std::string name);
  Result<> add_arguments(std::int64_t block, std::string_view text);
  [[nodiscard]] bool has_calls() const;

  std::vector<Delta> take_deltas();
  /// The blocks in order, empty ones left out; arguments that never came are `{}`.
  Message take_message();

 private:
  Result<> count(std::size_t bytes);
  Result<Part*> part(std::int64_t block);

  std::size_t limit_;
  std::size_t bytes_ = 0;
  std::map<std::int64_t, Part> parts_;
  std::vector<Delta> deltas_;
};

/// Signatures say whose they are, so that no provider gets another's.
std::string tag_signature(std::string_view scheme, std::string_view signature);
/// nullopt: there is none, or it is another's.
std::optional<std::string> untag_signature(std::string_view scheme,
                                           const std::optional<std::string>& tagged);
/// The arguments for providers that take them as an object; text that is none goes as a member.
json::Object arguments_object(const std::string& arguments);
/// An id that every provider accepts; the same for the same.
std::string portable_call_id(const std::string& id);

}  // namespace flotilla::llm
