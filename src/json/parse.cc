#include <fmt/format.h>

#include <algorithm>
#include <boost/container/small_vector.hpp>
#include <iterator>
#include <vector>

#include "base/utf8.h"
#include "json/json.h"
#include "json/number_internal.h"
#include "json/text_internal.h"

namespace flotilla::json {
namespace {

constexpr std::size_t kMaxDepth = 512;      // values are destroyed recursively
constexpr std::size_t kLinearMembers = 16;  // up to here names are compared one by one

/// Keeps open containers in frames of its own, not on the call stack. Members and elements of all
/// open containers lie on two stacks; a container that closes takes its own off the top, so that
/// it is allocated once, in its exact size.
class Parser {
 public:
  Parser(std::string_view text, const ParseLimits& limits)
      : begin_(text.data()),
        at_(begin_),
        end_(begin_ + text.size()),
        limits_(limits),
        depth_limit_(std::min(limits.depth, kMaxDepth)) {}

  Result<Value> run();

 private:
  enum class Step { failed, opened, done };
  struct Frame {
    bool object;
    std::size_t start;  // of its entries on members_ or values_
  };

  bool document();
  bool entries();
  Step entry();
  Step member();
  Step value(Value& slot);
  Step open(bool object);
  bool after_value();
  bool close();
  Value& current();
  bool name_is_new();
  bool names_are_distinct(std::size_t start);

  bool literal(std::string_view word);
  bool number(Value& slot);
  bool string(std::string& out);
  void skip_space();
  [[nodiscard]] bool next_is(char c) const { return at_ != end_ && *at_ == c; }

  bool fault(std::string_view what) { return fault_at(at_, what); }
  Step refuse(std::string_view what) {
    fault(what);
    return Step::failed;
  }
  bool fault_at(const char* at, std::string_view what);
  [[nodiscard]] std::string pointer() const;
  [[nodiscard]] Error error() const;

  const char* begin_;
  const char* at_;
  const char* end_;
  const ParseLimits& limits_;
  std::size_t depth_limit_;
  std::size_t count_ = 0;
  static constexpr std::size_t kUsual = 16;  // open members of a common message
  boost::container::small_vector<Frame, kUsual> frames_;
  boost::container::small_vector<Object::Member, kUsual> members_;
  std::vector<Value> values_;
  boost::container::small_vector<const char*, kUsual> name_at_;  // beside members_
  Value root_;
  bool between_members_ = false;  // the fault belongs to the object, not to its last member
  std::string what_;
  const char* fault_at_ = nullptr;
};

Result<Value> Parser::run() {
  if (!document()) return fail(error());
  return std::move(root_);
}

bool Parser::document() {
  if (static_cast<std::size_t>(end_ - begin_) > limits_.size) {
    return fault(fmt::format("longer than {} bytes", limits_.size));
  }
  skip_space();
  const Step step = value(root_);
  if (step == Step::failed) return false;
  if (step == Step::opened && !entries()) return false;
  skip_space();
  return at_ == end_ || fault("unexpected text after the value");
}

/// Goes on until the outermost container is closed.
bool Parser::entries() {
  while (!frames_.empty()) {
    const Step step = entry();
    if (step == Step::failed) return false;
    if (step == Step::done && !after_value()) return false;
  }
  return true;
}

Parser::Step Parser::entry() {
  if (frames_.back().object) return member();
  return value(values_.emplace_back());
}

Parser::Step Parser::member() {
  between_members_ = true;
  if (!next_is('"')) return refuse("expected a member name in quotes");
  name_at_.push_back(at_);
  ++at_;
  Object::Member& entry = members_.emplace_back();
  if (!string(entry.first)) return Step::failed;
  skip_space();
  if (!next_is(':')) return refuse("expected ':' after the member name");
  between_members_ = false;
  if (!name_is_new()) return Step::failed;
  ++at_;
  skip_space();
  return value(entry.second);
}

/// Reads a scalar into `slot`, or opens the container that will replace current() when it closes.
Parser::Step Parser::value(Value& slot) {
  if (at_ == end_) return refuse("unexpected end of text, expected a value");
  if (++count_ > limits_.values) {
    return refuse(fmt::format("more than {} values", limits_.values));
  }
  bool good = false;
  switch (*at_) {
    case '{':
      return open(true);
    case '[':
      return open(false);
    case '"':
      ++at_;
      good = string(slot.emplace<std::string>());
      break;
    case 't':
      good = literal("true");
      slot.emplace<bool>() = true;
      break;
    case 'f':
      good = literal("false");
      slot.emplace<bool>();
      break;
    case 'n':
      good = literal("null");
      break;
    default:
      good = number(slot);
  }
  return good ? Step::done : Step::failed;
}

Parser::Step Parser::open(bool object) {
  if (frames_.size() >= depth_limit_) {
    return refuse(fmt::format("nested deeper than {} levels", depth_limit_));
  }
  ++at_;
  frames_.push_back({object, object ? members_.size() : values_.size()});
  skip_space();
  if (!next_is(object ? '}' : ']')) return Step::opened;
  return after_value() ? Step::opened : Step::failed;
}

/// Takes a comma, or closes every container that ends here. An empty container comes here too: it
/// has no entry before its closing bracket.
bool Parser::after_value() {
  while (!frames_.empty()) {
    skip_space();
    const Frame frame = frames_.back();
    const char closing = frame.object ? '}' : ']';
    if (next_is(',')) {
      ++at_;
      skip_space();
      return true;
    }
    if (!next_is(closing)) {
      return fault(frame.object ? "expected ',' or '}'" : "expected ',' or ']'");
    }
    if (!close()) return false;
    ++at_;
  }
  return true;
}

bool Parser::close() {
  const Frame frame = frames_.back();
  if (frame.object) {
    if (!names_are_distinct(frame.start)) return false;
    const auto first = members_.begin() + static_cast<std::ptrdiff_t>(frame.start);
    std::vector<Object::Member> own(std::make_move_iterator(first),
                                    std::make_move_iterator(members_.end()));
    members_.erase(first, members_.end());
    name_at_.resize(frame.start);
    frames_.pop_back();
    current().emplace<Object>().members() = std::move(own);
    return true;
  }
  const auto first = values_.begin() + static_cast<std::ptrdiff_t>(frame.start);
  Array own(std::make_move_iterator(first), std::make_move_iterator(values_.end()));
  values_.erase(first, values_.end());
  frames_.pop_back();
  current().emplace<Array>() = std::move(own);
  return true;
}

/// Where the value being read belongs.
Value& Parser::current() {
  if (frames_.empty()) return root_;
  return frames_.back().object ? members_.back().second : values_.back();
}

bool Parser::name_is_new() {
  const std::size_t start = frames_.back().start;
  const std::size_t last = members_.size() - 1;
  if (last - start >= kLinearMembers) return true;  // left to names_are_distinct
  const std::string& name = members_[last].first;
  for (std::size_t i = start; i < last; ++i) {
    if (members_[i].first == name) return fault_at(name_at_[last], "duplicate member");
  }
  return true;
}

/// Large objects are sorted when they close: unlike a hash set that has no bad input.
bool Parser::names_are_distinct(std::size_t start) {
  if (members_.size() - start <= kLinearMembers) return true;
  std::vector<std::size_t> order(members_.size() - start);
  for (std::size_t i = 0; i < order.size(); ++i) order[i] = start + i;
  const auto name = [this](std::size_t i) -> const std::string& { return members_[i].first; };
  std::ranges::sort(order, [&](std::size_t a, std::size_t b) {
    const int by_name = name(a).compare(name(b));
    return by_name != 0 ? by_name < 0 : a < b;
  });
  const auto twin = std::ranges::adjacent_find(order, {}, name);
  if (twin == order.end()) return true;
  const std::size_t second = *std::next(twin);
  members_.resize(second + 1);  // so that the pointer names it
  return fault_at(name_at_[second], "duplicate member");
}

bool Parser::literal(std::string_view word) {
  if (!std::string_view(at_, end_).starts_with(word)) return fault("expected a value");
  at_ += word.size();
  return true;
}

bool Parser::number(Value& slot) {
  if (*at_ != '-' && (*at_ < '0' || *at_ > '9')) return fault("expected a value");
  const std::size_t length = number_length({at_, end_});
  if (length == 0) return fault("malformed number");
  const std::string_view text(at_, length);
  if (!number_is_finite(text)) return fault("number beyond the range of double");
  slot.emplace<Number>().text = text;
  at_ += length;
  return true;
}

/// After the opening quote.
bool Parser::string(std::string& out) {
  const char* run = at_;
  while (true) {
    at_ = skip_plain(at_, end_);
    if (at_ == end_) return fault("unexpected end of text in a string");
    const auto byte = static_cast<unsigned char>(*at_);
    if (byte == '"') {
      out.append(run, at_);
      ++at_;
      return true;
    }
    if (byte == '\\') {
      out.append(run, at_);
      const Escape escape = decode_escape(at_, end_, out);
      if (escape.length == 0) return fault(escape.fault);
      at_ += escape.length;
      run = at_;
    } else if (byte >= 0x80) {
      const std::size_t length = utf8_sequence({at_, end_});
      if (length == 0) return fault("invalid UTF-8");
      at_ += length;
    } else {
      return fault("control character in a string, must be escaped");
    }
  }
}

void Parser::skip_space() {
  while (at_ != end_ && (*at_ == ' ' || *at_ == '\n' || *at_ == '\r' || *at_ == '\t')) ++at_;
}

bool Parser::fault_at(const char* at, std::string_view what) {
  fault_at_ = at;
  what_ = what;
  return false;
}

/// Of the entry that was being read: the last one of each open container.
std::string Parser::pointer() const {
  std::string out;
  std::size_t last_named = frames_.size();  // none
  if (between_members_) last_named = frames_.size() - 1;
  for (std::size_t i = 0; i < frames_.size(); ++i) {
    const Frame& frame = frames_[i];
    std::size_t stop = frame.object ? members_.size() : values_.size();
    for (std::size_t k = frames_.size() - 1; k > i; --k) {
      if (frames_[k].object == frame.object) stop = frames_[k].start;
    }
    if (stop == frame.start || i == last_named) continue;
    if (frame.object) {
      append_pointer(members_[stop - 1].first, out);
    } else {
      append_pointer(std::to_string(stop - 1 - frame.start), out);
    }
  }
  return out;
}

Error Parser::error() const {
  std::string where = pointer();
  std::string what = fmt::format("{} (byte {})", what_, fault_at_ - begin_);
  std::string message = where.empty() ? what : fmt::format("{}: {}", where, what);
  return Error(Code::invalid_argument, reason::kParseError, std::move(message))
      .with_field(std::move(where), std::move(what));
}

}  // namespace

Result<Value> parse(std::string_view text, const ParseLimits& limits) {
  return Parser(text, limits).run();
}

}  // namespace flotilla::json
