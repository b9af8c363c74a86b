#include "agents/sentiment.h"

#include <string>
#include <string_view>

#include <gtest/gtest.h>

namespace flotilla::agents {
namespace {

// Words split at spaces; a comma ends a clause.
Sentiment judge(std::string_view text) {
  SentimentScorer scorer;
  while (!text.empty()) {
    std::size_t end = std::min(text.find_first_of(" ,"), text.size());
    if (end > 0) scorer.add_word(text.substr(0, end));
    if (end < text.size() && text[end] == ',') scorer.end_clause();
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return scorer.result();
}

TEST(Sentiment, labels) {
  struct Case {
    std::string_view text;
    std::string_view label;
  };
  for (const Case& c : {Case{"this is wonderful", "positive"},
                        {"this is terrible", "negative"},
                        {"the table is round", "neutral"},
                        {"", "neutral"},
                        {"not good", "negative"},
                        {"it is not a very good idea", "negative"},
                        {"i don't like it", "negative"},
                        {"it isn't bad", "positive"},
                        {"never disappointing", "positive"},
                        {"no, it was great", "positive"},
                        {"the service was helpful", "positive"},
                        {"the server crashed and i am frustrated", "negative"},
                        {"it is likely to rain", "neutral"},
                        {"he loves winning", "positive"}}) {
    EXPECT_EQ(judge(c.text).label, c.label) << c.text;
  }
}

TEST(Sentiment, intensifiers_scale) {
  double plain = judge("it is good").score;
  EXPECT_GT(judge("it is very good").score, plain);
  EXPECT_LT(judge("it is slightly good").score, plain);
  EXPECT_GT(judge("it is slightly good").score, 0);
  EXPECT_LT(judge("it is very bad").score, judge("it is bad").score);
}

TEST(Sentiment, negation_reaches_three_words_and_no_further) {
  EXPECT_LT(judge("not in any good").score, 0);
  EXPECT_GT(judge("not in any of good").score, 0);
}

TEST(Sentiment, negation_weakens) {
  EXPECT_LT(-judge("not excellent").score, judge("excellent").score);
}

TEST(Sentiment, stays_within_bounds) {
  SentimentScorer praise;
  SentimentScorer blame;
  for (int i = 0; i < 100000; ++i) {
    praise.add_word("awesome");
    blame.add_word("horrific");
  }
  EXPECT_LE(praise.result().score, 1);
  EXPECT_GT(praise.result().score, 0.99);
  EXPECT_GE(blame.result().score, -1);
  EXPECT_EQ(praise.result().positive_words, 100000);
  EXPECT_EQ(blame.result().negative_words, 100000);
}

TEST(Sentiment, mixed_words_cancel) {
  Sentiment s = judge("good but bad");
  EXPECT_EQ(s.score, 0);
  EXPECT_EQ(s.label, "neutral");
  EXPECT_EQ(s.positive_words, 1);
  EXPECT_EQ(s.negative_words, 1);
}

}  // namespace
}  // namespace flotilla::agents
