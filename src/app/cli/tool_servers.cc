#include "app/cli/tool_servers.h"

#include <fmt/format.h>

#include <ostream>

#include "app/cli/list.h"
#include "app/cli/remote.h"
#include "app/version.h"
#include "async/cancel.h"
#include "json/json.h"
#include "mcp/client.h"

namespace flotilla::app {

namespace {

std::string path_of(const ToolServerOptions& options, const Remote& remote) {
  std::string name_space = remote.name_space();
  std::string name = options.name;
  if (const auto slash = name.find('/'); slash != std::string::npos) {
    name_space = name.substr(0, slash);
    name.erase(0, slash + 1);
  }
  return fmt::format("/api/v1/namespaces/{}/toolservers/{}", http::percent_encode(name_space),
                     http::percent_encode(name));
}

const json::Array* array_at(const json::Value& value, std::string_view member) {
  const auto* object = value.if_object();
  const auto* status = object == nullptr ? nullptr : object->find("status");
  const auto* inner = status == nullptr ? nullptr : status->if_object();
  const auto* found = inner == nullptr ? nullptr : inner->find(member);
  return found == nullptr ? nullptr : found->if_array();
}

Async<Result<Exit>> show_tools(const ToolServerOptions& options, Io& io, Remote& remote) {
  CO_TRY(server, co_await remote.get(path_of(options, remote)));
  const auto* tools = array_at(server, "tools");
  const auto* held = array_at(server, "quarantinedTools");
  if (options.format == Format::json || options.format == Format::yaml) {
    json::Object out;
    out.set("tools", tools == nullptr ? json::Array{} : *tools);
    out.set("quarantinedTools", held == nullptr ? json::Array{} : *held);
    print_value(out, options.format, io);
    co_return Exit::done;
  }
  if (tools != nullptr)
    for (const auto& tool : *tools)
      io.out << printable_line(text_at(tool, {"name"})) << "  "
             << printable_line(text_at(tool, {"description"})) << "\n";
  if (held != nullptr)
    for (const auto& tool : *held)
      io.out << printable_line(text_at(tool, {"name"}))
             << "  quarantined: " << printable_line(text_at(tool, {"reason"})) << "\n";
  co_return Exit::done;
}

Async<Result<Exit>> send_approval(const ToolServerOptions& options, Io& io, Remote& remote) {
  json::Array tools;
  for (const auto& tool : options.tools) tools.emplace_back(tool);
  json::Value body(json::Object{{"tools", std::move(tools)}});
  CO_TRY(server,
         co_await remote.post(path_of(options, remote) + "/approve", std::move(body), true));
  if (options.format == Format::json || options.format == Format::yaml)
    print_value(server, options.format, io);
  else
    io.out << "tools of " << printable_line(options.name) << " approved\n";
  co_return Exit::done;
}

mcp::ClientOptions client_options(const Remote& remote) {
  mcp::ClientOptions options;
  options.url = remote.target().url + "/mcp";
  options.transport = mcp::ClientTransport::streamable_http;
  options.client_info = json::Object{{"name", "flotilla-cli"}, {"version", kVersion}};
  if (!remote.target().token.empty())
    options.headers.emplace_back("Authorization",
                                 Secret("Bearer " + remote.target().token.reveal()));
  return options;
}

Exit print_result(const mcp::Reply& reply, Format format, Io& io) {
  if (const auto* error = std::get_if<mcp::RpcError>(&reply)) {
    io.err << "error: " << printable(error->message) << "\n";
    return Exit::error;
  }
  const auto* done = std::get_if<mcp::Complete>(&reply);
  if (done == nullptr) {
    io.err << "error: the tool asks for input, which this command cannot give\n";
    return Exit::waiting;
  }
  const auto* failed = done->result.find("isError");
  const bool is_error = failed != nullptr && failed->if_bool() != nullptr && *failed->if_bool();
  const auto* content = done->result.find("content");
  if (format == Format::json || format == Format::yaml) {
    print_value(done->result, format, io);
  } else if (content != nullptr && content->if_array() != nullptr) {
    for (const auto& block : *content->if_array()) {
      const auto text = text_at(block, {"text"});
      (is_error ? io.err : io.out)
          << printable(text.empty() ? json::to_string(block) : text) << "\n";
    }
  }
  return is_error ? Exit::error : Exit::done;
}

Async<Result<Exit>> run_call(const ToolServerOptions& options, Io& io, Remote& remote) {
  CO_TRY(arguments, json::parse(options.arguments));
  if (arguments.if_object() == nullptr)
    co_return fail(invalid("ARGUMENTS", "must be a JSON object"));
  CO_TRY(client,
         co_await mcp::Client::connect(&remote.http(), system_clock(), client_options(remote)));
  mcp::CallTool call;
  call.name = options.tool;
  call.arguments = std::move(*arguments.if_object());
  mcp::CallOptions how;
  auto reply = co_await client->call_tool(std::move(call), std::move(how));
  co_await without_cancellation(client->stop());
  if (!reply) co_return fail(reply.error());
  co_return print_result(*reply, options.format, io);
}

}  // namespace

Exit list_tools(const ToolServerOptions& options, Io& io) {
  return run_remote(options.client, io,
                    [&](Remote& remote) { return show_tools(options, io, remote); });
}

Exit approve_tools(const ToolServerOptions& options, Io& io) {
  return run_remote(options.client, io,
                    [&](Remote& remote) { return send_approval(options, io, remote); });
}

Exit call_tool(const ToolServerOptions& options, Io& io) {
  return run_remote(options.client, io,
                    [&](Remote& remote) { return run_call(options, io, remote); });
}

}  // namespace flotilla::app
