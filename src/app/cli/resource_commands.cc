#include "app/cli/command_line_internal.h"

// The commands that act on resources.
namespace flotilla::app {

namespace {
const Choices kDryRuns = {"none", "server"};
}

void CommandLine::add_files(CLI::App& command, std::vector<std::string>& files, bool required) {
  CLI::Option* option =
      command.add_option("-f,--filename", files,
                         "YAML or JSON file, folder, or - for standard input; may be repeated");
  option->type_name("PATH")->expected(1)->allow_extra_args(false)->required(required);
  option->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
}

void CommandLine::add_apply() {
  CLI::App& apply =
      add_command(root_, texts::kApply, [this](Io& io) { return apply_resources(apply_, io); });
  add_files(apply, apply_.files, true);
  add_choice(apply, "--dry-run", "server: check, and say what would be done", apply_.dry_run,
             kDryRuns);
  apply.add_flag("--prune", apply_.prune, "Also delete what -l selects and no document names");
  apply.add_option("-l,--selector", apply_.selector, "Labels of what --prune may delete");
  add_format(apply, apply_.format, {"json", "yaml", "name"});
  add_client_flags(apply, apply_.client);

  CLI::App& diff =
      add_command(root_, texts::kDiff, [this](Io& io) { return diff_resources(diff_, io); });
  add_files(diff, diff_.files, true);
  add_client_flags(diff, diff_.client);
}

void CommandLine::add_resources() {
  const auto subjects = [](CLI::App& command, ResourceOptions& options) -> CLI::Option& {
    CLI::Option* option =
        command.add_option("RESOURCE", options.subjects, "KIND, KIND NAME or KIND/NAME");
    return *option->type_name("");
  };
  CLI::App& get =
      add_command(root_, texts::kGet, [this](Io& io) { return get_resources(get_, io); });
  subjects(get, get_).required();
  get.add_option("-l,--selector", get_.selector, "Only those with such labels: app=web,tier!=test");
  get.add_flag("-A,--all-namespaces", get_.all_namespaces, "Of all namespaces");
  get.add_flag("-w,--watch", get_.watch, "Go on showing changes");
  add_format(get, get_.format, kAllFormats);
  add_client_flags(get, get_.client);

  CLI::App& describe = add_command(root_, texts::kDescribe,
                                   [this](Io& io) { return describe_resource(describe_, io); });
  subjects(describe, describe_).required();
  describe.add_option("-l,--selector", describe_.selector, "Only those with such labels");
  add_client_flags(describe, describe_.client);

  CLI::App& remove =
      add_command(root_, texts::kDelete, [this](Io& io) { return delete_resources(delete_, io); });
  subjects(remove, delete_);
  add_files(remove, delete_.files, false);
  remove.add_option("-l,--selector", delete_.selector, "Those with such labels");
  add_choice(remove, "--dry-run", "server: check, and say what would be done", delete_.dry_run,
             kDryRuns);
  remove.add_flag("--ignore-not-found", delete_.ignore_missing, "What is not there is no error");
  add_format(remove, delete_.format, {"name"});
  add_client_flags(remove, delete_.client);

  CLI::App& explain =
      add_command(root_, texts::kExplain, [this](Io& io) { return explain_kind(explain_, io); });
  explain.add_option("FIELD", explain_.path, "KIND, or KIND.FIELD.FIELD")
      ->required()
      ->type_name("");
  explain.add_flag("--recursive", explain_.recursive, "Show the fields of fields");
  add_client_flags(explain, explain_.client);
}

}  // namespace flotilla::app
