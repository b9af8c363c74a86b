#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.h"

namespace flotilla {

enum class PrincipalKind : std::uint8_t { user, agent, worker, executor, service };
enum class Role : std::uint8_t { viewer, operator_, admin };

/// Who calls. Immutable once made; shared between the requests of one credential.
struct Principal {
  PrincipalKind kind = PrincipalKind::user;
  std::string name;
  Role role = Role::viewer;
  /// Namespaces the principal may reach; empty with `all_namespaces`.
  std::vector<std::string> namespaces;
  bool all_namespaces = false;

  /// Whether rows of this namespace exist for the principal at all.
  [[nodiscard]] bool may_enter(std::string_view name_space) const;
  /// An admin sees every owner's rows of the namespaces it may enter, others only their own.
  [[nodiscard]] bool sees_owner(std::string_view owner) const;
  /// The first namespace, or `default`.
  [[nodiscard]] std::string home() const;
};

/// The caller on loopback when no authentication is configured.
std::shared_ptr<const Principal> local_principal();

/// A caller without credentials where authentication is on: may read public cards of namespace
/// `default`, nothing else.
std::shared_ptr<const Principal> public_principal();

/// What travels with each request: plain values, copied freely. Cancellation travels with the
/// coroutine (async/async.h).
struct Context {
  std::shared_ptr<const Principal> principal;
  SteadyTime deadline = SteadyTime::max();
  std::string request_id;
  std::string traceparent;  // the caller's place in a trace (W3C), well-formed, or empty
};

}  // namespace flotilla
