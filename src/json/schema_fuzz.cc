#include <cstddef>
#include <cstdint>
#include <string_view>
#include <tuple>

#include "base/assert.h"
#include "json/json.h"
#include "json/schema.h"
#include "json/schema_defaults.h"

/// The first line is a schema, the rest a value: both ways of validating agree, within limits, and
/// a value that the schema names as its only one matches.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace flotilla::json;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const std::size_t line = text.find('\n');
  if (line == std::string_view::npos) return 0;
  const auto schema = parse(text.substr(0, line));
  const auto value = parse(text.substr(line + 1));
  if (!schema || !value) return 0;
  for (const SchemaDialect dialect : {SchemaDialect::draft2020_12, SchemaDialect::draft7}) {
    const SchemaOptions options{
        .dialect = dialect, .assert_formats = true, .steps = 50'000, .nesting = 200, .faults = 8};
    const auto compiled = Schema::compile(*schema, options);
    if (!compiled) {
      FLOTILLA_ASSERT(!compiled.error().violations().empty(), "a refusal names the keyword");
      continue;
    }
    const auto faults = (*compiled)->validate(*value);
    FLOTILLA_ASSERT(faults.empty() == (*compiled)->valid(*value), "validate() and valid() agree");
    FLOTILLA_ASSERT(faults.size() <= options.faults, "faults are bounded");
    for (const SchemaFault& fault : faults) {
      FLOTILLA_ASSERT(!fault.message.empty(), "a fault says what is wrong");
    }
  }
  const auto same = Schema::compile(Value(Object({{"const", *value}})));
  FLOTILLA_ASSERT(same && (*same)->valid(*value), "a value equals itself");
  std::ignore = check_form_schema(*schema);  // must only end
  const Value filled = with_defaults(*schema, *value);
  FLOTILLA_ASSERT(filled.kind() == value->kind(), "defaults change no type");
  return 0;
}
