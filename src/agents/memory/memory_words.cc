#include "agents/memory/memory_words.h"

#include <algorithm>
#include <array>
#include <cctype>

#include "agents/text_words.h"

namespace flotilla::agents {

namespace {

/// Only as much of a text is looked at: the rest of it seldom tells what it is about.
constexpr std::size_t kMaxLookedAt = std::size_t{16} << 10;
constexpr std::size_t kShortestStem = 4;

bool is_filler(std::string_view word) {
  static constexpr std::array<std::string_view, 62> kFillers{
      "a",     "about", "am",   "an",   "and",  "any",   "are",  "as",  "at",   "be",   "but",
      "by",    "can",   "did",  "do",   "does", "for",   "from", "had", "has",  "have", "he",
      "her",   "his",   "how",  "i",    "i'm",  "if",    "in",   "is",  "it",   "its",  "me",
      "my",    "no",    "not",  "of",   "on",   "or",    "our",  "she", "so",   "that", "the",
      "their", "them",  "then", "they", "this", "to",    "was",  "we",  "were", "what", "when",
      "where", "which", "who",  "will", "with", "would", "you"};
  return std::ranges::binary_search(kFillers, word);
}

bool is_ascii(std::string_view word) {
  return std::ranges::all_of(word, [](char c) { return static_cast<unsigned char>(c) < 0x80; });
}

std::string stem_of(std::string word) {
  if (!is_ascii(word)) return word;
  for (const std::string_view ending : {"ing", "ed", "es", "'s"}) {
    if (word.size() >= kShortestStem + ending.size() && word.ends_with(ending)) {
      word.resize(word.size() - ending.size());
      return word;
    }
  }
  // `teas` is `tea`; `gas`, `bus`, `glass` and `this` are no plurals.
  if (word.size() >= kShortestStem && word.ends_with('s') && !word.ends_with("ss") &&
      !word.ends_with("us") && !word.ends_with("is"))
    word.pop_back();
  return word;
}

bool fits(const std::string& word, std::string_view stem) {
  return word == stem || (stem.size() >= kShortestStem && word.starts_with(stem)) ||
         (word.size() == stem.size() + 1 && stem_of(word) == stem);
}

}  // namespace

QueryWords::QueryWords(std::string_view query) {
  TextReader reader(query.substr(0, kMaxLookedAt));
  for (auto event = reader.next(); event.kind != TextEvent::Kind::end; event = reader.next()) {
    if (event.kind != TextEvent::Kind::word || is_filler(event.word)) continue;
    auto stem = stem_of(std::move(event.word));
    if (std::ranges::find(stems_, stem) == stems_.end()) stems_.push_back(std::move(stem));
  }
  std::ranges::sort(stems_, [](const std::string& one, const std::string& other) {
    return one.size() != other.size() ? one.size() > other.size() : one < other;
  });
  if (stems_.size() > kMaxQueryWords) stems_.resize(kMaxQueryWords);
}

std::uint32_t QueryWords::in(std::string_view text) const {
  std::uint32_t found = 0;
  TextReader reader(text.substr(0, kMaxLookedAt));
  for (auto event = reader.next(); event.kind != TextEvent::Kind::end; event = reader.next()) {
    if (event.kind != TextEvent::Kind::word) continue;
    for (std::size_t i = 0; i < stems_.size(); ++i) {
      if (fits(event.word, stems_[i])) found |= 1U << i;
    }
  }
  return found;
}

std::vector<std::string> QueryWords::patterns() const {
  std::vector<std::string> patterns;
  for (const std::string& stem : stems_) {
    std::string pattern;
    for (std::string_view rest = stem; !rest.empty();) {
      const auto next = first_character(rest);
      // Beyond ASCII, `_`: the column may have it in upper case.
      if (next.value < 0x80)
        pattern += rest.front();
      else
        pattern += is_ideograph(next.value) ? rest.substr(0, next.bytes) : "_";
      rest.remove_prefix(next.bytes);
    }
    patterns.push_back("%" + pattern + "%");
  }
  return patterns;
}

std::string like_pattern(std::string_view text) {
  std::string pattern = "%";
  for (const char c : text) {
    if (c == '%' || c == '_' || c == '\\') pattern += '\\';
    pattern += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  }
  return pattern + "%";
}

}  // namespace flotilla::agents
