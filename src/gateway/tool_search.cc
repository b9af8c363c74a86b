#include "gateway/tool_search.h"

#include <algorithm>
#include <cctype>
#include <cmath>
#include <numeric>

namespace flotilla::gateway {
namespace {

// The usual constants of BM25.
constexpr double kSaturation = 1.2;
constexpr double kLengthShare = 0.75;

constexpr std::size_t kQuery = 1024;  // bytes of a query that count

constexpr std::uint32_t kNameWeight = 4;
constexpr std::uint32_t kTitleWeight = 3;
constexpr std::uint32_t kTextWeight = 2;
constexpr std::uint32_t kParameterWeight = 1;

constexpr std::string_view kIgnored[] = {"a",  "an", "and", "by", "for", "from", "in",
                                         "is", "of", "on",  "or", "the", "to",   "with"};

bool is_letter(char c) {
  return std::isalnum(static_cast<unsigned char>(c)) != 0 || static_cast<unsigned char>(c) >= 0x80;
}

void drop_plural(std::string& word) {
  if (word.size() > 4 && word.ends_with("ies")) {
    word.replace(word.size() - 3, 3, "y");
  } else if (word.size() > 3 && word.ends_with('s') && !word.ends_with("ss")) {
    word.pop_back();
  }
}

void flush(std::string& word, std::vector<std::string>& words) {
  drop_plural(word);
  if (!word.empty() && std::ranges::find(kIgnored, word) == std::end(kIgnored))
    words.push_back(word);
  word.clear();
}

std::vector<std::string> words_of(std::string_view text) {
  std::vector<std::string> words;
  std::string word;
  char before = ' ';
  for (const char c : text) {
    const bool begins = std::isupper(static_cast<unsigned char>(c)) != 0 &&
                        std::islower(static_cast<unsigned char>(before)) != 0;
    if (begins || !is_letter(c)) flush(word, words);
    if (is_letter(c)) word += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    before = c;
  }
  flush(word, words);
  return words;
}

std::string_view text_at(const json::Object& object, std::string_view name) {
  const auto* value = object.find(name);
  const auto* text = value == nullptr ? nullptr : value->if_string();
  return text == nullptr ? std::string_view() : std::string_view(*text);
}

const json::Object* object_at(const json::Object& object, std::string_view name) {
  const auto* value = object.find(name);
  return value == nullptr ? nullptr : value->if_object();
}

}  // namespace

void ToolSearch::add_text(std::string_view text, std::uint32_t weight) {
  const auto tool = static_cast<std::uint32_t>(lengths_.size() - 1);
  for (auto& word : words_of(text)) {
    auto& postings = postings_[std::move(word)];
    if (postings.empty() || postings.back().tool != tool) postings.push_back({tool, 0});
    postings.back().weight += weight;
    lengths_.back() += weight;
    total_length_ += weight;
  }
}

void ToolSearch::add(const json::Value& definition) {
  lengths_.push_back(0);
  const auto* tool = definition.if_object();
  if (tool == nullptr) return;
  add_text(text_at(*tool, "name"), kNameWeight);
  add_text(text_at(*tool, "title"), kTitleWeight);
  add_text(text_at(*tool, "description"), kTextWeight);
  const auto* schema = object_at(*tool, "inputSchema");
  const auto* properties = schema == nullptr ? nullptr : object_at(*schema, "properties");
  if (properties == nullptr) return;
  for (const auto& [name, one] : properties->members()) {
    add_text(name, kParameterWeight);
    if (const auto* property = one.if_object())
      add_text(text_at(*property, "description"), kParameterWeight);
  }
}

std::vector<std::size_t> ToolSearch::find(std::string_view query, std::size_t limit) const {
  auto words = words_of(query.substr(0, kQuery));
  std::ranges::sort(words);
  words.erase(std::ranges::unique(words).begin(), words.end());
  std::vector<std::size_t> found(lengths_.size());
  std::iota(found.begin(), found.end(), std::size_t{0});
  if (words.empty()) {
    found.resize(std::min(limit, found.size()));
    return found;
  }
  const auto count = static_cast<double>(lengths_.size());
  const double mean = std::max(1.0, static_cast<double>(total_length_) / std::max(1.0, count));
  std::vector<double> scores(lengths_.size(), 0);
  for (const auto& word : words) {
    const auto known = postings_.find(word);
    if (known == postings_.end()) continue;
    const auto having = static_cast<double>(known->second.size());
    const double rarity = std::log(1 + (count - having + 0.5) / (having + 0.5));
    for (const auto& posting : known->second) {
      const double weight = posting.weight;
      const double length = lengths_[posting.tool] / mean;
      scores[posting.tool] += rarity * weight * (kSaturation + 1) /
                              (weight + kSaturation * (1 - kLengthShare + kLengthShare * length));
    }
  }
  std::erase_if(found, [&scores](std::size_t tool) { return scores[tool] <= 0; });
  std::ranges::sort(found, [&scores](std::size_t a, std::size_t b) {
    return scores[a] != scores[b] ? scores[a] > scores[b] : a < b;
  });
  found.resize(std::min(limit, found.size()));
  return found;
}

}  // namespace flotilla::gateway
