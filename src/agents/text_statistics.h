#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <boost/describe.hpp>

#include "agents/sentiment.h"

namespace flotilla::agents {

inline constexpr std::size_t kMaxAnalysedBytes = 1U << 20U;
inline constexpr std::size_t kTopTerms = 10;

struct TermCount {
  std::string term;
  std::int64_t count = 0;
};
BOOST_DESCRIBE_STRUCT(TermCount, (), (term, count))

/// What can be counted in a text. Syllables, readability and sentiment are made for English.
struct TextStatistics {
  std::int64_t characters = 0;  // code points; a byte that is not UTF-8 counts as one
  std::int64_t words = 0;
  std::int64_t unique_words = 0;
  std::int64_t sentences = 0;
  std::int64_t paragraphs = 0;  // separated by blank lines
  std::int64_t syllables = 0;
  double average_word_length = 0;
  double words_per_sentence = 0;
  double reading_ease = 0;                // Flesch; 0 without words
  double grade_level = 0;                 // Flesch-Kincaid; 0 without words
  std::int64_t reading_time_seconds = 0;  // at 200 words a minute, rounded up
  std::vector<TermCount> top_terms;       // most frequent first, then in order of appearance
  Sentiment sentiment;
  bool truncated = false;  // only the first kMaxAnalysedBytes were read
};
BOOST_DESCRIBE_STRUCT(TextStatistics, (),
                      (characters, words, unique_words, sentences, paragraphs, syllables,
                       average_word_length, words_per_sentence, reading_ease, grade_level,
                       reading_time_seconds, top_terms, sentiment, truncated))

/// Never fails; linear in the text.
TextStatistics analyse(std::string_view utf8);
/// For a person to read, some ten lines.
std::string render(const TextStatistics& statistics);

/// Syllables of a lower-case English word, at least 1.
std::int64_t count_syllables(std::string_view word);

}  // namespace flotilla::agents
