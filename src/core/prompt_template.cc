#include "core/prompt_template.h"

#include "core/spec_checks_internal.h"
#include "core/stored_values.h"

namespace flotilla::core {

namespace {

constexpr json::FieldDoc kSpecDocs[] = {
    {"description", "what the parts are for"},
    {"parts", "texts by key; a system message includes one as {{include \"NAME/KEY\"}}"},
};

}  // namespace

Result<> check_prompt_template(const PromptTemplateSpec& spec) {
  Faults faults;
  check_count(spec.parts.size(), "/spec/parts", faults);
  for (const auto& [key, text] : spec.parts)
    if (auto fault = data_key_fault(key); !fault.empty())
      faults.add(pointer_to("/spec/parts", key), fault);
  return faults.result();
}

std::span<const json::FieldDoc> field_docs(const PromptTemplateSpec*) {
  return kSpecDocs;
}

}  // namespace flotilla::core
