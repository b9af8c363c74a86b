#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "async/async.h"
#include "base/result.h"
#include "base/secret.h"
#include "base/time.h"
#include "llm/types.h"

namespace flotilla::llm {

/// A piece of an answer as it arrives. The answer that follows has everything again, whole.
struct Delta {
  enum class Kind : std::uint8_t { text, reasoning, tool_call, tool_arguments };
  Kind kind = Kind::text;
  std::string text;     // of tool_call: the tool's name
  std::string call_id;  // of tool_call and tool_arguments
};

/// Who hears of pieces. Called in order, on the request's loop; the provider's stream waits.
class DeltaSink {
 public:
  virtual ~DeltaSink() = default;
  virtual Async<Result<>> receive(Delta delta) = 0;
  /// What came so far is void: another attempt or model answers from the start.
  virtual Async<Result<>> restart() = 0;
};

/// What belongs to one call, and is no part of the conversation.
struct CallOptions {
  CallOptions() = default;  // so that it may stand beside co_await
  /// The caller's own key, where the model is configured for passthrough.
  std::optional<Secret> api_key;
  /// Sent to the provider besides what is configured (traceparent, …).
  std::vector<std::pair<std::string, std::string>> headers;
  SteadyTime deadline = SteadyTime::max();
};

/// A language model that can be asked. Thread-safe: many calls at once, on any loop; cancelling the
/// caller ends the request.
///
/// Errors: unauthenticated and permission_denied (the key), invalid_argument (the provider refuses
/// the request; MODEL_CONTEXT_EXCEEDED when it is too long), resource_exhausted (rate or quota),
/// unavailable (cannot be reached, overloaded, cut), deadline_exceeded, internal/
/// INVALID_MODEL_ANSWER (not what the wire says). The message names provider and model, never a
/// key.
class Model {
 public:
  virtual ~Model() = default;
  /// `sink` may be null: then nothing is streamed if the provider allows that.
  virtual Async<Result<Answer>> generate(const Request& request, DeltaSink* sink,
                                         const CallOptions& options) = 0;
  /// Provider and model, for messages, traces and usage.
  [[nodiscard]] virtual const std::string& provider() const = 0;
  [[nodiscard]] virtual const std::string& name() const = 0;
};

struct Embeddings {
  std::vector<std::vector<float>> vectors;  // in the order of the texts, of one dimension
  Usage usage;
};

/// A model that turns texts into vectors. As Model.
class EmbeddingModel {
 public:
  virtual ~EmbeddingModel() = default;
  virtual Async<Result<Embeddings>> embed(const std::vector<std::string>& texts,
                                          const CallOptions& options) = 0;
  [[nodiscard]] virtual const std::string& name() const = 0;
};

}  // namespace flotilla::llm
