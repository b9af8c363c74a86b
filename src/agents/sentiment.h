#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include <boost/describe.hpp>

namespace flotilla::agents {

/// How friendly a text sounds, by a lexicon of English words.
struct Sentiment {
  /// From -1 to 1.
  double score = 0;
  /// positive (from 0.05), negative (from -0.05 down) or neutral.
  std::string label = "neutral";
  std::int64_t positive_words = 0;
  std::int64_t negative_words = 0;
};
BOOST_DESCRIBE_STRUCT(Sentiment, (), (score, label, positive_words, negative_words))

/// Collects one text word by word. A negation within the three words before turns a word's weight
/// round and weakens it ("not very good"); "very", "slightly" and their like scale the next word.
/// Punctuation ends the reach of both. A value without threads or I/O.
class SentimentScorer {
 public:
  /// Lower case, apostrophes as '.
  void add_word(std::string_view word);
  /// At punctuation.
  void end_clause();
  [[nodiscard]] Sentiment result() const;

 private:
  struct Before {
    bool negation = false;
    double strength = 0;
  };

  std::array<Before, 3> before_{};  // the latest first
  double total_ = 0;
  std::int64_t positive_ = 0;
  std::int64_t negative_ = 0;
};

}  // namespace flotilla::agents
