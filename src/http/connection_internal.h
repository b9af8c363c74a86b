#pragma once

#include <boost/asio/cancellation_signal.hpp>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "http/core_internal.h"
#include "http/message.h"
#include "http/request_reader_internal.h"
#include "http/response_head_internal.h"
#include "http/transport_internal.h"

namespace flotilla::http {

/// One connection: reads requests, calls the handler, writes answers in order. Its coroutine run()
/// is its life; it keeps itself alive until that ends, and is otherwise driven by its shard's
/// sweep. One loop.
///
/// Nothing is armed per request: a read that takes too long, a client that went away while a
/// handler runs and a due heartbeat are all found by the sweep, which costs a request nothing.
class Connection final : public std::enable_shared_from_this<Connection>, private BodyWriter {
 public:
  Connection(std::shared_ptr<Shard> shard, std::unique_ptr<Transport> transport, std::string peer);
  ~Connection() override;

  /// Begins its life. With `refusal` the connection only says why it is not served.
  static void start(const std::shared_ptr<Connection>& self, std::function<void()> ended,
                    std::optional<Fault> refusal);

  void sweep();
  void begin_drain();
  void cut();

  /// Position in the shard's list, kept by the shard.
  std::size_t index = 0;

 private:
  enum class Phase : std::uint8_t {
    handshake,
    idle,
    head,
    body,
    handling,
    streaming,
    writing,
    lingering,
  };

  // connection.cc: life and reading
  Async<> run(std::optional<Fault> refusal);
  Async<> serve();
  Async<bool> handshake();
  Async<bool> read_request();
  void enter_read_phase();
  void note_progress(std::size_t bytes);
  /// Whether reading goes on; else the connection ends, after an answer where one is due.
  bool survives(const boost::system::error_code& error);
  Async<> linger();

  // connection_answer.cc: from a request to its answer
  Async<> answer();
  Async<Response> respond();
  std::optional<Response> admit();
  std::optional<Response> check_origin(const NotableFields& fields);
  void identify(const NotableFields& fields);
  void note_answer(int status, SteadyTime began);
  Response answer_exception(const std::exception_ptr& exception);
  void queue_fault(const Fault& fault);
  void queue_head(const Response& response, Framing::Body body);

  // connection_stream.cc: output
  Async<> stream(std::move_only_function<Async<>(BodyWriter&)> body);
  void append_chunk(const std::vector<std::string_view>& pieces);
  void send_heartbeat();
  /// Sends what fits now; true when nothing is left to send (or nobody to send it to).
  bool flush_now();
  Async<> flush();
  /// Earlier answers of a pipeline leave although the handler that now runs may take long.
  void flush_soon();
  void drop_output();
  void fail_output();

  // connection_sweep.cc: what time and the peer bring
  void end_read();
  void end_slow_reader();
  void look_after_peer();
  void watch_peer();
  void on_peer_event(const boost::system::error_code& error);
  void cancel_work();

  // BodyWriter
  Async<Result<>> write(std::vector<std::string_view> pieces) override;
  void heartbeat(Duration interval, std::string_view comment) override;
  [[nodiscard]] bool draining() const override { return shard_->draining(); }
  void on_drain(std::move_only_function<void()> callback) override;

  /// Only while a response is streamed.
  struct Stream {
    Duration interval{};
    std::string comment;
    SteadyTime last_write;
    std::move_only_function<void()> on_drain;
  };

  std::shared_ptr<Shard> shard_;
  Core& core_;
  std::unique_ptr<Transport> transport_;
  std::string peer_;
  boost::asio::cancellation_signal cancel_;
  RequestReader reader_;
  Request request_;
  std::string out_;
  std::size_t out_sent_ = 0;
  std::string extra_lines_;     // of the current response
  std::string client_subject_;  // TLS
  std::string known_host_;      // the Host that was checked last
  std::unique_ptr<Stream> stream_;
  SteadyTime deadline_ = SteadyTime::max();        // of reading, lingering
  SteadyTime write_deadline_ = SteadyTime::max();  // of the output in hand
  std::size_t body_progress_ = 0;
  unsigned idle_sweeps_ = 0;
  Phase phase_ = Phase::handshake;
  const bool trusted_proxy_;  // its word about the caller is believed
  bool served_any_ = false;
  bool closing_ = false;    // after the answers in hand
  bool lingers_ = false;    // closing so that the peer can read the last answer
  bool timed_out_ = false;  // the sweep has ended the read
  bool give_back_buffer_ = false;
  bool output_failed_ = false;
  bool slow_reader_ = false;
  bool cancelled_ = false;  // our own cancellation is on its way through the handler
  bool writing_ = false;    // flush() is waiting
  bool flush_posted_ = false;
  bool watching_ = false;
  bool chunked_ = false;
};

}  // namespace flotilla::http
