#include "app/cli/output.h"

#include <fmt/format.h>

#include <algorithm>
#include <ostream>

#include "base/utf8.h"
#include "json/json.h"

namespace flotilla::app {

namespace {

constexpr std::size_t kWidestCell = 60;
constexpr std::string_view kEllipsis = "…";
constexpr std::string_view kReplacement = "\xef\xbf\xbd";

std::size_t columns(std::string_view text) {
  // One for each code point: right for the languages without wide characters.
  return static_cast<std::size_t>(std::ranges::count_if(
      text, [](char c) { return (static_cast<unsigned char>(c) & 0xc0U) != 0x80; }));
}

std::string cut(std::string_view text, std::size_t width) {
  if (columns(text) <= width) return std::string(text);
  std::size_t end = 0;
  for (std::size_t n = 0; n + 1 < width; ++n)
    end += std::max<std::size_t>(utf8_sequence(text.substr(end)), 1);
  return std::string(text.substr(0, end)) + std::string(kEllipsis);
}

std::string_view escape_of(Tone tone) {
  switch (tone) {
    case Tone::good:
      return "\x1b[32m";
    case Tone::bad:
      return "\x1b[31m";
    case Tone::attention:
      return "\x1b[33m";
    case Tone::dim:
      return "\x1b[2m";
    case Tone::bold:
      return "\x1b[1m";
    case Tone::plain:
      break;
  }
  return "";
}

std::string filtered(std::string_view text, bool keep_lines) {
  std::string out;
  out.reserve(text.size());
  while (!text.empty()) {
    const std::size_t length = utf8_sequence(text);
    const auto lead = static_cast<unsigned char>(text.front());
    const bool c1 = length == 2 && lead == 0xc2 && static_cast<unsigned char>(text[1]) < 0xa0;
    const bool line = lead == '\n' || lead == '\t';
    if (length == 0 || c1 || lead == 0x7f || (lead < 0x20 && !line && lead != '\r'))
      out += kReplacement;
    else if ((line && !keep_lines) || lead == '\r')
      out += lead == '\r' && keep_lines ? "" : " ";
    else
      out += text.substr(0, length);
    text.remove_prefix(std::max<std::size_t>(length, 1));
  }
  return out;
}

}  // namespace

std::optional<Format> parse_format(std::string_view text) {
  if (text.empty()) return Format::human;
  if (text == "wide") return Format::wide;
  if (text == "name") return Format::name;
  if (text == "json") return Format::json;
  if (text == "yaml") return Format::yaml;
  return std::nullopt;
}

void print_value(const json::Value& value, Format format, Io& io) {
  std::string text = format == Format::yaml ? json::to_yaml(value) : json::to_pretty_string(value);
  if (!text.ends_with('\n')) text += '\n';
  io.out << text;
  io.out.flush();
}

void print_document(const json::Value& value, Format format, Io& io) {
  if (format == Format::yaml) {
    io.out << "---\n";
    print_value(value, format, io);
    return;
  }
  io.out << json::to_string(value) << "\n";
  io.out.flush();
}

Table::Table(std::vector<std::string> titles)
    : titles_(std::move(titles)), widths_(titles_.size(), 0) {
  for (std::size_t i = 0; i < titles_.size(); ++i) widths_[i] = columns(titles_[i]);
}

void Table::add(std::vector<std::string> cells) {
  cells.resize(titles_.size());
  for (std::size_t i = 0; i < cells.size(); ++i) {
    cells[i] = cut(printable_line(cells[i]), kWidestCell);
    if (cells[i].empty()) cells[i] = "-";
    widths_[i] = std::max(widths_[i], columns(cells[i]));
  }
  rows_.push_back(std::move(cells));
}

std::string Table::line(const std::vector<std::string>& cells, bool colour) const {
  std::string out;
  for (std::size_t i = 0; i < cells.size(); ++i) {
    const Tone tone = titles_[i] == "STATE" ? tone_of_state(cells[i]) : Tone::plain;
    out += toned(cells[i], tone, colour);
    if (i + 1 < cells.size()) out.append(widths_[i] - columns(cells[i]) + 2, ' ');
  }
  return out;
}

void Table::print(Io& io) {
  const bool colour = io.colour();
  if (!titled_) io.out << toned(line(titles_, false), Tone::bold, colour) << "\n";
  titled_ = true;
  for (const auto& row : rows_) io.out << line(row, colour) << "\n";
  rows_.clear();
  io.out.flush();
}

std::string toned(std::string_view text, Tone tone, bool colour) {
  if (!colour || tone == Tone::plain) return std::string(text);
  return fmt::format("{}{}\x1b[0m", escape_of(tone), text);
}

Tone tone_of_state(std::string_view state) {
  if (state == "completed") return Tone::good;
  if (state == "failed" || state == "rejected") return Tone::bad;
  if (state == "input-required" || state == "auth-required") return Tone::attention;
  if (state == "canceled") return Tone::dim;
  return Tone::plain;
}

std::string short_state(std::string_view state) {
  constexpr std::string_view kPrefix = "TASK_STATE_";
  if (state.starts_with(kPrefix)) state.remove_prefix(kPrefix.size());
  std::string out(state);
  for (char& c : out) {
    if (c == '_') c = '-';
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return out;
}

std::string age(std::optional<Time> time, Time now) {
  if (!time) return "-";
  const auto seconds = std::max<std::int64_t>(
      0, std::chrono::duration_cast<std::chrono::seconds>(now - *time).count());
  if (seconds < 120) return fmt::format("{}s", seconds);
  if (seconds < 120 * 60) return fmt::format("{}m", seconds / 60);
  if (seconds < 48 * 3600) return fmt::format("{}h", seconds / 3600);
  return fmt::format("{}d", seconds / 86400);
}

std::string printable(std::string_view text) {
  return filtered(text, true);
}

std::string printable_line(std::string_view text) {
  return filtered(text, false);
}

const json::Value* find_at(const json::Value& value, const std::vector<std::string>& path) {
  const json::Value* at = &value;
  for (const std::string& name : path) {
    const json::Object* object = at->if_object();
    at = object == nullptr ? nullptr : object->find(name);
    if (at == nullptr) return nullptr;
  }
  return at;
}

std::string text_at(const json::Value& value, const std::vector<std::string>& path) {
  const json::Value* at = find_at(value, path);
  if (at == nullptr || at->is_null()) return {};
  if (const std::string* text = at->if_string()) return *text;
  return json::to_string(*at);
}

}  // namespace flotilla::app
