#include <fmt/format.h>

#include <boost/asio/buffer.hpp>
#include <boost/asio/error.hpp>
#include <boost/beast/core/buffers_range.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/error.hpp>
#include <boost/beast/http/parser.hpp>
#include <utility>

#include "http/client_exchange_internal.h"

namespace flotilla::http {

namespace asio = boost::asio;
namespace beast = boost::beast;
using boost::system::error_code;

namespace {

constexpr std::size_t kWrittenTogether = std::size_t{64} << 10;

/// A Beast body that collects what has arrived until the reader takes it. Unlike string_body it
/// reserves nothing on the word of a Content-Length.
struct PieceBody {
  using value_type = std::string;

  class reader {
   public:
    template <bool isRequest, class Fields>
    reader(boost::beast::http::header<isRequest, Fields>& /*header*/, std::string& body)
        : body_(body) {}
    void init(const boost::optional<std::uint64_t>& /*length*/, boost::beast::error_code& error) {
      error = {};
    }
    template <class Buffers>
    std::size_t put(const Buffers& buffers, boost::beast::error_code& error) {
      error = {};
      std::size_t count = 0;
      for (const auto buffer : boost::beast::buffers_range_ref(buffers)) {
        body_.append(static_cast<const char*>(buffer.data()), buffer.size());
        count += buffer.size();
      }
      return count;
    }
    void finish(boost::beast::error_code& error) { error = {}; }

   private:
    std::string& body_;
  };
};

}  // namespace

struct ClientExchange::Parser {
  beast::flat_buffer buffer;
  std::optional<beast::http::response_parser<PieceBody>> parser;
  bool got_bytes = false;

  // Beast keeps one message per parser.
  void begin(const ExchangeOptions& options) {
    parser.emplace();
    parser->eager(true);
    parser->header_limit(kResponseHeaderLimit);
    if (options.body_limit) {
      parser->body_limit(*options.body_limit);
    } else {
      parser->body_limit(boost::none);
    }
    parser->skip(options.head_method);
  }
};

ClientExchange::ClientExchange(std::unique_ptr<ClientConnection> connection,
                               ExchangeOptions options, Watch watch)
    : connection_(std::move(connection)),
      options_(std::move(options)),
      watch_(std::move(watch)),
      parser_(std::make_unique<Parser>()) {}

ClientExchange::~ClientExchange() = default;

Error ClientExchange::late() const {
  return Error(Code::deadline_exceeded, options_.peer + " did not answer in time");
}

Error ClientExchange::parse_failure(const error_code& error) const {
  if (error == beast::http::error::body_limit) {
    return Error(Code::resource_exhausted, reason::kLimitExceeded,
                 fmt::format("the response of {} is larger than {} bytes", options_.peer,
                             options_.body_limit.value_or(0)));
  }
  if (error == beast::http::error::header_limit || error == beast::http::error::buffer_overflow) {
    return Error(Code::resource_exhausted, reason::kLimitExceeded,
                 fmt::format("the response head of {} is larger than {} bytes", options_.peer,
                             kResponseHeaderLimit));
  }
  if (error == beast::http::error::partial_message || error == beast::http::error::end_of_stream) {
    return Error(Code::unavailable, options_.peer + " cut the connection within its response");
  }
  return Error(Code::unavailable,
               fmt::format("{} sent malformed HTTP: {}", options_.peer, error.message()));
}

Async<Result<>> ClientExchange::start(const std::string& head, const std::string& body) {
  return within(send_and_read_head(head, body), watch_, late());
}

Async<Result<>> ClientExchange::send_and_read_head(const std::string& head,
                                                   const std::string& body) {
  // What is small goes out at once: two writes are two packets and wake the peer twice.
  const bool together = body.size() <= kWrittenTogether;
  std::string first = head;
  if (together) first += body;
  auto sent = co_await send(first);
  if (sent && !together) sent = co_await send(body);
  request_complete_ = sent.has_value();
  // A peer may refuse a body early: its answer says more than the broken pipe.
  auto answered = co_await read_head();
  if (!answered && !sent) co_return sent;
  co_return answered;
}

Async<Result<>> ClientExchange::send(const std::string& bytes) {
  std::size_t offset = 0;
  while (offset < bytes.size()) {
    const auto done = co_await connection_->write_some(asio::buffer(bytes) + offset);
    if (done.error) {
      co_return fail(Error(Code::unavailable, fmt::format("the request to {} could not be sent: {}",
                                                          options_.peer, done.error.message())));
    }
    offset += done.count;
    written_ += done.count;
    watch_.touch();
  }
  co_return ok();
}

Async<Result<>> ClientExchange::read_head() {
  for (int interim = 0; interim < kMaxInterimResponses; ++interim) {
    parser_->begin(options_);
    while (!parser_->parser->is_header_done()) CO_TRY_VOID(co_await advance());
    const unsigned status = parser_->parser->get().result_int();
    if (status == 101) {
      co_return fail(Error(Code::unavailable, options_.peer + " switched protocols unasked"));
    }
    if (status >= 200) {
      take_head();
      co_return ok();
    }
  }
  co_return fail(Error(Code::unavailable, options_.peer + " sends interim responses only"));
}

void ClientExchange::take_head() {
  auto& message = parser_->parser->get();
  status_ = static_cast<int>(message.result_int());
  for (const auto& field : message) {
    switch (field.name()) {
      case beast::http::field::connection:
      case beast::http::field::keep_alive:
      case beast::http::field::proxy_connection:
      case beast::http::field::transfer_encoding:
      case beast::http::field::trailer:
      case beast::http::field::upgrade:
        break;
      default:
        headers_.add(std::string(field.name_string()), std::string(field.value()));
    }
  }
}

Async<Result<>> ClientExchange::advance() {
  auto& parser = *parser_->parser;
  if (parser_->buffer.size() > 0) {
    error_code error;
    const auto used = parser.put(parser_->buffer.data(), error);
    parser_->buffer.consume(used);
    if (error && error != beast::http::error::need_more) co_return fail(parse_failure(error));
    if (used > 0) co_return ok();
  }
  const auto got = co_await connection_->read_some(parser_->buffer.prepare(kReadSize));
  if (got.error) co_return end_of_input(got.error);
  parser_->buffer.commit(got.count);
  parser_->got_bytes = true;
  watch_.touch();
  co_return ok();
}

Result<> ClientExchange::end_of_input(const error_code& why) {
  auto& parser = *parser_->parser;
  if (!parser_->got_bytes) {
    died_unanswered_ = true;
    return fail(
        Error(Code::unavailable, options_.peer + " closed the connection without an answer"));
  }
  if (why != asio::error::eof) {
    return fail(Error(Code::unavailable, fmt::format("the connection to {} was cut: {}",
                                                     options_.peer, why.message())));
  }
  error_code error;
  parser.put_eof(error);
  if (error) return fail(parse_failure(error));
  return ok();
}

Async<Result<bool>> ClientExchange::read(std::string& out) {
  // Small responses are here already with the head: no timer for those.
  if (take_piece(out)) co_return true;
  if (parser_->parser->is_done()) co_return false;
  watch_.touch();
  CO_TRY_VOID(co_await within(await_piece(), watch_, late()));
  co_return take_piece(out);
}

Async<Result<>> ClientExchange::await_piece() {
  auto& parser = *parser_->parser;
  while (parser.get().body().empty() && !parser.is_done()) CO_TRY_VOID(co_await advance());
  co_return ok();
}

bool ClientExchange::take_piece(std::string& out) {
  auto& piece = parser_->parser->get().body();
  if (piece.empty()) return false;
  if (out.empty()) {
    out.swap(piece);
  } else {
    out.append(piece);
    piece.clear();
  }
  return true;
}

std::unique_ptr<ClientConnection> ClientExchange::take_connection() {
  const auto& parser = *parser_->parser;
  const bool reusable = connection_ && request_complete_ && parser.is_done() &&
                        !parser.need_eof() && parser.keep_alive() && parser_->buffer.size() == 0;
  if (!reusable) return nullptr;
  return std::move(connection_);
}

}  // namespace flotilla::http
