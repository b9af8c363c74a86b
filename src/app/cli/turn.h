#pragma once

#include <map>
#include <optional>
#include <string>

#include "a2a/types.h"
#include "app/cli/exit_code.h"
#include "app/cli/io.h"

namespace flotilla::app {

/// Shows one turn of an agent to a person: artifacts and answers on `out`, progress and what went
/// wrong on `err`. Parts that come in one update are lines of their own, later updates of an
/// artifact continue its text. After a resume nothing is shown twice.
class Turn {
 public:
  /// `live` shows pieces as they come, else everything at finish().
  Turn(Io& io, bool live);

  void take(a2a::StreamResponse event);
  void take(a2a::SendMessageResponse response);
  /// Shows the rest and how the turn ended.
  void finish();

  /// The task as its events made it; none after a bare message.
  [[nodiscard]] const std::optional<a2a::Task>& task() const { return task_; }
  [[nodiscard]] const std::optional<a2a::Message>& message() const { return message_; }
  [[nodiscard]] a2a::TaskState state() const;
  [[nodiscard]] std::string task_id() const;
  [[nodiscard]] std::string context_id() const;
  [[nodiscard]] Exit exit() const;

 private:
  void take_task(a2a::Task task);
  void take_artifact(a2a::TaskArtifactUpdateEvent event);
  void take_status(a2a::TaskStatusUpdateEvent event);
  /// What came to the last part that is shown; parts may go on in the middle.
  void show_growth(const a2a::Artifact& artifact);
  void show_new_parts(const a2a::Artifact& artifact, bool as_lines);
  void show_parts(const std::vector<a2a::Part>& parts, std::size_t from, bool as_lines);
  void show_status();
  void begin_line();
  void write(std::string_view text);
  void note(std::string_view text);

  Io& io_;
  bool live_;
  std::optional<a2a::Task> task_;
  std::optional<a2a::Message> message_;
  /// What is shown of an artifact: so many parts, and so much of the last one's text.
  struct Shown {
    std::size_t parts = 0;
    std::size_t text = 0;
  };
  std::map<std::string, Shown> shown_;  // by artifact
  std::string current_;                 // the artifact whose text goes on
  std::string shown_text_;              // of all artifacts, to leave out a status that repeats it
  std::string pending_;                 // output that waits for finish()
  bool at_line_start_ = true;
};

}  // namespace flotilla::app
