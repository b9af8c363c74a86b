#include <algorithm>
#include <boost/asio/buffer.hpp>
#include <boost/beast/http/basic_parser.hpp>
#include <boost/beast/http/error.hpp>
#include <cstring>
#include <optional>
#include <string_view>
#include <utility>

#include "http/limits.h"
#include "http/request_reader_internal.h"

namespace flotilla::http {
namespace {

namespace beast = boost::beast;

std::string_view view(beast::string_view text) {
  return {text.data(), text.size()};
}

std::optional<Method> method_of(beast::http::verb verb) {
  switch (verb) {
    case beast::http::verb::get:
      return Method::get;
    case beast::http::verb::head:
      return Method::head;
    case beast::http::verb::post:
      return Method::post;
    case beast::http::verb::put:
      return Method::put;
    case beast::http::verb::patch:
      return Method::patch;
    case beast::http::verb::delete_:
      return Method::delete_;
    case beast::http::verb::options:
      return Method::options;
    default:
      return std::nullopt;
  }
}

constexpr const char* kLongChunkLine =
    "a chunk's head or the trailers are longer than this server accepts";

bool all_digits(std::string_view text) {
  return !text.empty() && text.find_first_not_of("0123456789") == std::string_view::npos;
}

/// Whether a request line is well formed but for a version that we do not speak.
bool names_other_version(std::string_view head) {
  const auto line = head.substr(0, head.find('\r'));
  const auto version = line.substr(line.rfind(' ') + 1);
  return std::ranges::count(line, ' ') == 2 && version.size() == 8 &&
         version.starts_with("HTTP/") && all_digits(version.substr(5, 1)) && version[6] == '.' &&
         all_digits(version.substr(7));
}

/// Forgets a request but keeps the memory of its strings for the next one of the connection.
void clear(Request& request) {
  request.target.clear();
  request.path.clear();
  request.query.clear();
  request.headers.clear();
  request.body.clear();
  request.context = Context();
  request.params.clear();
}

Fault fault_of(const beast::error_code& code) {
  using beast::http::error;
  if (code == error::body_limit) return {413, "the body is larger than this server accepts"};
  if (code == error::bad_version) return {400, "the request line does not end in an HTTP version"};
  if (code == error::bad_method) return {400, "the request line does not begin with a method"};
  if (code == error::bad_target) return {400, "the request target is empty or malformed"};
  if (code == error::bad_field) return {400, "a header field name is malformed"};
  if (code == error::bad_value) return {400, "a header field value is malformed"};
  if (code == error::bad_content_length || code == error::multiple_content_length) {
    return {400, "Content-Length is malformed, repeated or beside Transfer-Encoding"};
  }
  if (code == error::bad_transfer_encoding) {
    return {400, "Transfer-Encoding is repeated or beside Content-Length"};
  }
  if (code == error::bad_chunk || code == error::bad_chunk_extension) {
    return {400, "the chunked body is malformed"};
  }
  return {400, "the request is malformed"};
}

}  // namespace

/// Beast's parser writing straight into our Request. One message each.
class RequestReader::Parser final : public beast::http::basic_parser<true> {
 public:
  /// Makes it ready for the next message: Beast's parsers serve one.
  void restart(Request& request, std::size_t header_limit, std::size_t body_limit) {
    std::destroy_at(this);
    std::construct_at(this);
    request_ = &request;
    this->header_limit(static_cast<std::uint32_t>(header_limit + 1));
    this->body_limit(body_limit);
    clear(request);
  }

  [[nodiscard]] const Fault& fault() const { return fault_; }
  [[nodiscard]] bool expects_continue() const { return expects_continue_; }
  [[nodiscard]] bool http_1_1() const { return version_ >= 11; }
  [[nodiscard]] std::size_t body_size() const { return request_->body.size(); }

 private:
  void refuse(int status, std::string message, beast::error_code& error) {
    fault_ = Fault{status, std::move(message)};
    error = beast::http::error::bad_value;
  }

  void on_request_impl(beast::http::verb verb, beast::string_view method, beast::string_view target,
                       int version, beast::error_code& error) override {
    version_ = version;
    const auto known = method_of(verb);
    if (!known) {
      return refuse(501, "method " + std::string(view(method).substr(0, 32)) + " is not offered",
                    error);
    }
    request_->method = *known;
    request_->target = view(target);
    std::string_view rest = request_->target;
    if (rest.starts_with("http://") || rest.starts_with("https://")) {
      rest.remove_prefix(rest.find("//") + 2);
      const auto path = rest.find_first_of("/?");
      authority_ = rest.substr(0, path);
      rest = path == std::string_view::npos ? std::string_view{} : rest.substr(path);
      if (authority_.empty()) return refuse(400, "the request target names no host", error);
    } else if (!rest.starts_with('/') && !(rest == "*" && *known == Method::options)) {
      return refuse(400, "the request target must be a path that begins with '/'", error);
    }
    if (rest.contains('#')) return refuse(400, "the request target has a fragment", error);
    const auto mark = rest.find('?');
    request_->path = rest.substr(0, mark);
    if (request_->path.empty()) request_->path = "/";
    if (mark != std::string_view::npos) request_->query = rest.substr(mark + 1);
  }

  void on_field_impl(beast::http::field field, beast::string_view name, beast::string_view value,
                     beast::error_code& error) override {
    if (in_trailers_) return;  // never merged: a trailer must not pass for a checked header field
    if (++fields_ > kMaxFields) return refuse(431, "the request has too many header fields", error);
    switch (field) {
      case beast::http::field::host:
        ++hosts_;
        break;
      case beast::http::field::content_length:
        if (++lengths_ > 1 || !all_digits(view(value))) {
          return refuse(400, "Content-Length must be given once, as a number", error);
        }
        break;
      case beast::http::field::transfer_encoding:
        coded_ = true;
        if (!iequals(view(value), "chunked")) {
          return refuse(501, "the only Transfer-Encoding understood is chunked", error);
        }
        break;
      case beast::http::field::expect:
        if (!iequals(view(value), "100-continue")) {
          return refuse(417, "the only Expect understood is 100-continue", error);
        }
        expects_continue_ = true;
        break;
      default:
        break;
    }
    request_->headers.add(std::string(view(name)), std::string(view(value)));
  }

  void on_header_impl(beast::error_code& error) override {
    in_trailers_ = true;
    if (hosts_ > 1 || (hosts_ == 0 && http_1_1())) {
      return refuse(400, "a request must have exactly one Host header field", error);
    }
    if (coded_ && lengths_ > 0) {
      return refuse(400, "Content-Length and Transfer-Encoding exclude each other", error);
    }
    if (coded_ && !http_1_1()) {
      return refuse(400, "HTTP/1.0 does not know Transfer-Encoding", error);
    }
    expects_continue_ = expects_continue_ && http_1_1();
    // RFC 9112 section 3.2.2: the host of an absolute target overrides the field.
    if (!authority_.empty()) request_->headers.set("Host", std::string(authority_));
  }

  void on_body_init_impl(const boost::optional<std::uint64_t>& length,
                         beast::error_code& /*error*/) override {
    if (length) request_->body.reserve(std::min<std::size_t>(*length, kBodyReserve));
  }
  std::size_t on_body_impl(beast::string_view bytes, beast::error_code& /*error*/) override {
    request_->body.append(bytes.data(), bytes.size());
    return bytes.size();
  }
  void on_chunk_header_impl(std::uint64_t /*size*/, beast::string_view /*extensions*/,
                            beast::error_code& /*error*/) override {}
  std::size_t on_chunk_body_impl(std::uint64_t /*remain*/, beast::string_view bytes,
                                 beast::error_code& /*error*/) override {
    request_->body.append(bytes.data(), bytes.size());
    return bytes.size();
  }
  void on_finish_impl(beast::error_code& /*error*/) override {}
  void on_response_impl(int /*status*/, beast::string_view /*reason*/, int /*version*/,
                        beast::error_code& /*error*/) override {}

  Request* request_ = nullptr;
  Fault fault_;
  std::string authority_;
  std::size_t fields_ = 0;
  int version_ = 11;
  int hosts_ = 0;
  int lengths_ = 0;
  bool coded_ = false;
  bool expects_continue_ = false;
  bool in_trailers_ = false;
};

RequestReader::RequestReader(ReadLimits limits) : limits_(limits) {}
RequestReader::~RequestReader() = default;

std::span<char> RequestReader::prepare() {
  if (begin_ == end_) {
    begin_ = end_ = 0;
    const std::size_t wanted = large_body_ ? kBodyReadBuffer : kReadBuffer;
    if (capacity_ < wanted || (capacity_ > kReadBuffer && !in_body_)) resize(wanted);
  } else if (end_ == capacity_ && begin_ > 0) {
    std::memmove(data_.get(), data_.get() + begin_, buffered());
    end_ = buffered();
    begin_ = 0;
  } else if (end_ == capacity_) {
    resize(std::max(kReadBuffer, capacity_ * 2));
  }
  return {data_.get() + end_, capacity_ - end_};
}

void RequestReader::resize(std::size_t capacity) {
  auto larger = std::make_unique_for_overwrite<char[]>(capacity);
  if (buffered() > 0) std::memcpy(larger.get(), data_.get() + begin_, buffered());
  end_ = buffered();
  begin_ = 0;
  data_ = std::move(larger);
  capacity_ = capacity;
}

void RequestReader::commit(std::size_t bytes) {
  end_ += bytes;
}

void RequestReader::release() {
  if (buffered() > 0) {
    resize(buffered());
  } else {
    data_.reset();
    capacity_ = begin_ = end_ = 0;
  }
  if (!in_body_) parser_.reset();
}

bool RequestReader::take_expect_continue() {
  return std::exchange(expect_continue_, false);
}

RequestReader::Progress RequestReader::fail_with(int status, std::string message) {
  fault_ = Fault{status, std::move(message)};
  return Progress::failed;
}

RequestReader::Progress RequestReader::parse(Request& request) {
  return in_body_ ? parse_body() : parse_head(request);
}

void RequestReader::skip_empty_lines() {
  // RFC 9112 section 2.2: some clients end a body with a line end too many.
  while (line_ == 0 && buffered() >= 2 && data_[begin_] == '\r' && data_[begin_ + 1] == '\n') {
    begin_ += 2;
  }
}

bool RequestReader::check_line(std::size_t line_feed) {
  const char* line = data_.get() + begin_ + line_;
  if (line_feed == line_ || data_[begin_ + line_feed - 1] != '\r') {
    fault_ = Fault{400, "a line of the head ends in a bare line feed"};
  } else if (line_ > 0 && (*line == ' ' || *line == '\t')) {
    fault_ = Fault{400, "a header field is folded over two lines"};
  }
  return fault_.status == 0;
}

std::size_t RequestReader::find_head_end() {
  const std::string_view bytes(data_.get() + begin_, buffered());
  for (;;) {
    const auto line_feed = bytes.find('\n', line_);
    if (line_feed == std::string_view::npos) break;
    if (!check_line(line_feed)) return 0;
    const bool empty = line_feed == line_ + 1;
    if (line_ == 0 && line_feed > kRequestLineLimit) break;
    line_ = line_feed + 1;
    if (line_ > limits_.header) break;
    if (empty) return line_;
  }
  if (line_ == 0 && bytes.size() > kRequestLineLimit) {
    fault_ = Fault{414, "the request line is longer than this server accepts"};
  } else if (bytes.size() > limits_.header) {
    fault_ = Fault{431, "the header is larger than this server accepts"};
  }
  return 0;
}

RequestReader::Progress RequestReader::parse_head(Request& request) {
  skip_empty_lines();
  const std::size_t head = find_head_end();
  if (fault_.status != 0) return Progress::failed;
  if (head == 0) return Progress::need_more;
  if (!parser_) parser_ = std::make_unique<Parser>();
  parser_->restart(request, limits_.header, limits_.body);
  line_ = 0;
  in_body_ = true;
  beast::error_code error;
  begin_ += parser_->put(boost::asio::buffer(data_.get() + begin_, head), error);
  // A message without body counts as done for the parser even when its head was refused.
  if (error && error != beast::http::error::need_more) {
    fault_ = parser_->fault().status != 0 ? parser_->fault() : fault_of(error);
    const std::string_view text(data_.get() + begin_, head);
    if (error == beast::http::error::bad_version && names_other_version(text)) {
      fault_ = Fault{505, "the HTTP versions understood are 1.1 and 1.0"};
    }
    return Progress::failed;
  }
  if (parser_->is_done()) return finish();
  expect_continue_ = parser_->expects_continue() && buffered() == 0;
  return parse_body();
}

RequestReader::Progress RequestReader::parse_body() {
  beast::error_code error;
  // Beast asserts that a last chunk which it has seen the line of comes again with more than four
  // bytes. A chunked body ends in five, so less can wait.
  const std::size_t least = parser_->chunked() ? 5 : 1;
  // One element at a time, so that the limit of a line does not depend on how the bytes arrive.
  while (!error && !parser_->is_done() && buffered() >= least) {
    const std::size_t body = parser_->body_size();
    const auto taken = parser_->put(boost::asio::buffer(data_.get() + begin_, buffered()), error);
    begin_ += taken;
    if (parser_->chunked() && taken - (parser_->body_size() - body) > kChunkLineLimit)
      return fail_with(400, kLongChunkLine);
  }
  if (error && error != beast::http::error::need_more) {
    fault_ = fault_of(error);
    return Progress::failed;
  }
  if (parser_->is_done()) return finish();
  large_body_ = parser_->body_size() > kReadBuffer;
  if (buffered() > kChunkLineLimit) {
    return fail_with(400, kLongChunkLine);
  }
  return Progress::need_more;
}

RequestReader::Progress RequestReader::finish() {
  in_body_ = false;
  large_body_ = false;
  expect_continue_ = false;
  keep_alive_ = parser_->keep_alive();
  http_1_1_ = parser_->http_1_1();
  return Progress::done;
}

}  // namespace flotilla::http
