#pragma once

#include <optional>
#include <string>

#include "app/cli/list.h"
#include "base/time.h"

namespace flotilla::app {

struct MemoryListOptions {
  ListOptions list;
  std::string agent;
  std::string owner;
  std::string query;  // of search
};

struct MemoryOptions {
  ClientFlags client;
  std::string name;   // of the memory
  std::string value;  // of save
  Format format = Format::human;
  std::string agent;
  std::string owner;
  bool all = false;  // of delete
  std::optional<Duration> ttl;
};

/// `flotilla memory list|search|save|delete`, over the native API.
Exit list_memories(const MemoryListOptions& options, Io& io);
Exit search_memories(const MemoryListOptions& options, Io& io);
Exit save_memory(const MemoryOptions& options, Io& io);
Exit delete_memory(const MemoryOptions& options, Io& io);

}  // namespace flotilla::app
