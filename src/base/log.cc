#include "base/log.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <chrono>
#include <cmath>
#include <iterator>

#include "base/assert.h"
#include "base/utf8.h"

namespace flotilla {
namespace {

/// The process-wide sink. The only mutable global of the house: every room logs, and a reference to
/// a logger in each constructor would say nothing.
struct Sink {
  std::atomic<LogLevel> level{LogLevel::info};
  std::atomic<LogFormat> format{LogFormat::automatic};
  std::mutex capture_mutex;
  std::atomic<CapturedLog*> captured{nullptr};
};

Sink& sink() {
  static Sink instance;
  return instance;
}

bool is_terminal() {
  static const bool terminal = ::isatty(STDERR_FILENO) == 1;
  return terminal;
}

constexpr std::array<std::string_view, 4> kLevels{"error", "warn", "info", "debug"};
constexpr std::array<std::string_view, 4> kPadded{"ERROR", "WARN ", "INFO ", "DEBUG"};
constexpr std::array<std::string_view, 4> kColours{"\x1b[31m", "\x1b[33m", "\x1b[32m", "\x1b[90m"};

/// C0, DEL and C1 move a terminal's cursor or break lines; a broken sequence does either.
bool needs_escape(std::string_view sequence) {
  if (sequence.size() == 1) {
    const auto c = static_cast<std::uint8_t>(sequence[0]);
    return c < 0x20 || c == 0x7f || c == '"' || c == '\\';
  }
  return sequence.size() == 2 && static_cast<std::uint8_t>(sequence[0]) == 0xc2 &&
         static_cast<std::uint8_t>(sequence[1]) < 0xa0;
}

void append_escaped(std::string& out, std::string_view sequence) {
  const char c = sequence[0];
  if (c == '"' || c == '\\') {
    out += '\\';
    out += c;
  } else if (c == '\n') {
    out += "\\n";
  } else if (c == '\r') {
    out += "\\r";
  } else if (c == '\t') {
    out += "\\t";
  } else {
    const char code = sequence.size() == 2 ? sequence[1] : c;
    fmt::format_to(std::back_inserter(out), "\\u{:04x}", static_cast<std::uint8_t>(code));
  }
}

/// The inside of a JSON string; also how text lines quote.
void append_quoted(std::string& out, std::string_view text) {
  out += '"';
  while (!text.empty()) {
    const std::size_t length = utf8_sequence(text);
    const std::string_view sequence = text.substr(0, std::max<std::size_t>(length, 1));
    if (length == 0) {
      out += "\\ufffd";
    } else if (needs_escape(sequence)) {
      append_escaped(out, sequence);
    } else {
      out += sequence;
    }
    text.remove_prefix(sequence.size());
  }
  out += '"';
}

/// Plain words stand without quotes in text lines.
void append_word(std::string& out, std::string_view text) {
  bool plain = !text.empty();
  for (const char c : text) {
    if (c <= ' ' || c >= 0x7f || c == '"' || c == '\\' || c == '=') plain = false;
  }
  if (plain) {
    out += text;
  } else {
    append_quoted(out, text);
  }
}

struct ValueWriter {
  std::string& out;
  bool json;

  void text(std::string_view value) const {
    if (json) {
      append_quoted(out, value);
    } else {
      append_word(out, value);
    }
  }
  void operator()(std::string_view value) const { text(value); }
  void operator()(std::int64_t value) const {
    fmt::format_to(std::back_inserter(out), "{}", value);
  }
  void operator()(std::uint64_t value) const {
    fmt::format_to(std::back_inserter(out), "{}", value);
  }
  void operator()(double value) const {
    if (json && !std::isfinite(value)) {
      out += "null";
    } else {
      fmt::format_to(std::back_inserter(out), "{}", value);
    }
  }
  void operator()(bool value) const { out += value ? "true" : "false"; }
  void operator()(Duration value) const { text(format_duration(value)); }
  void operator()(Time value) const { text(format_time(value)); }
  void operator()(const Uuid& value) const { text(value.to_string()); }
};

std::string text_line(std::string_view room, std::string_view message, LogFields fields) {
  std::string out(room);
  out += ": ";
  out += message;
  for (const LogField& field : fields) {
    out += ' ';
    append_word(out, field.name);
    out += '=';
    std::visit(ValueWriter{out, false}, field.value.data());
  }
  return out;
}

std::string json_line(Time at, LogLevel level, std::string_view room, std::string_view message,
                      LogFields fields) {
  std::string out = R"({"time":")" + format_time(at) + R"(","level":")";
  out += to_string(level);
  out += R"(","room":)";
  append_quoted(out, room);
  out += R"(,"message":)";
  append_quoted(out, message);
  for (const LogField& field : fields) {
    out += ',';
    append_quoted(out, field.name);
    out += ':';
    std::visit(ValueWriter{out, true}, field.value.data());
  }
  out += '}';
  return out;
}

void write_line(std::string_view line) {
  while (!line.empty()) {
    const ssize_t written = ::write(STDERR_FILENO, line.data(), line.size());
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return;  // nobody can be told that the log is gone
    line.remove_prefix(static_cast<std::size_t>(written));
  }
}

}  // namespace

std::string_view to_string(LogLevel level) {
  return kLevels.at(static_cast<std::size_t>(level));
}

std::optional<LogLevel> parse_log_level(std::string_view text) {
  for (std::size_t i = 0; i < kLevels.size(); ++i) {
    if (kLevels.at(i) == text) return static_cast<LogLevel>(i);
  }
  return std::nullopt;
}

std::optional<LogFormat> parse_log_format(std::string_view text) {
  if (text == "auto") return LogFormat::automatic;
  if (text == "text") return LogFormat::text;
  if (text == "json") return LogFormat::json;
  return std::nullopt;
}

void configure_log(LogLevel level, LogFormat format) {
  sink().level = level;
  sink().format = format;
}

std::string format_log_line(Time at, LogLevel level, std::string_view room,
                            std::string_view message, LogFields fields, LogFormat format,
                            bool colour) {
  if (format == LogFormat::json) return json_line(at, level, room, message, fields);
  const auto index = static_cast<std::size_t>(level);
  std::string out = format_time(at) + ' ';
  if (colour) out += kColours.at(index);
  out += kPadded.at(index);
  if (colour) out += "\x1b[0m";
  out += ' ';
  out += text_line(room, message, fields);
  return out;
}

bool Log::enabled(LogLevel level) {
  return level <= sink().level.load(std::memory_order_relaxed) ||
         sink().captured.load(std::memory_order_relaxed) != nullptr;
}

void Log::error(std::string_view message, LogFields fields) const {
  write(LogLevel::error, message, fields);
}
void Log::warn(std::string_view message, LogFields fields) const {
  write(LogLevel::warn, message, fields);
}
void Log::info(std::string_view message, LogFields fields) const {
  write(LogLevel::info, message, fields);
}
void Log::debug(std::string_view message, LogFields fields) const {
  write(LogLevel::debug, message, fields);
}

void Log::write(LogLevel level, std::string_view message, LogFields fields) const {
  if (!enabled(level)) return;
  Sink& target = sink();
  if (target.captured.load(std::memory_order_relaxed) != nullptr) {
    const std::lock_guard lock(target.capture_mutex);
    CapturedLog* captured = target.captured.load(std::memory_order_relaxed);
    if (captured != nullptr) {
      captured->add(std::string(to_string(level)) + ' ' + text_line(room_, message, fields));
      return;
    }
  }
  LogFormat format = target.format.load(std::memory_order_relaxed);
  if (format == LogFormat::automatic) format = is_terminal() ? LogFormat::text : LogFormat::json;
  const Time now = std::chrono::floor<std::chrono::milliseconds>(std::chrono::system_clock::now());
  std::string line = format_log_line(now, level, room_, message, fields, format, is_terminal());
  line += '\n';
  write_line(line);
}

CapturedLog::CapturedLog() {
  const std::lock_guard lock(sink().capture_mutex);
  FLOTILLA_ASSERT(sink().captured.load() == nullptr, "tests capture the log one at a time");
  sink().captured = this;
}

CapturedLog::~CapturedLog() {
  const std::lock_guard lock(sink().capture_mutex);
  sink().captured = nullptr;
}

std::vector<std::string> CapturedLog::lines() const {
  const std::lock_guard lock(mutex_);
  return lines_;
}

bool CapturedLog::contains(std::string_view part) const {
  const std::lock_guard lock(mutex_);
  for (const std::string& line : lines_) {
    if (line.find(part) != std::string::npos) return true;
  }
  return false;
}

void CapturedLog::add(std::string line) {
  const std::lock_guard lock(mutex_);
  lines_.push_back(std::move(line));
}

}  // namespace flotilla
