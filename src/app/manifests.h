#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "json/value.h"

namespace flotilla::app {

/// A document of a resource, and where it stands: for faults.
struct ManifestDocument {
  std::string file;
  std::size_t number = 1;  // in the file, from 1
  json::Value value;
};

/// The documents of a YAML or JSON file, or of a folder's *.yaml, *.yml and *.json in the order of
/// their names (folders inside are left out). Empty documents are left out, lists (`kind: List`,
/// JSON arrays) are taken apart, and so is what `get -o yaml` prints.
/// Faults name the file.
Result<std::vector<ManifestDocument>> read_manifests(const std::string& path);
/// The same of a text; `file` is what faults call it.
Result<std::vector<ManifestDocument>> parse_manifests(const std::string& file,
                                                      std::string_view text);

/// A fault of applying the documents, whose fields begin with a document's index (`/2/spec/url`),
/// as one that names file, number in it, and field.
Error located(const Error& error, const std::vector<ManifestDocument>& documents);

}  // namespace flotilla::app
