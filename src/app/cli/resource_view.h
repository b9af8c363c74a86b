#pragma once

#include "app/cli/list.h"
#include "app/cli/resource_kind.h"

namespace flotilla::app {

/// How `get` shows resources of the kind.
View resource_view(const KindInfo& kind, bool all_namespaces);

/// Status of the condition with this type; empty when there is none.
std::string condition_of(const json::Value& resource, std::string_view type);

}  // namespace flotilla::app
