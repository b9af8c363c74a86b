#pragma once

#include <map>
#include <optional>
#include <string>

#include "auth/sealing.h"
#include "core/resource_sql.h"
#include "core/resources.h"

namespace flotilla::core {

struct Resources::Stored {
  sql::ResourceRow row;
  [[nodiscard]] const Resource& resource() const { return row.resource; }
};

using SecretValues = std::map<std::string, Secret>;
std::string seal_values(const auth::Sealer& sealer, const std::string& uid,
                        const SecretValues& values);
Result<SecretValues> open_values(const auth::Sealer& sealer, const std::string& uid,
                                 const std::optional<std::string>& sealed);

/// What a missing resource, or a foreign one, is answered with.
Error no_resource(const ResourceRef& ref);

}  // namespace flotilla::core
