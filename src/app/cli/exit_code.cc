#include "app/cli/exit_code.h"

#include <ostream>

namespace flotilla::app {

Exit exit_of(const Error& error) {
  switch (error.code()) {
    case Code::not_found:
      return Exit::not_found;
    case Code::unauthenticated:
    case Code::permission_denied:
      return Exit::not_permitted;
    case Code::unavailable:
    case Code::deadline_exceeded:
    case Code::cancelled:
      return Exit::unreachable;
    case Code::invalid_argument:
    case Code::already_exists:
    case Code::conflict:
    case Code::failed_precondition:
    case Code::resource_exhausted:
    case Code::unimplemented:
    case Code::data_loss:
    case Code::internal:
      break;
  }
  return Exit::error;
}

Exit exit_of(a2a::TaskState state) {
  switch (state) {
    case a2a::TaskState::completed:
      return Exit::done;
    case a2a::TaskState::failed:
    case a2a::TaskState::rejected:
      return Exit::failed;
    case a2a::TaskState::canceled:
      return Exit::canceled;
    case a2a::TaskState::input_required:
    case a2a::TaskState::auth_required:
      return Exit::waiting;
    case a2a::TaskState::unspecified:
    case a2a::TaskState::submitted:
    case a2a::TaskState::working:
      break;
  }
  return Exit::unreachable;
}

Exit report(const Error& error, Io& io) {
  io.err << "flotilla: " << error.message() << "\n";
  for (const FieldViolation& violation : error.violations()) {
    // Many messages name their field already.
    if (error.message().find(violation.description) != std::string::npos) continue;
    io.err << "  " << violation.field << ": " << violation.description << "\n";
  }
  io.err.flush();
  return exit_of(error);
}

}  // namespace flotilla::app
