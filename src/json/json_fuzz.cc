#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/assert.h"
#include "json/json.h"

/// What is accepted means the same after it was written, and YAML never crashes.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace flotilla::json;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  if (const auto value = parse(text)) {
    const auto again = parse(to_string(*value));
    FLOTILLA_ASSERT(again && *again == *value, "compact text must read back the same");
    const auto pretty = parse(to_pretty_string(*value));
    FLOTILLA_ASSERT(pretty && *pretty == *value, "pretty text must read back the same");
    // Escaping may make YAML longer than its limit; anything short must survive.
    const auto yaml = parse_yaml(to_yaml(*value));
    FLOTILLA_ASSERT(yaml && *yaml == *value, "YAML must read back the same");
  }
  if (const auto value = parse_yaml(text)) {
    const auto again = parse(to_string(*value));
    FLOTILLA_ASSERT(again && *again == *value, "a value read from YAML is JSON");
  }
  return 0;
}
