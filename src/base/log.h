#pragma once

#include <concepts>
#include <cstdint>
#include <initializer_list>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/error.h"
#include "base/id.h"
#include "base/time.h"

namespace flotilla {

enum class LogLevel : std::uint8_t { error, warn, info, debug };
enum class LogFormat : std::uint8_t {
  automatic,  // text on a terminal, JSON lines otherwise
  text,
  json,
};

std::string_view to_string(LogLevel level);
std::optional<LogLevel> parse_log_level(std::string_view text);
std::optional<LogFormat> parse_log_format(std::string_view text);

/// The value of one field. Keeps views, not copies, of texts: build it only in the call.
class LogValue {
 public:
  LogValue(const char* text) : data_(std::string_view(text)) {}
  LogValue(std::string_view text) : data_(text) {}
  LogValue(const std::string& text) : data_(std::string_view(text)) {}
  LogValue(bool value) : data_(value) {}
  LogValue(std::signed_integral auto value) : data_(std::int64_t{value}) {}
  LogValue(std::unsigned_integral auto value) : data_(std::uint64_t{value}) {}
  LogValue(std::floating_point auto value) : data_(static_cast<double>(value)) {}
  template <class Rep, class Period>
  LogValue(std::chrono::duration<Rep, Period> value)
      : data_(std::chrono::duration_cast<Duration>(value)) {}
  LogValue(Time value) : data_(value) {}
  LogValue(const Uuid& value) : data_(value) {}
  template <class Tag>
  LogValue(const Id<Tag>& value) : data_(value.uuid) {}
  LogValue(Code value) : data_(to_string(value)) {}
  LogValue(LogLevel value) : data_(to_string(value)) {}
  LogValue(const Error& value) : data_(std::string_view(value.message())) {}

  using Data = std::variant<std::string_view, std::int64_t, std::uint64_t, double, bool, Duration,
                            Time, Uuid>;
  [[nodiscard]] const Data& data() const { return data_; }

 private:
  Data data_;
};

struct LogField {
  std::string_view name;
  LogValue value;
};
using LogFields = std::initializer_list<LogField>;

/// What one room says: a constant sentence and fields, such as
/// `log.info("lease expired", {{"task", id}, {"worker", worker}})`. No user text in the sentence,
/// no secrets anywhere. error: a person must act; warn: degraded; info: life cycle; debug: per
/// request. Thread-safe; each line is one write(2), with control characters escaped.
class Log {
 public:
  /// `room` has static storage.
  explicit constexpr Log(std::string_view room) : room_(room) {}

  void error(std::string_view message, LogFields fields = {}) const;
  void warn(std::string_view message, LogFields fields = {}) const;
  void info(std::string_view message, LogFields fields = {}) const;
  void debug(std::string_view message, LogFields fields = {}) const;
  /// To spare the work of fields that are costly to make.
  [[nodiscard]] static bool enabled(LogLevel level);

 private:
  void write(LogLevel level, std::string_view message, LogFields fields) const;
  std::string_view room_;
};

/// Process-wide; called once at start, before threads log. Until then: info, automatic, stderr.
void configure_log(LogLevel level, LogFormat format);

/// One line without its newline, as it is written; for the sink and its tests.
std::string format_log_line(Time at, LogLevel level, std::string_view room,
                            std::string_view message, LogFields fields, LogFormat format,
                            bool colour);

/// While it lives, lines of all levels (as text, without colour and time) come here instead of to
/// stderr. For tests; one at a time.
class CapturedLog {
 public:
  CapturedLog();
  CapturedLog(const CapturedLog&) = delete;
  CapturedLog& operator=(const CapturedLog&) = delete;
  ~CapturedLog();
  [[nodiscard]] std::vector<std::string> lines() const;
  [[nodiscard]] bool contains(std::string_view part) const;

 private:
  friend class Log;
  void add(std::string line);
  mutable std::mutex mutex_;
  std::vector<std::string> lines_;
};

}  // namespace flotilla
