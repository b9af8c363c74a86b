#include "app/cli/turn.h"

#include <fmt/format.h>

#include <algorithm>
#include <ostream>

#include "app/cli/output.h"
#include "json/json.h"

namespace flotilla::app {

namespace {

std::string describe_file(const a2a::Part& part) {
  std::string out = "[file";
  if (part.filename) out += " " + *part.filename;
  if (part.mediaType) out += fmt::format(" ({})", *part.mediaType);
  if (part.raw) out += fmt::format(", {} bytes", part.raw->bytes.size());
  if (part.url) out += " at " + *part.url;
  return out + "]";
}

std::string text_of_status(const a2a::TaskStatus& status) {
  return status.message ? a2a::text_of(status.message->parts) : std::string();
}

}  // namespace

Turn::Turn(Io& io, bool live) : io_(io), live_(live) {}

a2a::TaskState Turn::state() const {
  if (task_) return task_->status.state;
  return message_ ? a2a::TaskState::completed : a2a::TaskState::unspecified;
}

std::string Turn::task_id() const {
  return task_ ? task_->id : std::string();
}

std::string Turn::context_id() const {
  if (task_) return task_->contextId.value_or("");
  return message_ ? message_->contextId.value_or("") : std::string();
}

Exit Turn::exit() const {
  return exit_of(state());
}

void Turn::write(std::string_view text) {
  if (text.empty()) return;
  at_line_start_ = text.ends_with('\n');
  pending_ += io_.out_terminal ? printable(text) : std::string(text);
  if (!live_) return;
  io_.out << pending_;
  io_.out.flush();
  pending_.clear();
}

void Turn::begin_line() {
  if (!at_line_start_) write("\n");
}

void Turn::note(std::string_view text) {
  if (io_.out_terminal && live_) begin_line();
  io_.err << toned(printable(text), Tone::dim, io_.err_terminal && io_.colour()) << "\n";
  io_.err.flush();
}

void Turn::take(a2a::StreamResponse event) {
  if (event.task) take_task(std::move(*event.task));
  if (event.message) message_ = std::move(*event.message);
  if (event.statusUpdate) take_status(std::move(*event.statusUpdate));
  if (event.artifactUpdate) take_artifact(std::move(*event.artifactUpdate));
}

void Turn::take(a2a::SendMessageResponse response) {
  if (response.task) take_task(std::move(*response.task));
  if (response.message) message_ = std::move(*response.message);
}

void Turn::take_task(a2a::Task task) {
  task_ = std::move(task);
  for (const a2a::Artifact& artifact : task_->artifacts) show_new_parts(artifact, false);
}

void Turn::take_artifact(a2a::TaskArtifactUpdateEvent event) {
  if (!task_) {
    task_.emplace();
    task_->id = event.taskId;
    task_->contextId = event.contextId;
    task_->status.state = a2a::TaskState::working;
  }
  const std::string id = event.artifact.artifactId;
  if (!event.append.value_or(false)) {
    shown_.erase(id);
    current_.clear();
  }
  a2a::apply(*task_, std::move(event));
  const auto found = std::ranges::find(task_->artifacts, id, &a2a::Artifact::artifactId);
  if (found != task_->artifacts.end()) show_new_parts(*found, true);
}

void Turn::take_status(a2a::TaskStatusUpdateEvent event) {
  if (!task_) {
    task_.emplace();
    task_->id = event.taskId;
    task_->contextId = event.contextId;
  }
  const bool progress =
      !a2a::is_terminal(event.status.state) && !a2a::is_interrupted(event.status.state);
  const std::string text = text_of_status(event.status);
  a2a::apply(*task_, std::move(event));
  if (progress && live_ && !text.empty()) note(text);
}

void Turn::show_new_parts(const a2a::Artifact& artifact, bool as_lines) {
  show_growth(artifact);
  Shown& shown = shown_[artifact.artifactId];
  if (shown.parts >= artifact.parts.size()) return;
  if (current_ != artifact.artifactId) begin_line();
  current_ = artifact.artifactId;
  show_parts(artifact.parts, shown.parts, as_lines);
  shown.parts = artifact.parts.size();
  shown.text = artifact.parts.back().text.value_or("").size();
}

void Turn::show_growth(const a2a::Artifact& artifact) {
  Shown& shown = shown_[artifact.artifactId];
  if (shown.parts == 0 || shown.parts > artifact.parts.size()) return;
  const auto& text = artifact.parts[shown.parts - 1].text;
  if (!text || text->size() <= shown.text) return;
  if (current_ != artifact.artifactId) begin_line();
  current_ = artifact.artifactId;
  const auto more = std::string_view(*text).substr(shown.text);
  shown_text_ += more;
  write(more);
  shown.text = text->size();
}

void Turn::show_parts(const std::vector<a2a::Part>& parts, std::size_t from, bool as_lines) {
  const bool has_text =
      std::ranges::any_of(parts, [](const a2a::Part& part) { return part.text.has_value(); });
  for (std::size_t i = from; i < parts.size(); ++i) {
    const a2a::Part& part = parts[i];
    if (part.text) {
      if (as_lines && i > from) begin_line();
      shown_text_ += *part.text;
      write(*part.text);
    } else if (part.data && has_text) {
      continue;  // the same for programs
    } else {
      begin_line();
      write(part.data ? json::to_pretty_string(*part.data) : describe_file(part));
      begin_line();
    }
  }
}

void Turn::show_status() {
  const std::string text = text_of_status(task_->status);
  const std::string name = short_state(a2a::wire_name(task_->status.state));
  switch (task_->status.state) {
    case a2a::TaskState::completed:
      if (!text.empty() && text != shown_text_) write(text);
      break;
    case a2a::TaskState::input_required:
    case a2a::TaskState::auth_required:
      write(text.empty() ? fmt::format("({})", name) : text);
      break;
    case a2a::TaskState::failed:
    case a2a::TaskState::rejected:
    case a2a::TaskState::canceled:
      begin_line();
      note(fmt::format("task {} {}{}{}", task_->id, name, text.empty() ? "" : ": ", text));
      break;
    case a2a::TaskState::unspecified:
    case a2a::TaskState::submitted:
    case a2a::TaskState::working:
      begin_line();
      note(fmt::format("task {} is {}", task_->id, name));
      break;
  }
}

void Turn::finish() {
  if (message_) {
    begin_line();
    show_parts(message_->parts, 0, true);
  } else if (task_) {
    if (!text_of_status(task_->status).empty()) begin_line();
    show_status();
  }
  begin_line();
  io_.out << pending_;
  io_.out.flush();
  pending_.clear();
}

}  // namespace flotilla::app
