#pragma once

#include <string>

#include "app/cli/list.h"

namespace flotilla::app {

struct KeyOptions {
  ClientFlags client;
  std::string id;
  std::string algorithm;  // of a new signing key
  bool sealing = false;   // the key that seals stored secrets is meant
  Format format = Format::human;
};

/// `flotilla keys list|create|rotate|retire|delete`, over the native API; for admins.
Exit list_keys(const ListOptions& options, Io& io);
Exit create_key(const KeyOptions& options, Io& io);
Exit rotate_key(const KeyOptions& options, Io& io);
Exit retire_key(const KeyOptions& options, Io& io);
Exit delete_key(const KeyOptions& options, Io& io);

}  // namespace flotilla::app
