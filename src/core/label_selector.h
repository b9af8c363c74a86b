#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace flotilla::core {

/// Which labels a resource must have, as Kubernetes writes it: requirements joined by commas, each
/// `key=value`, `key==value`, `key!=value`, `key in (a,b)`, `key notin (a,b)`, `key` or `!key`.
/// Empty: everything.
class LabelSelector {
 public:
  using Labels = std::map<std::string, std::string>;

  LabelSelector() = default;
  /// invalid_argument naming `field`.
  static Result<LabelSelector> parse(std::string_view text, std::string_view field);

  [[nodiscard]] bool matches(const Labels& labels) const;
  [[nodiscard]] bool empty() const { return requirements_.empty(); }

 private:
  enum class Operator : std::uint8_t { in, not_in, exists, missing };
  struct Requirement {
    std::string key;
    Operator wanted = Operator::exists;
    std::vector<std::string> values;
  };
  static Result<Requirement> parse_one(std::string_view text, std::string_view field);

  std::vector<Requirement> requirements_;
};

/// The rules of Kubernetes for keys (`[prefix/]name`) and values of labels; what is wrong, or
/// empty.
std::string label_key_fault(std::string_view key);
std::string label_value_fault(std::string_view value);

}  // namespace flotilla::core
