#include "agents/memory/memory_command.h"

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include <fmt/format.h>

namespace flotilla::agents {
namespace {

constexpr std::string_view kSpace = " \t\r\n\f\v";

enum class Verb { store, recall, search, list, forget, help };

struct Spelling {
  std::string_view word;
  Verb verb;
};

constexpr std::array kVerbs = {
    Spelling{"store", Verb::store},   Spelling{"remember", Verb::store},
    Spelling{"save", Verb::store},    Spelling{"set", Verb::store},
    Spelling{"recall", Verb::recall}, Spelling{"retrieve", Verb::recall},
    Spelling{"get", Verb::recall},    Spelling{"search", Verb::search},
    Spelling{"find", Verb::search},   Spelling{"list", Verb::list},
    Spelling{"forget", Verb::forget}, Spelling{"delete", Verb::forget},
    Spelling{"remove", Verb::forget}, Spelling{"help", Verb::help},
    Spelling{"?", Verb::help},
};

std::string_view trimmed(std::string_view text) {
  std::size_t first = text.find_first_not_of(kSpace);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kSpace) - first + 1);
}

bool is_space(char c) {
  return kSpace.find(c) != std::string_view::npos;
}

std::string lower(std::string_view text) {
  std::string result(text);
  for (char& c : result) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return result;
}

std::unexpected<Error> refuse(std::string_view what) {
  return fail(
      Error(Code::invalid_argument, fmt::format("{}. I understand:\n{}", what, memory_help())));
}

/// What is taken for a key at once; {"a" before ": 1}" is rather the beginning of a value.
bool plain_word(std::string_view key) {
  return !key.empty() && std::ranges::all_of(key, [](char c) {
    bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    return letter || static_cast<unsigned char>(c) >= 0x80 || c == '_' || c == '-' || c == '.' ||
           c == '/';
  });
}

bool one_word(std::string_view key) {
  return !key.empty() && std::ranges::none_of(key, is_space);
}

Result<std::string> checked_key(std::string_view key) {
  key = trimmed(key);
  if (key.empty()) return refuse("The key is missing");
  if (key.size() > kMaxMemoryKeyBytes) {
    return refuse(
        fmt::format("The key has {} bytes; at most {} are kept", key.size(), kMaxMemoryKeyBytes));
  }
  bool control = std::ranges::any_of(key, [](char c) {
    auto byte = static_cast<unsigned char>(c);
    return byte < 0x20 || byte == 0x7f;
  });
  if (control) return refuse("The key must be one line without control characters");
  return std::string(key);
}

struct Pair {
  std::string_view key;
  std::string_view value;
};

/// At the first separator; `spaced` ones stand before white space, and '=' also behind some.
std::optional<Pair> key_first(std::string_view text, bool spaced) {
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != ':' && text[i] != '=') continue;
    bool after = i + 1 == text.size() || is_space(text[i + 1]);
    bool before = text[i] == ':' || (i > 0 && is_space(text[i - 1]));
    if (spaced && !(after && before)) continue;
    return Pair{trimmed(text.substr(0, i)), trimmed(text.substr(i + 1))};
  }
  return std::nullopt;
}

/// At the last "as" that stands alone.
std::optional<Pair> key_last(std::string_view text) {
  for (std::size_t i = text.size(); i-- > 1;) {
    bool as = i + 2 < text.size() && (text[i] == 'a' || text[i] == 'A') &&
              (text[i + 1] == 's' || text[i + 1] == 'S');
    if (!as || !is_space(text[i - 1]) || !is_space(text[i + 2])) continue;
    Pair pair{trimmed(text.substr(i + 2)), trimmed(text.substr(0, i))};
    if (!pair.key.empty()) return pair;
  }
  return std::nullopt;
}

std::optional<Pair> split(std::string_view text) {
  std::optional<Pair> leading = key_first(text, true);
  if (leading && plain_word(leading->key)) return leading;
  std::optional<Pair> trailing = key_last(text);
  if (trailing && one_word(trailing->key)) return trailing;
  if (leading) return leading;
  if (std::optional<Pair> tight = key_first(text, false)) return tight;
  return trailing;
}

Result<MemoryCommand> parse_store(std::string_view text) {
  if (text.empty()) return refuse("There is nothing to store");
  std::optional<Pair> pair = split(text);
  if (!pair) return refuse("The key for what should be stored is missing");
  TRY(key, checked_key(pair->key));
  if (pair->value.empty()) return refuse(fmt::format("There is no value to store as '{}'", key));
  if (pair->value.size() > kMaxMemoryValueBytes) {
    return refuse(fmt::format("The value has {} bytes; at most {} are kept", pair->value.size(),
                              kMaxMemoryValueBytes));
  }
  return MemoryCommand(StoreMemory{std::move(key), std::string(pair->value)});
}

Result<MemoryCommand> parse_list(std::string_view rest) {
  std::string what = lower(rest);
  for (std::string_view known : {"", "all", "keys", "memories", "everything"}) {
    if (what == known) return MemoryCommand(ListMemory{});
  }
  return refuse("'list' takes nothing after it");
}

Result<MemoryCommand> parse_verb(Verb verb, std::string_view rest) {
  switch (verb) {
    case Verb::store:
      return parse_store(rest);
    case Verb::recall: {
      TRY(key, checked_key(rest));
      return MemoryCommand(RecallMemory{std::move(key)});
    }
    case Verb::forget: {
      TRY(key, checked_key(rest));
      return MemoryCommand(ForgetMemory{std::move(key)});
    }
    case Verb::search:
      if (rest.empty()) return refuse("There is nothing to search for");
      if (rest.size() > kMaxMemoryKeyBytes) return refuse("The words to search for are too long");
      return MemoryCommand(SearchMemory{std::string(rest)});
    case Verb::list:
      return parse_list(rest);
    case Verb::help:
      break;
  }
  return MemoryCommand(MemoryHelp{});
}

}  // namespace

std::string_view memory_help() {
  return "  store VALUE as KEY\n"
         "  remember KEY = VALUE\n"
         "  store KEY: VALUE\n"
         "  recall KEY\n"
         "  search WORDS\n"
         "  list\n"
         "  forget KEY\n"
         "  help";
}

Result<MemoryCommand> parse_memory_command(std::string_view text) {
  text = trimmed(text);
  if (text.empty()) return refuse("There is no command");
  std::string_view word = text.substr(0, text.find_first_of(kSpace));
  std::string_view rest = trimmed(text.substr(word.size()));
  std::string verb = lower(word);
  const auto* known = std::ranges::find(kVerbs, std::string_view(verb), &Spelling::word);
  if (known != kVerbs.end()) return parse_verb(known->verb, rest);
  constexpr std::size_t kShown = 40;
  if (word.size() > kShown) return refuse("The first word is no command");
  return refuse(fmt::format("'{}' is no command", word));
}

}  // namespace flotilla::agents
