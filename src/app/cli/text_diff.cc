#include "app/cli/text_diff.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <vector>

namespace flotilla::app {

namespace {

constexpr std::size_t kAround = 3;
constexpr std::size_t kMostCells = 16'000'000;  // of the table below

struct Line {
  char mark;  // ' ', '-' or '+'
  std::string_view text;
};

std::vector<std::string_view> lines_of(std::string_view text) {
  std::vector<std::string_view> lines;
  while (!text.empty()) {
    const auto end = std::min(text.find('\n'), text.size());
    lines.push_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return lines;
}

/// By the longest common subsequence.
std::vector<Line> compare(const std::vector<std::string_view>& a,
                          const std::vector<std::string_view>& b) {
  std::vector<Line> out;
  const std::size_t width = b.size() + 1;
  if ((a.size() + 1) * width > kMostCells) {
    for (auto line : a) out.push_back({'-', line});
    for (auto line : b) out.push_back({'+', line});
    return out;
  }
  std::vector<std::uint32_t> longest((a.size() + 1) * width, 0);
  for (std::size_t i = a.size(); i-- > 0;)
    for (std::size_t j = b.size(); j-- > 0;)
      longest[i * width + j] =
          a[i] == b[j] ? longest[(i + 1) * width + j + 1] + 1
                       : std::max(longest[(i + 1) * width + j], longest[i * width + j + 1]);
  std::size_t i = 0;
  std::size_t j = 0;
  while (i < a.size() || j < b.size()) {
    if (i < a.size() && j < b.size() && a[i] == b[j]) {
      out.push_back({' ', a[i++]});
      ++j;
    } else if (j == b.size() ||
               (i < a.size() && longest[(i + 1) * width + j] >= longest[i * width + j + 1])) {
      out.push_back({'-', a[i++]});
    } else {
      out.push_back({'+', b[j++]});
    }
  }
  return out;
}

/// The part of all lines from `begin` on that is shown together: up to where more than twice the
/// context is equal.
std::size_t end_of_hunk(const std::vector<Line>& lines, std::size_t begin) {
  std::size_t equal = 0;
  std::size_t end = begin;
  for (std::size_t i = begin; i < lines.size(); ++i) {
    equal = lines[i].mark == ' ' ? equal + 1 : 0;
    if (equal == 0) end = i + 1;
    if (equal > 2 * kAround) break;
  }
  return std::min(end + kAround, lines.size());
}

}  // namespace

std::string unified_diff(std::string_view before, std::string_view after, std::string_view title) {
  if (before == after) return {};
  const auto lines = compare(lines_of(before), lines_of(after));
  std::string out = fmt::format("--- {} (stored)\n+++ {} (applied)\n", title, title);
  std::size_t old_line = 1;
  std::size_t new_line = 1;
  std::size_t at = 0;
  while (at < lines.size()) {
    auto change = at;
    while (change < lines.size() && lines[change].mark == ' ') ++change;
    if (change == lines.size()) break;
    const auto begin = std::max(at, change - std::min(change, kAround));
    old_line += begin - at;
    new_line += begin - at;
    const auto end = end_of_hunk(lines, change);
    std::size_t old_count = 0;
    std::size_t new_count = 0;
    std::string hunk;
    for (auto i = begin; i < end; ++i) {
      old_count += lines[i].mark != '+' ? 1 : 0;
      new_count += lines[i].mark != '-' ? 1 : 0;
      hunk += fmt::format("{}{}\n", lines[i].mark, lines[i].text);
    }
    out += fmt::format("@@ -{},{} +{},{} @@\n{}", old_count == 0 ? old_line - 1 : old_line,
                       old_count, new_count == 0 ? new_line - 1 : new_line, new_count, hunk);
    old_line += old_count;
    new_line += new_count;
    at = end;
  }
  return out;
}

}  // namespace flotilla::app
