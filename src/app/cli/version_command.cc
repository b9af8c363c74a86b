#include "app/cli/version_command.h"

#include <ostream>

#include "app/cli/remote.h"
#include "app/version.h"
#include "async/cancel.h"

namespace flotilla::app {

namespace {

constexpr Duration kPatience = std::chrono::seconds(5);

void print_version(const VersionOptions& options, const json::Value& server, Io& io) {
  if (options.format == Format::json || options.format == Format::yaml) {
    json::Object out{{"client", json::Object{{"version", kVersion}}}};
    if (!server.is_null()) out.append("server", server);
    print_value(std::move(out), options.format, io);
    return;
  }
  io.out << "client: " << kVersion << "\n";
  if (!server.is_null())
    io.out << "server: " << printable_line(text_at(server, {"version"})) << "\n";
}

Async<Result<Exit>> run_version(const VersionOptions& options, Io& io, Remote& remote) {
  Clock& clock = system_clock();
  auto call = remote.get("/api/v1/version");
  const SteadyTime deadline = clock.steady_now() + kPatience;
  auto server = co_await with_deadline(std::move(call), deadline, clock);
  if (server && *server) {
    print_version(options, **server, io);
    co_return Exit::done;
  }
  print_version(options, json::Value(), io);
  // A server is not needed to say which client this is.
  io.err << "server: ";
  if (server)
    io.err << server->error().message() << "\n";
  else
    io.err << remote.target().url << " did not answer\n";
  co_return Exit::done;
}

}  // namespace

Exit show_version(const VersionOptions& options, Io& io) {
  if (options.client_only) {
    print_version(options, json::Value(), io);
    return Exit::done;
  }
  return run_remote(options.client, io,
                    [&](Remote& remote) { return run_version(options, io, remote); });
}

}  // namespace flotilla::app
