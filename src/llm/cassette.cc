#include "llm/cassette.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <fstream>

#include "base/hash.h"
#include "json/map.h"

namespace flotilla::llm {

namespace {

constexpr std::size_t kWriteQueue = 1000;
constexpr std::size_t kMaxFileBytes = std::size_t{1} << 30;

struct StoredError {
  std::string code;
  std::string reason;
  std::string message;
};
BOOST_DESCRIBE_STRUCT(StoredError, (), (code, reason, message))

struct Line {
  std::string kind;
  std::string key;
  json::Value request;
  json::Array pieces;
  std::optional<json::Value> answer;
  std::optional<StoredError> error;
};
BOOST_DESCRIBE_STRUCT(Line, (), (kind, key, request, pieces, answer, error))

std::string key_of(const json::Value& request) {
  return hex(sha256(json::to_string(request)));
}

Error to_error(const StoredError& stored) {
  Code code = Code::internal;
  for (int i = 0; i <= static_cast<int>(Code::internal); ++i)
    if (to_string(static_cast<Code>(i)) == stored.code) code = static_cast<Code>(i);
  // Those that callers tell apart.
  for (const auto known : {reason::kModelContextExceeded, reason::kInvalidModelAnswer})
    if (stored.reason == known) return {code, known, stored.message};
  return {code, stored.message};
}

std::string line_of(std::string kind, json::Value request, Cassette::Exchange exchange) {
  Line line;
  line.kind = std::move(kind);
  line.key = key_of(request);
  line.request = std::move(request);
  line.pieces = std::move(exchange.pieces);
  if (exchange.answer) {
    line.answer = std::move(*exchange.answer);
  } else {
    const auto& error = exchange.answer.error();
    line.error = StoredError{std::string(to_string(error.code())), std::string(error.reason()),
                             error.message()};
  }
  return json::to_text(line) + "\n";
}

Result<> write_all(int file, std::string_view text) {
  while (!text.empty()) {
    const auto written = ::write(file, text.data(), text.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0)
      return fail(Error(Code::unavailable,
                        fmt::format("the cassette cannot be written: {}", std::strerror(errno))));
    text.remove_prefix(static_cast<std::size_t>(written));
  }
  return ok();
}

}  // namespace

Cassette::Cassette(std::string path, Mode mode)
    : path_(std::move(path)), mode_(mode), writer_("cassette", 1, kWriteQueue) {}

Cassette::File::~File() {
  if (number >= 0) ::close(number);
}

Result<std::unique_ptr<Cassette>> Cassette::open(std::string path, Mode mode) {
  std::unique_ptr<Cassette> cassette(new Cassette(std::move(path), mode));
  if (mode == Mode::replay) {
    TRY_VOID(cassette->load());
    return cassette;
  }
  cassette->file_.number =
      ::open(cassette->path_.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  if (cassette->file_.number < 0)
    return fail(Error(Code::unavailable, fmt::format("cannot record into {}: {}", cassette->path_,
                                                     std::strerror(errno))));
  return cassette;
}

Result<> Cassette::load() {
  std::ifstream in(path_, std::ios::binary | std::ios::ate);
  if (!in) return fail(Error(Code::unavailable, fmt::format("cannot read the cassette {}", path_)));
  if (in.tellg() > static_cast<std::streamoff>(kMaxFileBytes))
    return fail(Error(Code::resource_exhausted, reason::kLimitExceeded,
                      fmt::format("the cassette {} is larger than 1 GiB", path_)));
  in.seekg(0);
  std::string line;
  for (int number = 1; std::getline(in, line); ++number) {
    if (line.empty()) continue;
    if (auto loaded = load_line(line); !loaded)
      return fail(Error(Code::invalid_argument,
                        fmt::format("{}, line {}: {}", path_, number, loaded.error().message())));
  }
  return ok();
}

Result<> Cassette::load_line(std::string_view text) {
  json::ParseLimits limits;
  limits.size = kMaxFileBytes;
  TRY(value, json::parse(text, limits));
  TRY(line, json::read<Line>(std::move(value)));
  if (line.answer.has_value() == line.error.has_value())
    return fail(invalid("/answer", "either it or /error must be there"));
  Exchange exchange{json::Value(), std::move(line.pieces)};
  if (line.answer)
    exchange.answer = std::move(*line.answer);
  else
    exchange.answer = fail(to_error(*line.error));
  // Not the key that stands there: a cassette may be edited by hand.
  exchanges_[{std::move(line.kind), key_of(line.request)}].push_back(std::move(exchange));
  return ok();
}

Result<Cassette::Exchange> Cassette::find(std::string_view kind, const json::Value& request) {
  Key key{std::string(kind), key_of(request)};
  const std::lock_guard lock(mutex_);
  const auto found = exchanges_.find(key);
  if (found == exchanges_.end() || found->second.empty()) {
    const auto given = given_[key];
    return fail(Error(
        Code::failed_precondition,
        given > 0 ? fmt::format("{} has this request ({} {}) {} times, and all were given", path_,
                                kind, key.second.substr(0, 12), given)
                  : fmt::format("{} has no such request ({} {}): the agent, its tools or what it "
                                "was told differ from what was recorded; record it anew",
                                path_, kind, key.second.substr(0, 12))));
  }
  Exchange exchange = std::move(found->second.front());
  found->second.pop_front();
  ++given_[key];
  return exchange;
}

Async<Result<>> Cassette::add(std::string kind, json::Value request, Exchange exchange) {
  auto text = line_of(std::move(kind), std::move(request), std::move(exchange));
  auto write = [file = file_.number, text = std::move(text)]() -> Result<bool> {
    TRY_VOID(write_all(file, text));
    return true;
  };
  std::move_only_function<Result<bool>()> work = std::move(write);
  CO_TRY_VOID(co_await writer_.run<bool>(std::move(work)));
  co_return ok();
}

}  // namespace flotilla::llm
