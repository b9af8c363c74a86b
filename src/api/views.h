#pragma once

#include <boost/describe.hpp>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "a2a/types.h"
#include "base/time.h"
#include "json/map.h"

/// What the native API answers. The OpenAPI schemas are made from these structs.
namespace flotilla::api {

/// What a task cost, with all that it delegated.
struct TaskUsage {
  std::int64_t tokens = 0;  // in and out
  double costUsd = 0;
};
BOOST_DESCRIBE_STRUCT(TaskUsage, (), (tokens, costUsd))

struct TaskView {
  std::string id;
  std::string namespace_;
  std::string agent;
  std::string owner;
  std::string session;
  std::string contextId;
  std::optional<std::string> parent;
  a2a::TaskState state = a2a::TaskState::unspecified;
  Time statusAt;
  Time createdAt;
  std::int64_t seq = 0;
  std::int64_t generation = 0;
  bool direct = false;
  std::optional<a2a::Task> task;   // when one task is asked for
  std::optional<TaskUsage> usage;  // the same; absent where no model was asked
};
BOOST_DESCRIBE_STRUCT(TaskView, (),
                      (id, namespace_, agent, owner, session, contextId, parent, state, statusAt,
                       createdAt, seq, generation, direct, task, usage))

struct TaskList {
  std::vector<TaskView> items;
  std::string nextCursor;
};
BOOST_DESCRIBE_STRUCT(TaskList, (), (items, nextCursor))
constexpr bool always_written(const TaskList*, std::string_view) {
  return true;
}

struct EventView {
  std::int64_t seq = 0;
  std::string kind;
  Time at;
  std::string actor;
  json::Value payload;
};
BOOST_DESCRIBE_STRUCT(EventView, (), (seq, kind, at, actor, payload))

struct EventList {
  std::vector<EventView> items;
  std::string nextCursor;
};
BOOST_DESCRIBE_STRUCT(EventList, (), (items, nextCursor))
constexpr bool always_written(const EventList*, std::string_view) {
  return true;
}

struct FeedEventView {
  std::int64_t position = 0;
  std::string stream;
  std::int64_t seq = 0;
  std::string namespace_;
  std::string owner;
  std::string kind;
  Time at;
  std::string actor;
  json::Value payload;
};
BOOST_DESCRIBE_STRUCT(FeedEventView, (),
                      (position, stream, seq, namespace_, owner, kind, at, actor, payload))

struct FeedList {
  std::vector<FeedEventView> items;
  std::string nextCursor;
};
BOOST_DESCRIBE_STRUCT(FeedList, (), (items, nextCursor))
constexpr bool always_written(const FeedList*, std::string_view) {
  return true;
}

struct SessionView {
  std::string uid;
  std::string namespace_;
  std::string owner;
  std::string contextId;
  std::string kind;
  std::string agent;
  std::optional<std::string> title;
  Time createdAt;
  Time lastActivity;
  std::optional<Time> expiresAt;
};
BOOST_DESCRIBE_STRUCT(SessionView, (),
                      (uid, namespace_, owner, contextId, kind, agent, title, createdAt,
                       lastActivity, expiresAt))

struct SessionList {
  std::vector<SessionView> items;
  std::string nextCursor;
};
BOOST_DESCRIBE_STRUCT(SessionList, (), (items, nextCursor))
constexpr bool always_written(const SessionList*, std::string_view) {
  return true;
}

/// Public facts of a key; keys themselves never leave the server.
struct KeyView {
  std::string id;
  std::string kind;
  std::string algorithm;
  std::string state;
  std::optional<Time> createdAt;
};
BOOST_DESCRIBE_STRUCT(KeyView, (), (id, kind, algorithm, state, createdAt))

struct KeyList {
  std::vector<KeyView> items;
  std::string nextCursor;
};
BOOST_DESCRIBE_STRUCT(KeyList, (), (items, nextCursor))
constexpr bool always_written(const KeyList*, std::string_view) {
  return true;
}

/// An event that a webhook did not take.
struct DeadLetterView {
  std::int64_t id = 0;
  std::string namespace_;
  std::string owner;
  std::string task;
  std::string config;
  std::int64_t seq = 0;
  std::int64_t attempts = 0;
  std::string error;
  Time at;
};
BOOST_DESCRIBE_STRUCT(DeadLetterView, (),
                      (id, namespace_, owner, task, config, seq, attempts, error, at))

struct DeadLetterList {
  std::vector<DeadLetterView> items;
  std::string nextCursor;
};
BOOST_DESCRIBE_STRUCT(DeadLetterList, (), (items, nextCursor))
constexpr bool always_written(const DeadLetterList*, std::string_view) {
  return true;
}

struct ConfigEntry {
  std::string key;
  std::string value;
  std::string origin;
  std::string description;
};
BOOST_DESCRIBE_STRUCT(ConfigEntry, (), (key, value, origin, description))

struct ConfigList {
  std::vector<ConfigEntry> items;
  std::string nextCursor;
};
BOOST_DESCRIBE_STRUCT(ConfigList, (), (items, nextCursor))
constexpr bool always_written(const ConfigList*, std::string_view) {
  return true;
}

struct VersionView {
  std::string version;
  std::vector<std::string> a2a = {"1.0", "0.3"};
  std::string api = "v1";
};
BOOST_DESCRIBE_STRUCT(VersionView, (), (version, a2a, api))

struct HealthView {
  std::string status;
  std::optional<std::string> version;
};
BOOST_DESCRIBE_STRUCT(HealthView, (), (status, version))

}  // namespace flotilla::api
