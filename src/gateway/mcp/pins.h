#pragma once

#include <map>
#include <string>

#include "async/clock.h"
#include "db/database.h"

namespace flotilla::gateway {

/// What a tool server's tools were when somebody relied on them: a hash for each, by the server's
/// own name. Pins outlive the tool, so that one that vanishes and comes back changed is noticed,
/// and go with the resource. Thread-safe.
class Pins {
 public:
  using Hashes = std::map<std::string, std::string>;
  Pins(db::Database& database, Clock& clock) : database_(database), clock_(clock) {}
  Async<Result<Hashes>> load(std::string server_uid);
  Async<Result<>> set(std::string server_uid, Hashes hashes, std::string by);
  Async<Result<>> remove(std::string server_uid);

 private:
  db::Database& database_;
  Clock& clock_;
};

}  // namespace flotilla::gateway
