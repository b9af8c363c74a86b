#include <boost/asio/post.hpp>
#include <chrono>
#include <exception>
#include <utility>

#include "base/log.h"
#include "http/connection_internal.h"
#include "http/limits.h"
#include "telemetry/trace.h"

namespace flotilla::http {
namespace {

constexpr Log kLog("http");

Error error_of(const Fault& fault) {
  switch (fault.status) {
    case 408:
      return {Code::deadline_exceeded, fault.message};
    case 413:
    case 414:
    case 431:
      return {Code::resource_exhausted, reason::kLimitExceeded, fault.message};
    case 417:
    case 501:
    case 505:
      return {Code::unimplemented, fault.message};
    case 429:
      return {Code::resource_exhausted, reason::kLimitExceeded, fault.message};
    case 503:
      return {Code::unavailable, fault.message};
    default:
      return {Code::invalid_argument, reason::kInvalidRequest, fault.message};
  }
}

Response too_many_requests() {
  Response response = Response::problem(
      Error(Code::resource_exhausted, reason::kLimitExceeded,
            "too many requests a second from this address; try again in a second"));
  response.headers.add("Retry-After", "1");
  return response;
}

Response answer_for_server() {
  Response response;
  response.status = 204;
  response.headers.add("Allow", "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS");
  return response;
}

}  // namespace

Async<> Connection::answer() {
  phase_ = Phase::handling;
  deadline_ = SteadyTime::max();
  served_any_ = true;
  extra_lines_.clear();
  const SteadyTime began = core_.clock.steady_now();
  Response response = co_await respond();
  phase_ = Phase::writing;
  if (output_failed_) co_return;
  closing_ = closing_ || !reader_.keep_alive() || shard_->draining();
  const bool for_head = request_.method == Method::head;
  note_answer(response.status, began);
  if (response.stream) {
    chunked_ = reader_.http_1_1();
    closing_ = closing_ || !chunked_;
    lingers_ = closing_;
    queue_head(response, chunked_ ? Framing::Body::chunked : Framing::Body::until_close);
    auto body = std::move(response.stream);
    response = Response();
    if (!for_head) co_await stream(std::move(body));
    co_return;
  }
  lingers_ = closing_;
  const bool has_body = may_have_body(response.status);
  queue_head(response, has_body ? Framing::Body::sized : Framing::Body::none);
  if (request_.body.capacity() > kKeptOutput) std::string().swap(request_.body);
  if (has_body && !for_head && response.body.size() >= kLargeBody) {
    if (!flush_now()) co_await flush();
    if (output_failed_) co_return;
    out_ = std::move(response.body);
  } else if (has_body && !for_head) {
    out_ += response.body;
  }
  if (out_.size() >= kOutputGather && !flush_now()) co_await flush();
}

void Connection::note_answer(int status, SteadyTime began) {
  const Duration took = core_.clock.steady_now() - began;
  core_.metrics.count_response(status);
  core_.metrics.seconds.observe(took);
  if (!Log::enabled(LogLevel::debug)) return;
  kLog.debug("request answered", {{"request", request_.context.request_id},
                                  {"peer", request_.peer},
                                  {"method", to_string(request_.method)},
                                  {"path", request_.path},
                                  {"status", status},
                                  {"took", took}});
}

Async<Response> Connection::respond() {
  Response response;
  if (auto refusal = admit()) {
    response = std::move(*refusal);
    co_return response;
  }
  if (!out_.empty() && transport_->is_tls()) {
    co_await flush();
  } else if (!out_.empty()) {
    flush_soon();
  }
  try {
    response = co_await core_.handler(request_);
  } catch (...) {
    response = answer_exception(std::current_exception());
  }
  co_return response;
}

Response Connection::answer_exception(const std::exception_ptr& exception) {
  if (cancelled_) {
    fail_output();
    return {};
  }
  const char* what = "unknown exception";
  try {
    std::rethrow_exception(exception);
  } catch (const std::exception& error) {
    what = error.what();
    kLog.error("a handler failed",
               {{"request", request_.context.request_id}, {"path", request_.path}, {"what", what}});
  } catch (...) {
    kLog.error("a handler failed",
               {{"request", request_.context.request_id}, {"path", request_.path}, {"what", what}});
  }
  return Response::problem(
      Error(Code::internal, "this request failed; its id is " + request_.context.request_id));
}

void Connection::identify(const NotableFields& fields) {
  request_.peer = peer_;
  request_.tls = transport_->is_tls();
  request_.client_certificate_subject = client_subject_;
  if (trusted_proxy_) {
    request_.peer = core_.admission.caller(fields, peer_);
    request_.tls = request_.tls || iequals(fields.forwarded_proto, "https");
  }
  if (is_sane_request_id(fields.request_id)) {
    request_.context.request_id = fields.request_id;
  } else {
    request_.context.request_id = shard_->make_request_id();
  }
  if (telemetry::parse_traceparent(fields.traceparent))
    request_.context.traceparent = fields.traceparent;
}

std::optional<Response> Connection::admit() {
  const NotableFields fields = notable_fields(request_.headers);
  identify(fields);
  if (core_.options.max_requests_per_peer > 0) {
    const auto now = core_.clock.steady_now().time_since_epoch();
    const auto second = std::chrono::duration_cast<std::chrono::seconds>(now).count();
    if (!core_.peers.count_request(request_.peer, second, core_.options.max_requests_per_peer)) {
      return too_many_requests();
    }
  }
  if (fields.host.empty() || fields.host != known_host_) {
    if (auto refusal = core_.admission.check_host(fields.host)) return refusal;
    known_host_ = fields.host;
  }
  if (core_.admission.answers_depend_on_origin()) extra_lines_ += "Vary: Origin\r\n";
  if (!fields.origin.empty()) {
    if (auto response = check_origin(fields)) return response;
  }
  if (request_.path == "*") return answer_for_server();
  return std::nullopt;
}

std::optional<Response> Connection::check_origin(const NotableFields& fields) {
  switch (core_.admission.classify_origin(fields.origin, fields.host)) {
    case Admission::OriginClass::own:
      return std::nullopt;
    case Admission::OriginClass::foreign:
      return refuse_origin();
    case Admission::OriginClass::allowed:
      break;
  }
  extra_lines_ += cors_lines(fields.origin);
  if (is_preflight(request_)) return answer_preflight(request_);
  return std::nullopt;
}

void Connection::queue_fault(const Fault& fault) {
  Response response = Response::problem(fault.status, error_of(fault));
  if (fault.status == 503 || fault.status == 429) response.headers.add("Retry-After", "1");
  closing_ = true;
  lingers_ = true;
  extra_lines_.clear();
  request_.context.request_id.clear();
  core_.metrics.count_response(fault.status);
  Framing framing;
  framing.length = response.body.size();
  framing.close = true;
  framing.common = shard_->common_lines();
  append_head(response, framing, out_);
  out_ += response.body;
}

void Connection::queue_head(const Response& response, Framing::Body body) {
  Framing framing;
  framing.body = body;
  framing.length = response.body.size();
  framing.http_1_1 = reader_.http_1_1();
  framing.close = closing_;
  framing.common = shard_->common_lines();
  framing.extra = extra_lines_;
  framing.request_id = request_.context.request_id;
  append_head(response, framing, out_);
}

}  // namespace flotilla::http
