#include <re2/re2.h>

#include <algorithm>
#include <utility>

#include "json/schema_pattern_internal.h"

namespace flotilla::json {

struct Pattern::Program {
  Program(const std::string& expression, std::size_t memory) : re(expression, options(memory)) {}
  static re2::RE2::Options options(std::size_t memory) {
    re2::RE2::Options options(re2::RE2::Quiet);
    options.set_max_mem(static_cast<std::int64_t>(memory));
    options.set_never_capture(true);
    return options;
  }
  re2::RE2 re;
};

Pattern::Pattern(std::unique_ptr<const Program> program) : program_(std::move(program)) {}
Pattern::~Pattern() = default;

std::expected<std::unique_ptr<const Pattern>, std::string> Pattern::compile(
    std::string_view pattern, std::size_t& memory) {
  auto expression = translate_pattern(pattern);
  if (!expression) return std::unexpected(std::move(expression.error()));
  constexpr std::size_t kLeast = std::size_t{128} << 10;
  constexpr std::size_t kMost = std::size_t{8} << 20;
  for (std::size_t share = kLeast; share <= std::min(kMost, memory); share *= 4) {
    auto program = std::make_unique<const Program>(*expression, share);
    const auto fault = program->re.error_code();
    if (fault == re2::RE2::ErrorPatternTooLarge) continue;
    if (fault == re2::RE2::ErrorRepeatSize) {
      return std::unexpected("the regular expression has a repetition of more than 1000");
    }
    if (fault != re2::RE2::NoError) {
      return std::unexpected("the regular expression is none: " + program->re.error());
    }
    memory -= share;
    return std::unique_ptr<const Pattern>(new Pattern(std::move(program)));
  }
  return std::unexpected("the regular expression is too large, or the schema has too many of them");
}

bool Pattern::matches(std::string_view text) const {
  return re2::RE2::PartialMatch(re2::StringPiece(text.data(), text.size()), program_->re);
}

std::size_t Pattern::cost(std::size_t bytes) const {
  // When its cache is full, a search costs in proportion to the program for each byte.
  const auto size = static_cast<std::size_t>(program_->re.ProgramSize());
  return 1 + bytes / 32 * (1 + size / 256);
}

}  // namespace flotilla::json
