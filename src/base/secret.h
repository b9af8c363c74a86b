#pragma once

#include <string>
#include <string_view>

namespace flotilla {

/// A password, token or key. Has no way to a stream, a log field or fmt but reveal(); its memory is
/// wiped when it dies; compared in constant time.
class Secret {
 public:
  Secret() = default;
  explicit Secret(std::string value);
  Secret(const Secret& other) = default;
  Secret(Secret&& other) noexcept;
  Secret& operator=(const Secret& other);
  Secret& operator=(Secret&& other) noexcept;
  ~Secret();

  /// For the one call that needs the text (a header, a key derivation); do not keep copies.
  [[nodiscard]] const std::string& reveal() const { return value_; }
  [[nodiscard]] bool empty() const { return value_.empty(); }
  [[nodiscard]] bool equals(std::string_view candidate) const;

 private:
  std::string value_;
};

/// Takes the same time wherever two texts of one length differ; the length is not secret.
bool equal_in_constant_time(std::string_view a, std::string_view b);

}  // namespace flotilla
