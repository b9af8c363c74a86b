#pragma once

#include <optional>
#include <string_view>

#include "a2a/operation.h"
#include "a2a/version.h"

namespace flotilla::a2a::rpc {

struct Method {
  std::string_view path;  // `/lf.a2a.v1.A2AService/GetTask`
  Version version;
  Operation operation;
};

/// nullptr for a path that neither service has. The version is that of the service.
const Method* find_method(std::string_view path);

}  // namespace flotilla::a2a::rpc
