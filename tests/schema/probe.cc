// Checks files in the form of the official JSON Schema test suite: a list of groups, each with a
// schema and tests of a value and its verdict. The last line is `N passed, N failed`.
//
//   schema_probe [--draft7] [--formats] [--quiet] [--remotes FOLDER] FILE...

#include <fmt/format.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "json/json.h"
#include "json/schema.h"

namespace {

using flotilla::json::Array;
using flotilla::json::Object;
using flotilla::json::Schema;
using flotilla::json::SchemaOptions;
using flotilla::json::Value;

/// Where the suite says that its remote documents are.
constexpr std::string_view kRemotes = "http://localhost:1234/";

struct Arguments {
  SchemaOptions options;
  std::map<std::string, Value> documents;
  std::vector<std::filesystem::path> files;
  bool quiet = false;
};

struct Counts {
  std::size_t passed = 0;
  std::size_t failed = 0;
};

flotilla::Result<Value> read_file(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  const std::string text(std::istreambuf_iterator<char>(in), {});
  return flotilla::json::parse(text,
                               {.depth = 512, .size = std::size_t{64} << 20, .values = 20'000'000});
}

bool read_remotes(const std::filesystem::path& folder, Arguments& arguments) {
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder)) {
    if (entry.path().extension() != ".json") continue;
    auto document = read_file(entry.path());
    if (!document) {
      fmt::print(stderr, "{}: {}\n", entry.path().string(), document.error().message());
      return false;
    }
    std::string uri(kRemotes);
    uri += std::filesystem::relative(entry.path(), folder).string();
    arguments.documents.emplace(std::move(uri), std::move(*document));
  }
  return true;
}

bool read_arguments(const std::vector<std::string>& words, Arguments& arguments) {
  for (std::size_t i = 0; i < words.size(); ++i) {
    if (words[i] == "--draft7") {
      arguments.options.dialect = flotilla::json::SchemaDialect::draft7;
    } else if (words[i] == "--formats") {
      arguments.options.assert_formats = true;
    } else if (words[i] == "--quiet") {
      arguments.quiet = true;
    } else if (words[i] == "--remotes" && i + 1 < words.size()) {
      if (!read_remotes(words[++i], arguments)) return false;
    } else {
      arguments.files.emplace_back(words[i]);
    }
  }
  return !arguments.files.empty();
}

std::string text_of(const Object& object, std::string_view name) {
  const Value* value = object.find(name);
  const std::string* text = value != nullptr ? value->if_string() : nullptr;
  return text != nullptr ? *text : std::string();
}

/// What is wrong with the verdict on one value; empty: nothing.
std::string judge(const flotilla::Result<std::shared_ptr<const Schema>>& schema,
                  const Object& test) {
  if (!schema) return "does not compile: " + schema.error().message();
  const bool expected = *test.find("valid")->if_bool();
  const Value& data = *test.find("data");
  const auto faults = (*schema)->validate(data);
  if ((*schema)->valid(data) != faults.empty()) return "valid() and validate() differ";
  if (faults.empty() == expected) return {};
  return expected ? "refused: " + flotilla::json::to_string(faults) : "accepted";
}

void run_group(const std::string& file, const Object& group, const Arguments& arguments,
               Counts& counts) {
  const auto schema = Schema::compile(*group.find("schema"), arguments.options);
  for (const Value& test : *group.find("tests")->if_array()) {
    const std::string fault = judge(schema, *test.if_object());
    ++(fault.empty() ? counts.passed : counts.failed);
    if (fault.empty() || arguments.quiet) continue;
    fmt::print("FAILED {}: {}: {}: {}\n", file, text_of(group, "description"),
               text_of(*test.if_object(), "description"), fault);
  }
}

}  // namespace

int main(int argc, char** argv) {
  Arguments arguments;
  if (!read_arguments(std::vector<std::string>(argv + 1, argv + argc), arguments)) return 2;
  arguments.options.documents = &arguments.documents;
  Counts counts;
  for (const auto& path : arguments.files) {
    const auto groups = read_file(path);
    if (!groups || groups->if_array() == nullptr) {
      fmt::print("FAILED {}: not a list of groups\n", path.string());
      ++counts.failed;
      continue;
    }
    for (const Value& group : *groups->if_array()) {
      run_group(path.filename().string(), *group.if_object(), arguments, counts);
    }
  }
  fmt::print("{} passed, {} failed\n", counts.passed, counts.failed);
  return counts.failed == 0 ? 0 : 1;
}
