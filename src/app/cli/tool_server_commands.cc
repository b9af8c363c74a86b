#include "app/cli/command_line_internal.h"
#include "app/cli/command_text.h"

namespace flotilla::app {

void CommandLine::add_tool_servers() {
  CLI::App& group = add_group("toolservers", "MCP servers whose tools are offered at /mcp");
  CLI::App& tools = add_command(group, texts::kToolServersTools,
                                [this](Io& io) { return list_tools(tool_server_, io); });
  CLI::App& approve = add_command(group, texts::kToolServersApprove,
                                  [this](Io& io) { return approve_tools(tool_server_, io); });
  for (CLI::App* command : {&tools, &approve})
    command->add_option("SERVER", tool_server_.name, "NAME or NAMESPACE/NAME")
        ->required()
        ->type_name("");
  approve.add_option("TOOL", tool_server_.tools, "Names as they are shown; none: all")
      ->type_name("");
  CLI::App& call = add_command(group, texts::kToolServersCall,
                               [this](Io& io) { return call_tool(tool_server_, io); });
  call.add_option("TOOL", tool_server_.tool, "Name as /mcp shows it")->required()->type_name("");
  call.add_option("ARGUMENTS", tool_server_.arguments, "A JSON object")->type_name("JSON");
  for (CLI::App* command : {&tools, &approve, &call}) {
    add_format(*command, tool_server_.format, kDocumentFormats);
    add_client_flags(*command, tool_server_.client);
  }
}

}  // namespace flotilla::app
