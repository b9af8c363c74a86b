#include "app/cli/resource_files.h"

#include <algorithm>
#include <istream>
#include <iterator>

namespace flotilla::app {

namespace {

constexpr std::size_t kMaxInput = std::size_t{16} << 20;

Result<std::string> read_input(Io& io) {
  std::string text;
  char piece[16 << 10];
  while (io.in.read(piece, sizeof piece) || io.in.gcount() > 0) {
    text.append(piece, static_cast<std::size_t>(io.in.gcount()));
    if (text.size() > kMaxInput)
      return fail(Error(Code::invalid_argument, "standard input: has more than 16 MiB"));
  }
  return text;
}

}  // namespace

Result<std::vector<ManifestDocument>> read_resource_files(const std::vector<std::string>& files,
                                                          Io& io) {
  std::vector<ManifestDocument> all;
  for (const auto& file : files) {
    std::vector<ManifestDocument> documents;
    if (file == "-") {
      TRY(text, read_input(io));
      TRY(parsed, parse_manifests("standard input", text));
      documents = std::move(parsed);
    } else {
      TRY(read, read_manifests(file));
      documents = std::move(read);
    }
    std::ranges::move(documents, std::back_inserter(all));
  }
  return all;
}

}  // namespace flotilla::app
