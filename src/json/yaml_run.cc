#include <fmt/format.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/parser.h>

#include <algorithm>
#include <sstream>

#include "base/utf8.h"
#include "json/json.h"
#include "json/yaml_internal.h"

namespace flotilla::json {
namespace {

Error yaml_error(std::size_t line, std::size_t column, std::string pointer, std::string_view what) {
  std::string message = fmt::format("line {}, column {}: {}", line, column, what);
  return Error(Code::invalid_argument, reason::kParseError, message)
      .with_field(std::move(pointer), message);
}

Error error_at(std::string_view text, std::size_t offset, std::string_view what) {
  const std::string_view before = text.substr(0, offset);
  const auto line = static_cast<std::size_t>(std::ranges::count(before, '\n'));
  const std::size_t start = before.rfind('\n') + 1;  // npos + 1 is 0
  return yaml_error(line + 1, offset - start + 1, "", what);
}

/// yaml-cpp replaces bad UTF-8 silently and takes some control characters for its own marks.
Result<> check_characters(std::string_view text) {
  const std::size_t invalid = find_invalid_utf8(text);
  if (invalid != std::string_view::npos) return fail(error_at(text, invalid, "invalid UTF-8"));
  const auto bad = std::ranges::find_if(text, [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return (byte < 0x20 && c != '\n' && c != '\r' && c != '\t') || byte == 0x7F;
  });
  if (bad == text.end()) return ok();
  const auto offset = static_cast<std::size_t>(bad - text.begin());
  return fail(error_at(text, offset, "control character"));
}

/// The text is valid UTF-8 but for single bytes 85 and A0, which stand for U+0085 and U+00A0.
std::string mend(std::string_view text) {
  std::string out;
  for (std::size_t bad = find_invalid_utf8(text); bad != std::string_view::npos;
       bad = find_invalid_utf8(text)) {
    out += text.substr(0, bad);
    out += '\xC2';
    out += text[bad];
    text.remove_prefix(bad + 1);
  }
  return out += text;
}

}  // namespace

void YamlHandler::OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                           const std::string& text) {
  if (is_utf8(text)) {
    scalar(mark, tag, anchor, text);
  } else {
    scalar(mark, tag, anchor, mend(text));
  }
}

void YamlHandler::OnDocumentStart(const YAML::Mark& mark) {
  if (mark.pos == last_start_) refuse_yaml(mark, "unexpected text");
  last_start_ = mark.pos;
  start_document(mark);
}

void refuse_yaml(const YAML::Mark& mark, const std::string& what) {
  throw YAML::ParserException(mark, what);
}

Result<> run_yaml(std::string_view text, YamlHandler& handler) {
  const std::size_t limit = ParseLimits{}.size;
  if (text.size() > limit) {
    return fail(Error(Code::invalid_argument, reason::kParseError,
                      fmt::format("longer than {} bytes", limit)));
  }
  TRY_VOID(check_characters(text));
  std::istringstream stream{std::string(text)};
  try {
    YAML::Parser parser(stream);
    while (parser.HandleNextDocument(handler)) {
    }
  } catch (const YAML::Exception& error) {
    const YAML::Mark mark = error.mark.is_null() ? YAML::Mark() : error.mark;
    return fail(yaml_error(static_cast<std::size_t>(mark.line) + 1,
                           static_cast<std::size_t>(mark.column) + 1, handler.pointer(),
                           error.msg));
  }
  return ok();
}

}  // namespace flotilla::json
