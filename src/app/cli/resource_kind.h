#pragma once

#include <string>
#include <vector>

#include "app/cli/remote.h"

namespace flotilla::app {

/// A kind of resource, as the server describes it.
struct KindInfo {
  std::string kind;
  std::string plural;
  std::string singular;
  bool read_only = false;
};

/// By kind, plural, singular or short name, in any case; invalid_argument with the nearest one.
Async<Result<KindInfo>> find_kind(Remote& remote, std::string word);

/// `/api/v1/namespaces/NAMESPACE/PLURAL[/NAME]`; without a namespace, that of all.
std::string resource_path(const KindInfo& kind, const std::string& name_space,
                          const std::string& name = "");

/// `toolserver/github`.
std::string short_name(const KindInfo& kind, const json::Value& resource);

}  // namespace flotilla::app
