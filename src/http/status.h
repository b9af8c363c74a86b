#pragma once

#include <optional>
#include <string>

#include "base/error.h"
#include "base/time.h"
#include "http/message.h"

/// What a response without a body that says more means to whoever asked.
namespace flotilla::http {

/// The house's error class of a status that is no success; the counterpart of status_of().
Code code_of_status(int status);

/// As `Date` and `Last-Modified` say a time: `Sun, 06 Nov 1994 08:49:37 GMT`.
std::string to_http_date(Time time);

/// How long `Retry-After` asks to wait (RFC 9110 section 10.2.3): seconds, or a date, which is
/// measured against the response's own `Date` so that clocks need not agree. Nullopt when absent
/// or malformed; never negative, at most a day.
std::optional<Duration> retry_after(const Headers& headers);

}  // namespace flotilla::http
