#pragma once

#include <memory>
#include <string>

namespace flotilla::app {

/// What a person entered at a prompt.
struct Line {
  enum class Kind : std::uint8_t { text, interrupted, end };  // Ctrl-C; Ctrl-D or end of input
  Kind kind = Kind::text;
  std::string text;
};

/// Where the lines of a chat come from. read() blocks; one thread at a time.
class LineSource {
 public:
  virtual ~LineSource() = default;
  virtual Line read(const std::string& prompt) = 0;
};

/// Lines of a stream, without prompt.
class StreamLines final : public LineSource {
 public:
  explicit StreamLines(std::istream& in) : in_(in) {}
  Line read(const std::string& prompt) override;

 private:
  std::istream& in_;
};

/// The process's terminal with editing keys and a history, which is kept in the file (empty: not
/// kept). Ctrl-C is a key while a line is read. At most one lives at a time.
class LineEditor final : public LineSource {
 public:
  explicit LineEditor(const std::string& history_file);
  ~LineEditor() override;
  Line read(const std::string& prompt) override;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace flotilla::app
