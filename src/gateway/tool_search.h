#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "json/value.h"

namespace flotilla::gateway {

/// Finds tools by words: BM25 over name, title, description and the names and descriptions of
/// their parameters, the name counting most. Words are split at `_`, `-` and capitals and lose
/// their plural, so `listPullRequests` is found by "pull request".
class ToolSearch {
 public:
  /// A tool's definition; tools are numbered as they come.
  void add(const json::Value& definition);
  /// The best ones, best first; only those that share a word with the query. With a query of no
  /// words: the first ones.
  [[nodiscard]] std::vector<std::size_t> find(std::string_view query, std::size_t limit) const;
  [[nodiscard]] std::size_t size() const { return lengths_.size(); }

 private:
  struct Posting {
    std::uint32_t tool = 0;
    std::uint32_t weight = 0;
  };
  void add_text(std::string_view text, std::uint32_t weight);

  std::unordered_map<std::string, std::vector<Posting>> postings_;
  std::vector<std::uint32_t> lengths_;
  std::uint64_t total_length_ = 0;
};

}  // namespace flotilla::gateway
