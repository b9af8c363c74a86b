#pragma once

#include <boost/describe.hpp>
#include <map>
#include <optional>
#include <string>

#include "base/result.h"
#include "core/references.h"
#include "core/resource.h"

/// The PromptTemplate kind: texts by key that system messages include (agents/prompt). A ConfigMap
/// serves the same way.
namespace flotilla::core {

struct PromptTemplateSpec {
  std::optional<std::string> description;
  std::map<std::string, std::string> parts;
};
BOOST_DESCRIBE_STRUCT(PromptTemplateSpec, (), (description, parts))

/// What the types alone cannot say; all faults, each naming its field below /spec.
Result<> check_prompt_template(const PromptTemplateSpec& spec);

std::span<const json::FieldDoc> field_docs(const PromptTemplateSpec*);

}  // namespace flotilla::core
