#pragma once

#include <string>

#include "app/cli/list.h"

namespace flotilla::app {

struct StatsOptions {
  ListOptions list;
  std::string since;
  std::string until;
  std::string step = "all";
  std::string by;
  std::string agent;
  std::string model;
  std::string owner;
};

/// `flotilla stats`: what model calls cost, over the native API.
Exit show_stats(const StatsOptions& options, Io& io);

}  // namespace flotilla::app
