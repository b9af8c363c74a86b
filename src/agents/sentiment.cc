#include "agents/sentiment.h"

#include <algorithm>
#include <cmath>
#include <unordered_map>

namespace flotilla::agents {
namespace {

struct Words {
  double weight;
  std::string_view list;
};

// Inflections that only add s, d, ed, ly or ing are found by their stem; weight 0 shields words
// whose stem means something else.
constexpr std::array kLexicon = {
    Words{4,
          "awesome brilliant excellent exceptional fantastic magnificent marvellous marvelous "
          "outstanding perfect perfection superb wonderful"},
    Words{3,
          "adore amazing beautiful best bliss celebrate champion delicious delight delighted "
          "delightful ecstatic elated fabulous flawless genius glorious gorgeous great incredible "
          "inspiring joy joyful love loved lovely loving masterpiece paradise phenomenal "
          "remarkable spectacular splendid stunning terrific thrilled thrilling triumph win "
          "winner winning"},
    Words{2,
          "admire advantage appreciate appreciated attractive benefit beneficial better bless "
          "blessing bright calm caring charming cheer cheerful clean clever comfort comfortable "
          "compassion confident congratulations convenient cool courage courageous creative "
          "cute dependable eager easy effective efficient elegant encourage encouraging energetic "
          "enjoy enjoyable enjoyed enthusiastic excited excitement exciting favorite favourite "
          "friendly fun funny generous gentle glad good grateful gratitude happily happiness "
          "happy harmony healthy help helpful hero honest honor honour hope hopeful hug impress "
          "impressed impressive improve improved improvement innovative intelligent inspire "
          "kind kindness laugh lucky merry nice optimistic passion peace peaceful pleasant "
          "please pleased pleasure polite praise pride productive proud recommend refreshing "
          "relaxed reliable relief respect reward rewarding robust romantic safe satisfied "
          "satisfying secure sincere smart smile smooth solved strong succeed succeeded success "
          "successful sunny support supportive sweet talented thank thankful thanks tidy "
          "treasure trust trusted useful valuable victory vibrant warm welcome wise worth "
          "worthy wow yay"},
    Words{1,
          "accept accurate active agree allow approve available clear correct fair fast fine "
          "fix fixed free fresh gain gift interested interesting like modern neat new ok okay "
          "prefer promising quick ready right simple solid stable thoughtful vivid well works yes"},
    Words{0,
          "fined goods goodbye likely unlikely lately newly news wells winds "
          "kinds"},
    Words{-1,
          "alone ambiguous avoid blame bored boring bug busy complicated confuse confused "
          "confusing costly delay delayed deny difficult dislike disliked doubt dull expensive "
          "fault forget forgot hard ignore issue lack lacking late leak limited lonely long "
          "loose lost mediocre miss missed missing nervous noisy odd outdated pity problem "
          "refuse risk risky rough sadly slow sorry strange stuck tired tough uncertain unclear "
          "uneasy unsure wait weak weird wrong worry worried worrying"},
    Words{-2,
          "abandon accident afraid aggressive angry annoy annoyed annoying anxious argue "
          "ashamed attack awkward bad bitter bother broke broken burden careless chaos cheat "
          "clumsy cold-hearted complain complaint conflict corrupt crash crashed crazy crisis "
          "criticism cry cried crying cruel damage damaged danger dangerous dead death defeat "
          "defect defective depressed depressing despair dirty disagree disappoint disappointed "
          "disappointing disappointment dishonest disturbing embarrassed embarrassing "
          "error exhausted fail failed failure fake fear fearful fight flawed foolish fool "
          "fraud frustrate frustrated frustrating frustration gloomy greedy grief guilty harm "
          "harmful harsh helpless hopeless hostile hurt hurtful ill inferior insecure insult "
          "irritate irritated irritating jealous kill lazy liar lie lied lose loser losing loss "
          "mad mess messy misery mistake misleading nasty negative offend offensive pain painful "
          "panic pathetic poor reject rejected resent rude ruin ruined sad sadness scam scare "
          "scared scary selfish shame shameful sick stress stressed stressful stupid suffer "
          "suffering terror threat toxic trouble ugly unfair unfortunate unfortunately unhappy "
          "unhelpful unpleasant unreliable unsafe unstable upset useless vulnerable waste "
          "wasted worse worthless"},
    Words{-3,
          "abuse abusive agony appalling atrocious awful catastrophe catastrophic devastated "
          "devastating disaster disastrous disgust disgusted disgusting dreadful evil furious "
          "garbage hate hated hateful hatred hell horrible horrified horror murder nightmare "
          "outrage outraged outrageous rage repulsive terrible terrified terrifying torture "
          "tragedy tragic violence violent vile worst"},
    Words{-4, "abysmal despicable excruciating horrendous horrific monstrous"},
};

constexpr std::string_view kNegations =
    "not no never none nobody nothing neither nor nowhere cannot cant dont doesnt didnt isnt wasnt "
    "wont wouldnt shouldnt couldnt without lacks";
constexpr std::string_view kStrengthening =
    "very really extremely incredibly absolutely totally completely utterly highly especially "
    "exceptionally remarkably so too truly deeply hugely super most more particularly quite such";
constexpr std::string_view kWeakening =
    "slightly somewhat fairly rather bit little partly barely hardly scarcely kinda sorta almost "
    "less mildly moderately";

constexpr double kNegationFactor = -0.74;
constexpr double kStrength = 0.3;
// The score reaches about 0.7 at a sum of 4 and nears 1 slowly, whatever the length.
constexpr double kSaturation = 15;

template <class Add>
void for_each_word(std::string_view list, Add add) {
  while (!list.empty()) {
    std::size_t end = std::min(list.find(' '), list.size());
    if (end > 0) add(list.substr(0, end));
    list.remove_prefix(std::min(end + 1, list.size()));
  }
}

using Weights = std::unordered_map<std::string_view, double>;

const Weights& lexicon() {
  static const Weights weights = [] {
    Weights built;
    for (const Words& words : kLexicon) {
      for_each_word(words.list, [&](std::string_view word) { built.emplace(word, words.weight); });
    }
    return built;
  }();
  return weights;
}

// Strength for the words after it; negations have none.
struct Modifier {
  bool negation = false;
  double strength = 0;
};

const std::unordered_map<std::string_view, Modifier>& modifiers() {
  static const std::unordered_map<std::string_view, Modifier> known = [] {
    std::unordered_map<std::string_view, Modifier> built;
    for_each_word(kNegations, [&](std::string_view w) { built.emplace(w, Modifier{true, 0}); });
    for_each_word(kStrengthening,
                  [&](std::string_view w) { built.emplace(w, Modifier{false, kStrength}); });
    for_each_word(kWeakening,
                  [&](std::string_view w) { built.emplace(w, Modifier{false, -kStrength}); });
    return built;
  }();
  return known;
}

double weight_of(std::string_view word) {
  const Weights& weights = lexicon();
  if (auto found = weights.find(word); found != weights.end()) return found->second;
  constexpr std::size_t kShortestStem = 3;
  for (std::string_view ending : {"s", "d", "ed", "ly", "ing"}) {
    if (!word.ends_with(ending) || word.size() < ending.size() + kShortestStem) continue;
    auto found = weights.find(word.substr(0, word.size() - ending.size()));
    if (found != weights.end()) return found->second;
  }
  return 0;
}

Modifier modifier_of(std::string_view word) {
  if (word.ends_with("n't")) return Modifier{true, 0};
  const auto& known = modifiers();
  auto found = known.find(word);
  return found == known.end() ? Modifier{} : found->second;
}

}  // namespace

void SentimentScorer::add_word(std::string_view word) {
  Modifier modifier = modifier_of(word);
  bool modifies = modifier.negation || modifier.strength != 0;
  if (double weight = modifies ? 0 : weight_of(word); weight != 0) {
    double factor = 1 + before_[0].strength + before_[1].strength / 2;
    bool negated = std::ranges::any_of(before_, &Before::negation);
    weight *= factor * (negated ? kNegationFactor : 1);
    total_ += weight;
    (weight > 0 ? positive_ : negative_) += 1;
  }
  std::ranges::rotate(before_, before_.end() - 1);
  before_[0] = Before{modifier.negation, modifier.strength};
}

void SentimentScorer::end_clause() {
  before_ = {};
}

Sentiment SentimentScorer::result() const {
  Sentiment sentiment;
  double score = total_ / std::sqrt(total_ * total_ + kSaturation);
  sentiment.score = std::round(score * 1000) / 1000;
  if (sentiment.score == 0) sentiment.score = 0;  // never shown as -0
  constexpr double kNeutral = 0.05;
  if (sentiment.score >= kNeutral) sentiment.label = "positive";
  if (sentiment.score <= -kNeutral) sentiment.label = "negative";
  sentiment.positive_words = positive_;
  sentiment.negative_words = negative_;
  return sentiment;
}

}  // namespace flotilla::agents
