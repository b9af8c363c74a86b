#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <set>
#include <string>

#include "base/id.h"
#include "llm/limits.h"
#include "llm/model.h"

namespace flotilla::llm {

/// Puts an answer together from pieces, and passes them on. Of one call. Pieces keep their order;
/// text after text, and reasoning after reasoning, is one part. invalid_model_answer beyond the
/// limits. The caller of each coroutine awaits at once.
class AnswerBuilder {
 public:
  /// `sink` may be null; it and the request outlive the builder.
  AnswerBuilder(const Request& request, DeltaSink* sink, Random& random);

  Async<Result<>> text(std::string piece);
  Async<Result<>> reasoning(std::string piece);
  /// The seal of the reasoning that is being written (begins one without text if there is none).
  void sign_reasoning(std::string signature);
  /// The next piece of reasoning begins a part of its own.
  void end_reasoning();
  /// `key` is the provider's name for the call within this answer. An id that the conversation has
  /// already, and an empty one, is replaced by one of ours.
  Async<Result<>> begin_call(std::string key, std::string id, std::string name);
  [[nodiscard]] bool has_call(const std::string& key) const { return calls_.contains(key); }
  [[nodiscard]] bool has_calls() const { return !calls_.empty(); }
  Async<Result<>> call_arguments(std::string key, std::string piece);
  /// Instead of what came piece by piece; nothing is passed on.
  void set_arguments(const std::string& key, std::string arguments);
  void sign_call(const std::string& key, std::string signature);

  /// usage, finish, model and responseId are the caller's to set.
  Answer answer;

 private:
  Result<> grow(std::size_t bytes);
  Async<Result<>> pass(Delta::Kind kind, std::string text, std::string call_id);
  ToolCall& call_at(const std::string& key);

  DeltaSink* sink_;
  Random& random_;
  std::set<std::string, std::less<>> taken_;               // ids of calls
  std::map<std::string, std::size_t, std::less<>> calls_;  // key to part
  std::size_t bytes_ = 0;
  bool reasoning_ended_ = false;
};

}  // namespace flotilla::llm
