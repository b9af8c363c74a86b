#include "app/cli/serve.h"

#include <ostream>

#include "app/cli/files.h"
#include "app/node.h"
#include "base/log.h"
#include "json/json.h"

namespace flotilla::app {

namespace {

std::string config_path(const std::vector<config::Entry>& flags, const Io& io) {
  for (const config::Entry& flag : flags) {
    if (flag.key == "config" && flag.texts.size() == 1) return flag.texts.front();
  }
  return io.variable("FLOTILLA_CONFIG").value_or("");
}

Error bad_file(const std::string& path, const std::string& what) {
  return Error(Code::invalid_argument, reason::kInvalidConfig, "config: " + path + ": " + what);
}

Result<std::vector<config::Entry>> read_config_file(const std::string& path) {
  auto text = read_file(path);
  if (!text) return fail(bad_file(path, text.error().message()));
  auto entries = json::parse_flat_yaml(*text);
  if (!entries) return fail(bad_file(path, entries.error().message()));
  std::vector<config::Entry> out;
  for (json::YamlEntry& entry : *entries) {
    if (entry.key == "config") return fail(bad_file(path, "a file cannot name another file"));
    out.push_back(
        {std::move(entry.key), std::move(entry.values), static_cast<std::size_t>(entry.line)});
  }
  return out;
}

/// A start that a person must correct by other words on the command line counts as bad usage.
Exit report_start(const Error& error, Io& io) {
  report(error, io);
  return error.reason() == reason::kInvalidConfig ? Exit::usage : Exit::error;
}

}  // namespace

Result<> resolve_serve_config(config::Registry& keys, const std::vector<config::Entry>& flags,
                              const Io& io) {
  config::Sources sources;
  sources.flags = flags;
  sources.environment = io.environment;
  sources.file = config_path(flags, io);
  if (!sources.file.empty()) {
    TRY(entries, read_config_file(sources.file));
    sources.file_entries = std::move(entries);
  }
  return keys.resolve(sources);
}

Exit serve(const std::vector<config::Entry>& flags, Io& io) {
  ServeConfig config;
  config::Registry keys;
  keys.add(config);
  if (const auto resolved = resolve_serve_config(keys, flags, io); !resolved)
    return report_start(resolved.error(), io);
  configure_log(parse_log_level(config.log_level).value_or(LogLevel::info),
                parse_log_format(config.log_format).value_or(LogFormat::automatic));
  auto node = Node::open(config, keys);
  if (!node) return report_start(node.error(), io);
  const auto url = (*node)->start();
  if (!url) return report_start(url.error(), io);
  io.out << "flotilla listening on " << *url << std::endl;
  if (const std::string grpc = (*node)->grpc_address(); !grpc.empty())
    io.out << "flotilla serves gRPC on " << grpc << std::endl;
  (*node)->run();
  return Exit::done;
}

Exit show_config(const std::vector<config::Entry>& flags, Format format, Io& io) {
  ServeConfig config;
  config::Registry keys;
  keys.add(config);
  if (const auto resolved = resolve_serve_config(keys, flags, io); !resolved)
    return report_start(resolved.error(), io);
  if (format == Format::json || format == Format::yaml) {
    json::Object all;
    for (const config::Key& key : keys.keys())
      all.append(key.name, json::Object{{"value", key.show()}, {"origin", key.origin.to_string()}});
    print_value(json::Value(std::move(all)), format, io);
    return Exit::done;
  }
  Table table({"KEY", "VALUE", "ORIGIN"});
  for (const config::Key& key : keys.keys())
    table.add({key.name, key.show(), key.origin.to_string()});
  table.print(io);
  return Exit::done;
}

}  // namespace flotilla::app
