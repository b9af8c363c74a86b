#include "agents/echo_command.h"

#include <algorithm>
#include <charconv>
#include <optional>
#include <utility>

#include <fmt/format.h>

namespace flotilla::agents {
namespace {

constexpr std::string_view kSpace = " \t\r\n\f\v";
constexpr std::string_view kPadding =
    "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ.\n";

using Outcome = EchoPlan::Outcome;

bool continues_character(char c) {
  return (static_cast<unsigned char>(c) & 0xc0U) == 0x80;
}

/// One leading word: key, or key=value with the value's quotes removed.
struct Word {
  std::string_view key;
  std::optional<std::string_view> value;
  std::size_t size = 0;
  bool unclosed = false;
};

Word first_word(std::string_view text) {
  Word word;
  std::size_t end = std::min(text.find_first_of(kSpace), text.size());
  std::size_t equals = text.find('=');
  if (equals >= end) {
    word.key = text.substr(0, end);
    word.size = end;
    return word;
  }
  word.key = text.substr(0, equals);
  std::string_view value = text.substr(equals + 1);
  if (!value.starts_with('"')) {
    word.value = text.substr(equals + 1, end - equals - 1);
    word.size = end;
    return word;
  }
  std::size_t quote = value.find('"', 1);
  bool closed =
      quote != std::string_view::npos &&
      (quote + 1 == value.size() || kSpace.find(value[quote + 1]) != std::string_view::npos);
  word.unclosed = !closed;
  word.value = value.substr(1, closed ? quote - 1 : std::string_view::npos);
  word.size = closed ? equals + 1 + quote + 1 : text.size();
  return word;
}

Error bad(std::string_view key, std::string_view value, std::string_view wanted) {
  constexpr std::size_t kShown = 40;
  std::size_t end = std::min(value.size(), kShown);
  while (end > 0 && end < value.size() && continues_character(value[end])) --end;
  value = value.substr(0, end);
  return invalid(std::string(key), fmt::format("'{}' is not valid; {}", value, wanted));
}

/// An unsigned number, and what stands behind it.
struct Quantity {
  std::uint64_t number = 0;
  std::string_view unit;
};

std::optional<Quantity> read_quantity(std::string_view text) {
  Quantity quantity;
  const char* end = text.data() + text.size();
  auto [stop, code] = std::from_chars(text.data(), end, quantity.number);
  constexpr std::uint64_t kSane = 1'000'000'000;
  if (code != std::errc{} || quantity.number > kSane) return std::nullopt;
  quantity.unit = std::string_view(stop, static_cast<std::size_t>(end - stop));
  return quantity;
}

Result<std::chrono::milliseconds> read_delay(std::string_view value) {
  std::optional<Quantity> read = read_quantity(value);
  if (read && (read->unit == "ms" || read->unit == "s")) {
    std::chrono::milliseconds delay(read->number * (read->unit == "s" ? 1000U : 1U));
    if (delay <= kMaxEchoDelay) return delay;
  }
  return fail(bad("delay", value, "write it as 200ms or 2s, at most 60s"));
}

Result<std::size_t> read_chunks(std::string_view value) {
  std::optional<Quantity> read = read_quantity(value);
  if (read && read->unit.empty() && read->number >= 1 && read->number <= kMaxEchoChunks) {
    return static_cast<std::size_t>(read->number);
  }
  return fail(bad("chunks", value, "give a whole number from 1 to 1000"));
}

Result<std::size_t> read_size(std::string_view value) {
  std::optional<Quantity> read = read_quantity(value);
  if (read) {
    std::uint64_t unit = read->unit.empty() ? 1 : read->unit == "k" ? 1024 : 0;
    if (read->unit == "m") unit = 1024 * 1024;
    std::uint64_t bytes = read->number * unit;
    if (bytes >= 1 && bytes <= kMaxEchoSize) return static_cast<std::size_t>(bytes);
  }
  return fail(bad("size", value, "give bytes from 1 to 1048576, or 64k, or 1m"));
}

/// Collects the directives; false from take() means that the text begins.
class Directives {
 public:
  Result<bool> take(const Word& word) {
    if (word.key == "delay" || word.key == "chunks" || word.key == "size") return quantity(word);
    struct Ending {
      std::string_view key;
      Outcome outcome;
      bool takes_note;
    };
    for (const Ending& ending :
         {Ending{"ask", Outcome::ask, true}, Ending{"fail", Outcome::fail, true},
          Ending{"reject", Outcome::reject, true}, Ending{"auth", Outcome::authenticate, false},
          Ending{"wait", Outcome::wait, false}, Ending{"message", Outcome::complete, false}}) {
      if (word.key != ending.key) continue;
      if (word.value && !ending.takes_note) {
        return fail(bad(word.key, *word.value, "this word takes no value"));
      }
      if (word.unclosed) return fail(bad(word.key, *word.value, "the closing quote is missing"));
      if (!ending_.empty()) {
        return fail(
            invalid(std::string(word.key), fmt::format("cannot be combined with '{}'", ending_)));
      }
      ending_ = ending.key;
      plan_.outcome = ending.outcome;
      plan_.bare_message = ending.key == "message";
      plan_.note = std::string(word.value.value_or(""));
      return true;
    }
    return false;
  }

  EchoPlan finish(std::string_view text) && {
    plan_.text = std::string(text);
    plan_.divide(chunks_.value_or(1), size_.value_or(0));
    return std::move(plan_);
  }

 private:
  Result<bool> quantity(const Word& word) {
    // Without "=" it is an ordinary word.
    if (!word.value) return false;
    bool& seen = word.key == "delay" ? delay_seen_ : word.key == "size" ? size_seen_ : chunks_seen_;
    if (std::exchange(seen, true)) return fail(invalid(std::string(word.key), "is given twice"));
    if (word.key == "delay") {
      TRY(delay, read_delay(*word.value));
      plan_.delay = delay;
    } else if (word.key == "size") {
      TRY(size, read_size(*word.value));
      size_ = size;
    } else {
      TRY(chunks, read_chunks(*word.value));
      chunks_ = chunks;
    }
    return true;
  }

  EchoPlan plan_;
  std::string_view ending_;
  std::optional<std::size_t> chunks_;
  std::optional<std::size_t> size_;
  bool delay_seen_ = false;
  bool chunks_seen_ = false;
  bool size_seen_ = false;
};

}  // namespace

void EchoPlan::divide(std::size_t chunks, std::size_t size) {
  if (size > 0 && text.size() > size) {
    std::size_t end = size;
    while (end > 0 && continues_character(text[end])) --end;
    text.resize(end);
  }
  std::size_t total = size > 0 ? size : text.size();
  auto characters = static_cast<std::size_t>(
      std::ranges::count_if(text, [](char c) { return !continues_character(c); }));
  characters += total - text.size();
  chunks_ = chunks;
  cuts_.clear();
  if (chunks > 1 && characters < chunks) return;
  // Padding is one byte a character.
  std::size_t offset = 0;
  std::size_t character = 0;
  for (std::size_t k = 0; k < chunks; ++k) {
    for (std::size_t goal = k * characters / chunks; character < goal; ++character) {
      do {
        ++offset;
      } while (offset < text.size() && continues_character(text[offset]));
    }
    cuts_.push_back(offset);
  }
  cuts_.push_back(total);
}

std::string EchoPlan::chunk(std::size_t k) const {
  if (k >= chunks_) return {};
  if (cuts_.empty()) return chunks_ == 1 ? text : fmt::format("chunk {}", k + 1);
  std::size_t begin = cuts_[k];
  std::size_t end = cuts_[k + 1];
  std::string result = text.substr(std::min(begin, text.size()), end - begin);
  for (std::size_t at = begin + result.size(); at < end; ++at) {
    result += kPadding[(at - text.size()) % kPadding.size()];
  }
  return result;
}

Result<EchoPlan> parse_echo(std::string_view text) {
  Directives directives;
  std::string_view rest = text;
  bool any = false;
  while (true) {
    std::string_view ahead = rest.substr(std::min(rest.find_first_not_of(kSpace), rest.size()));
    Word word = first_word(ahead);
    if (word.key == "--" && !word.value) {
      ahead.remove_prefix(2);
      return std::move(directives).finish(ahead.substr(ahead.empty() ? 0 : 1));
    }
    TRY(taken, directives.take(word));
    // Without directives the text comes back byte for byte.
    if (!taken) return std::move(directives).finish(any ? ahead : text);
    any = true;
    rest = ahead.substr(word.size);
  }
}

}  // namespace flotilla::agents
