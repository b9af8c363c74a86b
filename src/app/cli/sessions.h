#pragma once

#include <string>

#include "app/cli/list.h"

namespace flotilla::app {

struct SessionOptions {
  ClientFlags client;
  std::string name;  // UID or NAMESPACE/UID
  Format format = Format::human;
};

/// `flotilla sessions list|get`, over the native API.
Exit list_sessions(const ListOptions& options, Io& io);
Exit get_session(const SessionOptions& options, Io& io);

/// `NAME` or `NAMESPACE/NAME` in two; the namespace of the flags when there is none.
std::pair<std::string, std::string> split_name(const std::string& text, const Remote& remote);

/// One session; not_found names the command that lists them.
Async<Result<json::Value>> fetch_session(Remote& remote, std::string uid);

}  // namespace flotilla::app
