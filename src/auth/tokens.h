#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/context.h"
#include "base/hash.h"
#include "base/result.h"

namespace flotilla::auth {

inline constexpr std::size_t kTokenFileLimit = std::size_t{1} << 20;
inline constexpr std::size_t kPrincipalNameLimit = 128;

/// One credential: who presents it, and the SHA-256 of the token. The token itself is nowhere.
struct Token {
  std::shared_ptr<const Principal> principal;  // shared with the requests of its holder
  Sha256Digest digest{};
};

/// The `--tokens` file: a YAML list of entries
///
///     - name: alice              # 1 to 128 of [A-Za-z0-9._@:/+-], unique
///       kind: user               # user, agent, worker, executor or service
///       namespaces: [default]    # or ["*"] for all
///       role: operator           # viewer, operator or admin
///       sha256: 9f86d0…          # of the token: printf %s "$TOKEN" | sha256sum
///
/// Every field is required and no other is known. Faults are invalid_argument/INVALID_CONFIG and
/// name file, line and field.
struct TokenFile {
  std::vector<Token> tokens;

  /// Reads the file; one that others than its owner can read is logged as a warning.
  static Result<TokenFile> load(const std::string& path);
  /// `name` stands for the file in messages.
  static Result<TokenFile> parse(std::string_view yaml, const std::string& name);
};

}  // namespace flotilla::auth
