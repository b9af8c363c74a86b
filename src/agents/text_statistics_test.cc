#include "agents/text_statistics.h"

#include <string>
#include <string_view>

#include <gtest/gtest.h>

#include "agents/text_words.h"

namespace flotilla::agents {
namespace {

TEST(TextStatistics, empty_text_has_nothing) {
  for (std::string_view text : {"", "   \n\n ", "!!! … ---"}) {
    TextStatistics s = analyse(text);
    EXPECT_EQ(s.words, 0) << text;
    EXPECT_EQ(s.sentences, 0) << text;
    EXPECT_EQ(s.reading_ease, 0) << text;
    EXPECT_TRUE(s.top_terms.empty()) << text;
    EXPECT_EQ(s.sentiment.label, "neutral") << text;
  }
  EXPECT_EQ(analyse("").paragraphs, 0);
  EXPECT_EQ(render(analyse("  ")), "No words found in 2 characters.");
}

struct Counts {
  std::string_view text;
  std::int64_t words;
  std::int64_t sentences;
  std::int64_t paragraphs;
};

TEST(TextStatistics, counts_words_sentences_and_paragraphs) {
  for (const Counts& c : {
           Counts{"Hello world", 2, 1, 1},
           {"One. Two! Three?", 3, 3, 1},
           {"Really?! Yes...", 2, 2, 1},
           {"He said \"stop.\" Then he left.", 6, 2, 1},
           {"Pi is 3.14, or 1,000 less.", 6, 1, 1},
           {"Dr. Smith met Mr. Jones, e.g. on Monday. Fine.", 10, 2, 1},
           {"It was I. Who else?", 5, 2, 1},
           {"don't well-known it’s", 3, 1, 1},
           {"see https://example.com now", 5, 1, 1},
           {"First.\n\nSecond", 2, 2, 2},
           {"A title\n\nText below", 4, 2, 2},
           {"one\ntwo", 2, 1, 1},
           {"one\r\n \r\ntwo", 2, 2, 2},
           {"\n\n\none\n\n\n\ntwo\n\n", 2, 2, 2},
           {"你好。世界", 4, 2, 1},
           {"Привет, мир!", 2, 1, 1},
           {"- one\n- two", 2, 1, 1},
       }) {
    TextStatistics s = analyse(c.text);
    EXPECT_EQ(s.words, c.words) << c.text;
    EXPECT_EQ(s.sentences, c.sentences) << c.text;
    EXPECT_EQ(s.paragraphs, c.paragraphs) << c.text;
  }
}

TEST(TextStatistics, counts_code_points_and_survives_invalid_bytes) {
  EXPECT_EQ(analyse("né 😀").characters, 4);
  EXPECT_EQ(analyse("né").average_word_length, 2);
  TextStatistics s = analyse("abc \xff\xfe de\xc3 \xe2\x82");
  EXPECT_EQ(s.characters, 13);
  EXPECT_EQ(s.words, 2);
}

TEST(TextStatistics, averages_and_readability) {
  TextStatistics s = analyse("The cat sat on the mat. The dog ran.");
  EXPECT_EQ(s.words, 9);
  EXPECT_EQ(s.syllables, 9);
  EXPECT_EQ(s.unique_words, 7);
  EXPECT_DOUBLE_EQ(s.average_word_length, 2.89);
  EXPECT_DOUBLE_EQ(s.words_per_sentence, 4.5);
  EXPECT_DOUBLE_EQ(s.reading_ease, 117.7);
  EXPECT_DOUBLE_EQ(s.grade_level, -2);
  EXPECT_EQ(s.reading_time_seconds, 3);
}

TEST(TextStatistics, harder_text_has_a_higher_grade) {
  TextStatistics easy = analyse("We like the sun. It is warm. We play all day.");
  TextStatistics hard = analyse(
      "Contemporary organizational methodologies necessitate interdisciplinary collaboration, "
      "notwithstanding considerable administrative impediments.");
  EXPECT_GT(easy.reading_ease, hard.reading_ease + 50);
  EXPECT_LT(easy.grade_level + 10, hard.grade_level);
}

TEST(TextStatistics, syllables) {
  struct Case {
    std::string_view word;
    std::int64_t syllables;
  };
  for (const Case& c : {Case{"cat", 1},
                        {"table", 2},
                        {"make", 1},
                        {"makes", 1},
                        {"walked", 1},
                        {"wanted", 2},
                        {"boxes", 2},
                        {"the", 1},
                        {"readability", 5},
                        {"rhythm", 1},
                        {"café", 2},
                        {"42", 1},
                        {"tables", 2},
                        {"beautiful", 3},
                        {"hmm", 1}}) {
    EXPECT_EQ(count_syllables(c.word), c.syllables) << c.word;
  }
}

TEST(TextStatistics, top_terms_skip_stop_words_and_keep_order) {
  TextStatistics s =
      analyse("The pump and the valve: pump, valve, PUMP, seal. It is 42 and 7. Öl öl");
  ASSERT_EQ(s.top_terms.size(), 4U);
  EXPECT_EQ(s.top_terms[0].term, "pump");
  EXPECT_EQ(s.top_terms[0].count, 3);
  EXPECT_EQ(s.top_terms[1].term, "valve");
  EXPECT_EQ(s.top_terms[2].term, "öl");
  EXPECT_EQ(s.top_terms[2].count, 2);
  EXPECT_EQ(s.top_terms[3].term, "seal");
  std::string many;
  for (char c = 'a'; c <= 'z'; ++c) many += std::string(3, c) + " ";
  s = analyse(many);
  ASSERT_EQ(s.top_terms.size(), kTopTerms);
  EXPECT_EQ(s.top_terms[0].term, "aaa");
  EXPECT_EQ(s.top_terms[9].term, "jjj");
}

TEST(TextStatistics, input_is_bounded) {
  std::string text;
  while (text.size() < kMaxAnalysedBytes + 100) text += "wörter ";
  TextStatistics s = analyse(text);
  EXPECT_TRUE(s.truncated);
  EXPECT_LE(s.characters, static_cast<std::int64_t>(kMaxAnalysedBytes));
  EXPECT_NE(render(s).find("Only the first"), std::string::npos);
  EXPECT_FALSE(analyse(text.substr(0, kMaxAnalysedBytes)).truncated);
  TextStatistics one = analyse(std::string(kMaxAnalysedBytes, 'a'));
  EXPECT_EQ(one.words, 1);
  EXPECT_TRUE(one.top_terms.empty());
}

TEST(TextStatistics, sentiment_comes_with_it) {
  TextStatistics s = analyse("The food was great. I loved the place!");
  EXPECT_EQ(s.sentiment.label, "positive");
  EXPECT_EQ(s.sentiment.positive_words, 2);
}

TEST(TextStatistics, renders_for_people) {
  EXPECT_EQ(render(analyse("The cat sat on the mat. The dog was happy.")),
            "Characters: 42\n"
            "Words: 10 (8 different, 3.10 letters on average)\n"
            "Sentences: 2 (5.00 words on average)\n"
            "Paragraphs: 1\n"
            "Reading ease: 108.7 (very easy)\n"
            "Grade level: -0.7\n"
            "Reading time: 3 s\n"
            "Sentiment: positive (+0.459; 1 positive, 0 negative)\n"
            "Top terms: cat (1), sat (1), mat (1), dog (1), happy (1)");
}

TEST(TextWords, lower_case_of_several_scripts) {
  struct Case {
    char32_t upper;
    char32_t lower;
  };
  for (const Case& c : {Case{U'A', U'a'},
                        {U'Z', U'z'},
                        {U'Ä', U'ä'},
                        {U'×', U'×'},
                        {U'Ő', U'ő'},
                        {U'Ł', U'ł'},
                        {U'Ž', U'ž'},
                        {U'Ω', U'ω'},
                        {U'Я', U'я'},
                        {U'Ё', U'ё'},
                        {U'ß', U'ß'},
                        {U'ı', U'ı'},
                        {U'中', U'中'}}) {
    EXPECT_EQ(lower_case(c.upper), c.lower);
    EXPECT_EQ(lower_case(c.lower), c.lower);
  }
}

TEST(TextWords, encodes_what_it_decodes) {
  for (char32_t c :
       {U'a', U'é', U'€', U'😀', char32_t{0x7ff}, char32_t{0x800}, char32_t{0x10ffff}}) {
    std::string bytes;
    append_utf8(bytes, c);
    Character read = first_character(bytes);
    EXPECT_EQ(read.value, c);
    EXPECT_EQ(read.bytes, bytes.size());
  }
}

}  // namespace
}  // namespace flotilla::agents
