#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace flotilla::agents {

inline constexpr std::chrono::milliseconds kMaxEchoDelay = std::chrono::seconds(60);
inline constexpr std::size_t kMaxEchoChunks = 1000;
inline constexpr std::size_t kMaxEchoSize = 1U << 20U;

/// What the echo agent does with one message. Made by parse_echo() from the text alone, so that
/// after a restart the same text gives the same chunks.
struct EchoPlan {
  enum class Outcome : std::uint8_t { complete, ask, authenticate, fail, reject, wait };

  /// How the turn ends after its chunks; `wait` works on until it is cancelled.
  Outcome outcome = Outcome::complete;
  /// Answers with a bare message instead of a task.
  bool bare_message = false;
  /// Before each chunk.
  std::chrono::milliseconds delay{0};
  /// The question, or the reason of failure or rejection; may be empty.
  std::string note;
  /// What is echoed, without the directives.
  std::string text;

  [[nodiscard]] std::size_t chunk_count() const { return chunks_; }
  /// Chunk k, from 0; beyond the last it is empty. In order they make up the echoed text, unless
  /// that has fewer characters than there are chunks: then each is "chunk 1", "chunk 2", …
  [[nodiscard]] std::string chunk(std::size_t k) const;

  /// Splits the text into chunks, cut or padded to `size` bytes first; size 0 leaves it as it is.
  void divide(std::size_t chunks, std::size_t size);

 private:
  std::size_t chunks_ = 1;
  // Offsets where the chunks begin, and the end; empty for numbered ones.
  std::vector<std::size_t> cuts_;
};

/// Directives are the leading words of the text, in any order, in lower case:
///
///   delay=200ms (or 2s; at most 60s)  chunks=5 (at most 1000)  size=65536 (or 64k; at most 1m)
///   ask[=QUESTION]  fail[=REASON]  reject[=REASON]  auth  wait  message
///
/// A value with blanks is written in double quotes: ask="Which one?". At most one of ask, fail,
/// reject, auth, wait and message. The first other word begins the text, as does what follows the
/// word `--`, which is dropped. A known key with a bad value is an invalid_argument Error naming
/// it.
Result<EchoPlan> parse_echo(std::string_view text);

}  // namespace flotilla::agents
