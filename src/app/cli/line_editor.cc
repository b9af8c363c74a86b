#include "app/cli/line_editor.h"

#include <histedit.h>
#include <unistd.h>

#include <cerrno>
#include <clocale>
#include <cstdio>
#include <cwchar>
#include <filesystem>
#include <istream>

namespace flotilla::app {

namespace {
constexpr int kHistorySize = 1000;
constexpr unsigned char kInterruptKey = 3;  // Ctrl-C
}  // namespace

Line StreamLines::read(const std::string&) {
  Line line;
  if (!std::getline(in_, line.text)) line.kind = Line::Kind::end;
  if (line.text.ends_with('\r')) line.text.pop_back();
  return line;
}

struct LineEditor::State {
  EditLine* editor = nullptr;
  History* history = nullptr;
  std::string history_file;
  std::string prompt;
  bool interrupted = false;

  static char* show_prompt(EditLine* editor);
  static int read_character(EditLine* editor, wchar_t* out);
};

char* LineEditor::State::show_prompt(EditLine* editor) {
  State* state = nullptr;
  el_get(editor, EL_CLIENTDATA, &state);
  return state->prompt.data();
}

/// One character of the terminal; the C library's own reader would not tell Ctrl-C from an end.
int LineEditor::State::read_character(EditLine* editor, wchar_t* out) {
  State* state = nullptr;
  el_get(editor, EL_CLIENTDATA, &state);
  std::mbstate_t decoding{};
  while (true) {
    char byte = 0;
    const ssize_t got = ::read(STDIN_FILENO, &byte, 1);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return static_cast<int>(got);
    if (static_cast<unsigned char>(byte) == kInterruptKey) {
      state->interrupted = true;
      return -1;
    }
    const std::size_t length = std::mbrtowc(out, &byte, 1, &decoding);
    if (length == static_cast<std::size_t>(-2)) continue;
    if (length != static_cast<std::size_t>(-1)) return 1;
    decoding = {};  // not a character: left out
  }
}

LineEditor::LineEditor(const std::string& history_file) : state_(std::make_unique<State>()) {
  // Characters are those of the person's locale; a bare C locale has none beyond ASCII.
  std::setlocale(LC_CTYPE, "");
  if (MB_CUR_MAX == 1) std::setlocale(LC_CTYPE, "C.UTF-8");
  state_->history_file = history_file;
  state_->editor = el_init("flotilla", stdin, stdout, stderr);
  state_->history = history_init();
  HistEvent event{};
  history(state_->history, &event, H_SETSIZE, kHistorySize);
  history(state_->history, &event, H_SETUNIQUE, 1);
  if (!history_file.empty()) history(state_->history, &event, H_LOAD, history_file.c_str());
  EditLine* editor = state_->editor;
  el_set(editor, EL_CLIENTDATA, state_.get());
  el_set(editor, EL_PROMPT, &State::show_prompt);
  el_set(editor, EL_GETCFN, &State::read_character);
  el_set(editor, EL_EDITOR, "emacs");
  el_set(editor, EL_SIGNAL, 0);
  el_set(editor, EL_SETTY, "-d", "-isig", nullptr);
  el_set(editor, EL_HIST, history, state_->history);
}

LineEditor::~LineEditor() {
  if (!state_->history_file.empty()) {
    std::error_code ignored;
    std::filesystem::create_directories(std::filesystem::path(state_->history_file).parent_path(),
                                        ignored);
    HistEvent event{};
    history(state_->history, &event, H_SAVE, state_->history_file.c_str());
  }
  el_end(state_->editor);
  history_end(state_->history);
}

Line LineEditor::read(const std::string& prompt) {
  state_->prompt = prompt;
  state_->interrupted = false;
  el_resize(state_->editor);
  int length = 0;
  const char* text = el_gets(state_->editor, &length);
  Line line;
  if (text == nullptr || length <= 0) {
    line.kind = state_->interrupted ? Line::Kind::interrupted : Line::Kind::end;
    std::fputs("\n", stdout);
    std::fflush(stdout);
    return line;
  }
  line.text.assign(text, static_cast<std::size_t>(length));
  while (line.text.ends_with('\n') || line.text.ends_with('\r')) line.text.pop_back();
  HistEvent event{};
  if (!line.text.empty()) history(state_->history, &event, H_ENTER, text);
  return line;
}

}  // namespace flotilla::app
