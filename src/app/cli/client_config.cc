#include "app/cli/client_config.h"

#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <filesystem>
#include <span>

#include "app/cli/files.h"
#include "base/suggest.h"
#include "http/url.h"
#include "json/json.h"

namespace flotilla::app {

namespace {

constexpr std::string_view kDefaultServer = "http://127.0.0.1:8080";

Error malformed(const std::string& path, const std::string& what) {
  return Error(Code::invalid_argument, reason::kInvalidConfig, path + ": " + what);
}

/// Members of a mapping, each a text that is stored where `place` says.
class Members {
 public:
  Members(const std::string& path, std::string at) : path_(path), at_(std::move(at)) {}

  Result<> unknown(std::string_view name, std::span<const std::string_view> known) const {
    std::string message = fmt::format("{}unknown key '{}'", at_, name);
    if (const auto best = nearest(name, known)) message += fmt::format("; did you mean {}?", *best);
    return fail(malformed(path_, message));
  }
  Result<std::string> text(std::string_view name, const json::Value& value) const {
    if (const std::string* text = value.if_string()) return *text;
    if (value.is_null()) return std::string();
    if (const json::Number* number = value.if_number()) return number->text;
    return fail(malformed(path_, fmt::format("{}{}: expected text", at_, name)));
  }

 private:
  const std::string& path_;
  std::string at_;
};

Result<ClientContext> read_context(const std::string& path, const std::string& at,
                                   const json::Value& value) {
  static constexpr std::string_view kKnown[] = {"name", "server", "token", "namespace"};
  const json::Object* object = value.if_object();
  if (object == nullptr)
    return fail(malformed(path, at + ": expected a mapping with name and server"));
  const Members members(path, at + ": ");
  ClientContext context;
  for (const auto& [name, member] : object->members()) {
    TRY(text, members.text(name, member));
    if (name == "name")
      context.name = std::move(text);
    else if (name == "server")
      context.server = std::move(text);
    else if (name == "token")
      context.token = Secret(std::move(text));
    else if (name == "namespace")
      context.name_space = std::move(text);
    else
      TRY_VOID(members.unknown(name, kKnown));
  }
  if (context.name.empty()) return fail(malformed(path, at + ": a context needs a name"));
  if (context.server.empty()) return fail(malformed(path, at + ": a context needs a server"));
  return context;
}

Result<> read_contexts(ClientFile& file, const json::Value& value) {
  if (value.is_null()) return ok();
  const json::Array* list = value.if_array();
  if (list == nullptr) return fail(malformed(file.path, "contexts: expected a list"));
  for (std::size_t i = 0; i < list->size(); ++i) {
    const std::string at = fmt::format("contexts[{}]", i);
    TRY(context, read_context(file.path, at, (*list)[i]));
    if (std::ranges::any_of(file.contexts,
                            [&](const ClientContext& c) { return c.name == context.name; }))
      return fail(malformed(file.path, fmt::format("{}: '{}' is there twice", at, context.name)));
    file.contexts.push_back(std::move(context));
  }
  return ok();
}

/// The file with the contexts; empty when there is none.
Result<ClientFile> load_client_file(const Io& io, std::vector<std::string>& warnings) {
  ClientFile none;
  const std::string directory = xdg_directory(io, "XDG_CONFIG_HOME", ".config");
  if (directory.empty()) return none;
  none.path = directory + "/config.yaml";
  std::error_code failed;
  if (!std::filesystem::exists(none.path, failed)) return none;
  TRY(text, read_file(none.path));
  TRY(file, parse_client_file(none.path, text));
  struct stat status{};
  const bool secret = std::ranges::any_of(
      file.contexts, [](const ClientContext& context) { return !context.token.empty(); });
  if (secret && stat(none.path.c_str(), &status) == 0 && (status.st_mode & 077U) != 0)
    warnings.push_back(
        fmt::format("{0} holds tokens and others may read it; run: chmod 600 {0}", none.path));
  return file;
}

Result<const ClientContext*> choose_context(const ClientFile& file, const ClientFlags& flags,
                                            const Io& io) {
  std::string name = flags.context;
  if (name.empty()) name = io.variable("FLOTILLA_CONTEXT").value_or(file.current_context);
  if (name.empty()) return nullptr;
  std::vector<std::string_view> known;
  for (const ClientContext& context : file.contexts) {
    if (context.name == name) return &context;
    known.push_back(context.name);
  }
  std::string message = fmt::format("no context '{}' in {}", name,
                                    file.path.empty() ? "the configuration file" : file.path);
  if (const auto best = nearest(name, known)) message += fmt::format("; did you mean {}?", *best);
  return fail(Error(Code::invalid_argument, reason::kInvalidConfig, std::move(message)));
}

Result<http::Url> server_url(const std::string& text, const std::string& origin) {
  auto url = http::parse_url(text.find("://") == std::string::npos ? "http://" + text : text);
  if (!url)
    return fail(Error(Code::invalid_argument, reason::kInvalidConfig,
                      fmt::format("{}: '{}' is not a server's URL such as {}: {}", origin, text,
                                  kDefaultServer, url.error().message())));
  return url;
}

std::string without_slash(std::string url) {
  while (url.ends_with('/')) url.pop_back();
  return url;
}

}  // namespace

Result<ClientFile> parse_client_file(const std::string& path, const std::string& text) {
  static constexpr std::string_view kKnown[] = {"current-context", "contexts"};
  ClientFile file;
  file.path = path;
  auto parsed = json::parse_yaml(text);
  if (!parsed) return fail(malformed(path, parsed.error().message()));
  if (parsed->is_null()) return file;
  const json::Object* root = parsed->if_object();
  if (root == nullptr)
    return fail(malformed(path, "expected a mapping with current-context and contexts"));
  const Members members(path, "");
  for (const auto& [name, member] : root->members()) {
    if (name == "current-context") {
      TRY(current, members.text(name, member));
      file.current_context = std::move(current);
    } else if (name == "contexts") {
      TRY_VOID(read_contexts(file, member));
    } else {
      TRY_VOID(members.unknown(name, kKnown));
    }
  }
  return file;
}

Result<Target> find_target(const ClientFlags& flags, const Io& io) {
  Target target;
  TRY(file, load_client_file(io, target.warnings));
  TRY(context, choose_context(file, flags, io));
  std::string server = flags.server;
  target.origin = "--server";
  if (server.empty()) {
    server = io.variable("FLOTILLA_URL").value_or("");
    target.origin = "FLOTILLA_URL";
  }
  if (server.empty() && context != nullptr) {
    server = context->server;
    target.origin = "context " + context->name;
  }
  if (server.empty()) {
    server = kDefaultServer;
    target.origin = "default";
  }
  TRY(url, server_url(server, target.origin));
  target.url = without_slash(url.to_string());
  if (const auto token = io.variable("FLOTILLA_TOKEN")) {
    target.token = Secret(*token);
  } else if (context != nullptr) {
    TRY(own, server_url(context->server, "context " + context->name));
    if (own.origin() == url.origin()) target.token = context->token;
  }
  target.name_space = flags.name_space;
  if (target.name_space.empty()) target.name_space = io.variable("FLOTILLA_NAMESPACE").value_or("");
  if (target.name_space.empty() && context != nullptr) target.name_space = context->name_space;
  return target;
}

}  // namespace flotilla::app
