#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "app/cli/io.h"
#include "base/time.h"
#include "json/value.h"

namespace flotilla::app {

/// `-o`: what people read by default.
enum class Format : std::uint8_t { human, wide, name, json, yaml };
/// Empty text is human.
std::optional<Format> parse_format(std::string_view text);

/// JSON or YAML of one document. Anything but yaml is JSON.
void print_value(const json::Value& value, Format format, Io& io);
/// One of several documents that come one after the other: a line of JSON, or YAML after `---`.
void print_document(const json::Value& value, Format format, Io& io);

/// Rows in aligned columns. Cells lose line ends and control characters; wide ones are cut with
/// an ellipsis. Knows the widths of what it printed before, so that rows which come later line up.
class Table {
 public:
  explicit Table(std::vector<std::string> titles);
  void add(std::vector<std::string> cells);
  /// Prints and forgets the rows; the titles only the first time.
  void print(Io& io);

 private:
  [[nodiscard]] std::string line(const std::vector<std::string>& cells, bool colour) const;
  std::vector<std::string> titles_;
  std::vector<std::size_t> widths_;
  std::vector<std::vector<std::string>> rows_;
  bool titled_ = false;
};

enum class Tone : std::uint8_t { plain, good, bad, attention, dim, bold };
/// The text between escapes for its tone, or as it is without colour.
std::string toned(std::string_view text, Tone tone, bool colour);
/// By the short name of a task's state.
Tone tone_of_state(std::string_view state);

/// `TASK_STATE_INPUT_REQUIRED` and `input_required` as people write it: `input-required`.
std::string short_state(std::string_view state);

/// `5s`, `12m`, `3h`, `8d`: how long before `now` that was. `-` when there is no such time.
std::string age(std::optional<Time> time, Time now);

/// For a terminal: control characters (escape sequences above all) that a server sent become
/// U+FFFD; tabs and line ends stay.
std::string printable(std::string_view text);
/// The same on one line.
std::string printable_line(std::string_view text);

/// The value at a path of member names; null when there is none.
const json::Value* find_at(const json::Value& value, const std::vector<std::string>& path);
/// Text, number or bool there, as text; empty when there is none.
std::string text_at(const json::Value& value, const std::vector<std::string>& path);

}  // namespace flotilla::app
