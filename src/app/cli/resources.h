#pragma once

#include <string>
#include <vector>

#include "app/cli/client_config.h"
#include "app/cli/exit_code.h"
#include "app/cli/output.h"

namespace flotilla::app {

/// Of `get`, `describe` and `delete`: `KIND`, `KIND NAME…` or `KIND/NAME…`.
struct ResourceOptions {
  ClientFlags client;
  Format format = Format::human;
  std::vector<std::string> subjects;
  std::vector<std::string> files;
  std::string selector;
  std::string dry_run;
  bool all_namespaces = false;
  bool watch = false;
  bool ignore_missing = false;
};

/// Of `apply` and `diff`.
struct ApplyOptions {
  ClientFlags client;
  Format format = Format::human;
  std::vector<std::string> files;
  std::string selector;
  std::string dry_run;
  bool prune = false;
};

struct ExplainOptions {
  ClientFlags client;
  std::string path;  // KIND[.field…]
  bool recursive = false;
};

Exit get_resources(const ResourceOptions& options, Io& io);
Exit describe_resource(const ResourceOptions& options, Io& io);
Exit delete_resources(const ResourceOptions& options, Io& io);
Exit apply_resources(const ApplyOptions& options, Io& io);
/// 1 with differences, more with an error.
Exit diff_resources(const ApplyOptions& options, Io& io);
Exit explain_kind(const ExplainOptions& options, Io& io);

}  // namespace flotilla::app
