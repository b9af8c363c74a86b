#pragma once

#include <string>

#include "app/cli/list.h"
#include "app/cli/resource_kind.h"

namespace flotilla::app {

struct ResourceWatchOptions {
  KindInfo kind;
  std::string path;  // of the list
  std::string selector;
  std::string name;  // only this one; empty: all
  Format format = Format::human;
};

/// Shows what is there, then each change as it comes, until it is interrupted. A server that goes
/// away is waited for, and the stream goes on where it was.
Async<Result<Exit>> watch_resources(ResourceWatchOptions options, View view, Io& io,
                                    Remote& remote);

}  // namespace flotilla::app
