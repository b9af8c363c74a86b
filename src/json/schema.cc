#include "json/schema.h"

#include "json/schema_compile_internal.h"
#include "json/schema_internal.h"

namespace flotilla::json {

Result<std::shared_ptr<const Schema>> Schema::compile(const Value& schema,
                                                      const SchemaOptions& options) {
  TRY(compiled, compile_schema(schema, options));
  return std::make_shared<const Schema>(std::move(compiled));
}

Schema::Schema(std::unique_ptr<const CompiledSchema> compiled) : compiled_(std::move(compiled)) {}
Schema::~Schema() = default;

bool Schema::valid(const Value& value) const {
  Run run(*compiled_, nullptr);
  const bool matches = run.check(*compiled_->root, value, Place{});
  return matches && !run.gave_up();
}

std::vector<SchemaFault> Schema::validate(const Value& value) const {
  std::vector<SchemaFault> faults;
  // Most values match: only those that do not are walked again for the reasons.
  Run quick(*compiled_, nullptr);
  const bool matches = quick.check(*compiled_->root, value, Place{});
  if (matches && !quick.gave_up()) return faults;
  if (!quick.gave_up()) {
    Run run(*compiled_, &faults);
    std::ignore = run.check(*compiled_->root, value, Place{});  // known: it does not match
    if (!run.gave_up() || !faults.empty()) return faults;
    faults.push_back({"", "", std::string(run.why())});
    return faults;
  }
  faults.push_back({"", "", std::string(quick.why())});
  return faults;
}

SchemaDialect Schema::dialect() const {
  return compiled_->dialect;
}

std::string to_string(const std::vector<SchemaFault>& faults) {
  std::string out;
  for (const SchemaFault& fault : faults) {
    if (!out.empty()) out += "; ";
    if (!fault.instance.empty()) out += fault.instance + ": ";
    out += fault.message;
  }
  return out;
}

}  // namespace flotilla::json
