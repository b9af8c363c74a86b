#include "agents/text_statistics.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <unordered_map>
#include <utility>

#include <fmt/format.h>

#include "agents/text_words.h"

namespace flotilla::agents {
namespace {

using Kind = TextEvent::Kind;

constexpr std::array<std::string_view, 136> kStopWords = {
    "a",      "about",   "after", "again",   "against", "all",    "also",    "am",      "an",
    "and",    "any",     "are",   "aren't",  "as",      "at",     "be",      "because", "been",
    "before", "being",   "below", "between", "both",    "but",    "by",      "can",     "can't",
    "cannot", "could",   "did",   "didn't",  "do",      "does",   "doesn't", "doing",   "don't",
    "down",   "during",  "each",  "even",    "few",     "for",    "from",    "further", "get",
    "had",    "has",     "have",  "having",  "he",      "her",    "here",    "hers",    "herself",
    "him",    "himself", "his",   "how",     "i",       "i'd",    "i'll",    "i'm",     "i've",
    "if",     "in",      "into",  "is",      "isn't",   "it",     "it's",    "its",     "itself",
    "just",   "many",    "may",   "me",      "more",    "most",   "much",    "must",    "my",
    "no",     "nor",     "not",   "now",     "of",      "off",    "on",      "once",    "only",
    "or",     "other",   "our",   "out",     "over",    "own",    "same",    "she",     "should",
    "so",     "some",    "such",  "than",    "that",    "that's", "the",     "their",   "them",
    "then",   "there",   "these", "they",    "this",    "those",  "through", "to",      "too",
    "under",  "until",   "up",    "us",      "very",    "was",    "we",      "were",    "what",
    "when",   "where",   "which", "while",   "who",     "why",    "will",    "with",    "would",
    "you",
};
static_assert(std::ranges::is_sorted(kStopWords));

constexpr std::array<std::string_view, 12> kAbbreviations = {
    "approx", "cf", "dr", "etc", "fig", "mr", "mrs", "ms", "no", "prof", "st", "vs",
};
static_assert(std::ranges::is_sorted(kAbbreviations));

// What is longer is no word but data, and would fill the report.
constexpr std::size_t kLongestTerm = 64;

double rounded(double value, double unit) {
  return std::round(value * unit) / unit;
}

bool ends_sentence(char32_t c) {
  return c == '.' || c == '!' || c == '?' || c == 0x2026;
}
bool ends_sentence_at_once(char32_t c) {
  return c == 0x3002 || c == 0xff01 || c == 0xff1f;
}

bool closes(char32_t c) {
  return c == '"' || c == '\'' || c == ')' || c == ']' || c == 0x201d || c == 0x2019 || c == 0xbb;
}

// A plain vowel for one with an accent of Latin-1.
char plain_vowel(char32_t c) {
  if (c < 0x80) return static_cast<char>(c);
  if (c >= 0xe0 && c <= 0xe6) return 'a';
  if (c >= 0xe8 && c <= 0xeb) return 'a';  // an accented e is never silent
  if (c >= 0xec && c <= 0xef) return 'i';
  if ((c >= 0xf2 && c <= 0xf6) || c == 0xf8) return 'o';
  if (c >= 0xf9 && c <= 0xfc) return 'u';
  return c == 0xfd || c == 0xff ? 'y' : '-';
}

class Analysis {
 public:
  TextStatistics run(std::string_view text) {
    TextReader reader(text);
    TextEvent event = reader.next();
    for (; event.kind != Kind::end; event = reader.next()) read(event);
    finish_sentence();
    out_.characters = static_cast<std::int64_t>(reader.characters());
    summarise();
    return std::move(out_);
  }

 private:
  struct Term {
    std::string_view word;
    std::int64_t count;
    std::size_t order;
  };

  void read(TextEvent& event) {
    switch (event.kind) {
      case Kind::word:
        begin_text();
        read_word(event);
        break;
      case Kind::mark:
        begin_text();
        read_mark(event.mark);
        break;
      case Kind::line_end:
        if (!line_has_text_) blank_line_ = true;
        line_has_text_ = false;
        [[fallthrough]];
      default:
        if (sentence_may_end_) finish_sentence();
    }
  }

  void begin_text() {
    if (out_.paragraphs == 0 || blank_line_) {
      ++out_.paragraphs;
      finish_sentence();
      scorer_.end_clause();
    }
    blank_line_ = false;
    line_has_text_ = true;
  }

  void read_word(TextEvent& event) {
    sentence_may_end_ = false;
    ++out_.words;
    ++sentence_words_;
    letters_ += static_cast<std::int64_t>(event.letters);
    out_.syllables += count_syllables(event.word);
    scorer_.add_word(event.word);
    bool single =
        event.letters == 1 && event.word != "i" && event.word.size() == 1 && event.digits == 0;
    abbreviation_ =
        single || std::ranges::binary_search(kAbbreviations, std::string_view(event.word));
    ++counts_.try_emplace(std::move(event.word), Count{0, counts_.size()}).first->second.count;
  }

  void read_mark(char32_t mark) {
    bool quiet = closes(mark) || mark == '-' || mark == 0x2019;
    if (!quiet) scorer_.end_clause();
    if (ends_sentence_at_once(mark)) {
      finish_sentence();
    } else if (ends_sentence(mark)) {
      sentence_may_end_ = mark != '.' || !abbreviation_;
    } else if (!closes(mark)) {
      sentence_may_end_ = false;
    }
  }

  void finish_sentence() {
    sentence_may_end_ = false;
    if (sentence_words_ > 0) ++out_.sentences;
    sentence_words_ = 0;
  }

  void summarise() {
    out_.unique_words = static_cast<std::int64_t>(counts_.size());
    out_.sentiment = scorer_.result();
    collect_terms();
    if (out_.words == 0) return;
    auto words = static_cast<double>(out_.words);
    double per_sentence = words / static_cast<double>(out_.sentences);
    double per_word = static_cast<double>(out_.syllables) / words;
    out_.average_word_length = rounded(static_cast<double>(letters_) / words, 100);
    out_.words_per_sentence = rounded(per_sentence, 100);
    out_.reading_ease = rounded(206.835 - 1.015 * per_sentence - 84.6 * per_word, 10);
    out_.grade_level = rounded(0.39 * per_sentence + 11.8 * per_word - 15.59, 10);
    constexpr std::int64_t kWordsPerMinute = 200;
    out_.reading_time_seconds = (out_.words * 60 + kWordsPerMinute - 1) / kWordsPerMinute;
  }

  static bool is_term(std::string_view word) {
    bool letter = std::ranges::any_of(
        word, [](char c) { return !(c >= '0' && c <= '9') && c != '.' && c != ',' && c != '-'; });
    return letter && word.size() <= kLongestTerm && word.size() > first_character(word).bytes &&
           !std::ranges::binary_search(kStopWords, word);
  }

  void collect_terms() {
    std::vector<Term> terms;
    for (const auto& [word, count] : counts_) {
      if (is_term(word)) terms.push_back(Term{word, count.count, count.order});
    }
    std::size_t kept = std::min(kTopTerms, terms.size());
    std::ranges::partial_sort(terms, terms.begin() + static_cast<std::ptrdiff_t>(kept), {},
                              [](const Term& term) { return std::pair(-term.count, term.order); });
    for (std::size_t i = 0; i < kept; ++i) {
      out_.top_terms.push_back(TermCount{std::string(terms[i].word), terms[i].count});
    }
  }

  struct Count {
    std::int64_t count;
    std::size_t order;
  };

  TextStatistics out_;
  SentimentScorer scorer_;
  std::unordered_map<std::string, Count> counts_;
  std::int64_t letters_ = 0;
  std::int64_t sentence_words_ = 0;
  bool sentence_may_end_ = false;
  bool abbreviation_ = false;
  bool line_has_text_ = false;
  bool blank_line_ = false;
};

std::string_view ease_label(double ease) {
  if (ease >= 90) return "very easy";
  if (ease >= 70) return "easy";
  if (ease >= 60) return "plain";
  if (ease >= 50) return "fairly difficult";
  return ease >= 30 ? "difficult" : "very difficult";
}

std::string duration(std::int64_t seconds) {
  if (seconds < 60) return fmt::format("{} s", seconds);
  return fmt::format("{} min {} s", seconds / 60, seconds % 60);
}

}  // namespace

std::int64_t count_syllables(std::string_view word) {
  std::int64_t groups = 0;
  bool in_vowels = false;
  std::string plain;
  while (!word.empty()) {
    Character c = first_character(word);
    word.remove_prefix(c.bytes);
    char letter = plain_vowel(c.value);
    bool vowel = std::string_view("aeiouy").find(letter) != std::string_view::npos;
    if (vowel && !in_vowels) ++groups;
    in_vowels = vowel;
    plain += letter;
  }
  auto before = [&plain](std::size_t back) {
    return plain.size() >= back ? plain[plain.size() - back] : '\0';
  };
  auto consonant = [](char c) {
    return c != '\0' && std::string_view("aeiouy'-").find(c) == std::string_view::npos;
  };
  // A final e is silent, but for the le of "table"; so is the e of "walked" and "makes".
  bool silent_e =
      before(1) == 'e' && consonant(before(2)) && !(before(2) == 'l' && consonant(before(3)));
  bool silent_ed = plain.ends_with("ed") && consonant(before(3)) && before(3) != 't' &&
                   before(3) != 'd' && !(before(3) == 'l' && consonant(before(4)));
  bool silent_es = plain.ends_with("es") && consonant(before(3)) &&
                   std::string_view("sxzcg").find(before(3)) == std::string_view::npos &&
                   !plain.ends_with("shes") && !plain.ends_with("ches") &&
                   !(before(3) == 'l' && consonant(before(4)));
  if (silent_e || silent_ed || silent_es) --groups;
  return std::max<std::int64_t>(1, groups);
}

TextStatistics analyse(std::string_view utf8) {
  bool truncated = utf8.size() > kMaxAnalysedBytes;
  if (truncated) {
    std::size_t end = kMaxAnalysedBytes;
    // Not in the middle of a character.
    for (int i = 0; i < 3 && (static_cast<unsigned char>(utf8[end]) & 0xc0U) == 0x80; ++i) --end;
    utf8 = utf8.substr(0, end);
  }
  TextStatistics statistics = Analysis().run(utf8);
  statistics.truncated = truncated;
  return statistics;
}

std::string render(const TextStatistics& s) {
  if (s.words == 0) return fmt::format("No words found in {} characters.", s.characters);
  std::string terms;
  for (const TermCount& term : s.top_terms) {
    terms += fmt::format("{}{} ({})", terms.empty() ? "" : ", ", term.term, term.count);
  }
  std::string text = fmt::format(
      "Characters: {}\nWords: {} ({} different, {:.2f} letters on average)\nSentences: {} ({:.2f} "
      "words on average)\nParagraphs: {}\nReading ease: {:.1f} ({})\nGrade level: {:.1f}\nReading "
      "time: {}\nSentiment: {} ({:+.3f}; {} positive, {} negative)\nTop terms: {}",
      s.characters, s.words, s.unique_words, s.average_word_length, s.sentences,
      s.words_per_sentence, s.paragraphs, s.reading_ease, ease_label(s.reading_ease), s.grade_level,
      duration(s.reading_time_seconds), s.sentiment.label, s.sentiment.score,
      s.sentiment.positive_words, s.sentiment.negative_words, terms.empty() ? "none" : terms);
  if (s.truncated) text += fmt::format("\nOnly the first {} bytes were read.", kMaxAnalysedBytes);
  return text;
}

}  // namespace flotilla::agents
