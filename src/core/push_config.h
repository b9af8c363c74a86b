#pragma once

#include <string>

#include "base/secret.h"

namespace flotilla::core {

/// A webhook of one task (A2A 1.0 section 4.3.1). Its URL and secrets were checked by who made it.
struct PushConfig {
  std::string id;  // empty: one is given
  std::string url;
  bool legacy = false;  // made under A2A 0.3: payloads have that version's form
  Secret token;         // empty: none
  std::string scheme;   // of the Authorization header; empty: none
  Secret credentials;
};

}  // namespace flotilla::core
