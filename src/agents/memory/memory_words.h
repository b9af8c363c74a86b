#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace flotilla::agents {

inline constexpr std::size_t kMaxQueryWords = 12;

/// The words of a query that tell something: lower case, without English endings and without words
/// that are in every text; the longest twelve.
class QueryWords {
 public:
  explicit QueryWords(std::string_view query);
  [[nodiscard]] bool empty() const { return stems_.empty(); }
  [[nodiscard]] std::size_t size() const { return stems_.size(); }
  /// Bit i: the text has word i, whole or with an ending.
  [[nodiscard]] std::uint32_t in(std::string_view text) const;
  /// For each word a LIKE pattern that a lower-cased text with it fits: it may fit more, as the
  /// store folds only the case of ASCII.
  [[nodiscard]] std::vector<std::string> patterns() const;

 private:
  std::vector<std::string> stems_;
};

/// What holds the text, as LIKE … ESCAPE '\' says it to a lower-cased column.
std::string like_pattern(std::string_view text);

}  // namespace flotilla::agents
