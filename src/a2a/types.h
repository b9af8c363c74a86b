#pragma once

#include <boost/describe.hpp>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "json/map.h"
#include "json/value.h"

/// The A2A 1.0 data model (specification section 4, proto package lf.a2a.v1), spelled as on the
/// wire. It is the house's task model too: `core` stores these structs. Version 0.3 is a
/// translation at the edge (a2a/v03.h). Optional members are absent, never empty, in what we emit.
namespace flotilla::a2a {

enum class TaskState : std::uint8_t {
  unspecified,
  submitted,
  working,
  completed,
  failed,
  canceled,
  input_required,
  rejected,
  auth_required,
};
/// `TASK_STATE_WORKING`, …; enumerator values are the proto numbers.
std::string_view wire_name(TaskState state);
bool is_terminal(TaskState state);
/// input_required or auth_required.
bool is_interrupted(TaskState state);

enum class MessageRole : std::uint8_t { unspecified, user, agent };
/// `ROLE_USER`, `ROLE_AGENT`.
std::string_view wire_name(MessageRole role);

/// Exactly one of text, raw, url, data.
struct Part {
  std::optional<std::string> text;
  std::optional<json::Base64> raw;
  std::optional<std::string> url;
  std::optional<json::Value> data;
  json::Object metadata;
  std::optional<std::string> filename;
  std::optional<std::string> mediaType;
};

struct Message {
  std::string messageId;
  std::optional<std::string> contextId;
  std::optional<std::string> taskId;
  MessageRole role = MessageRole::unspecified;
  std::vector<Part> parts;
  json::Object metadata;
  std::vector<std::string> extensions;
  std::vector<std::string> referenceTaskIds;
};

struct TaskStatus {
  TaskState state = TaskState::unspecified;
  std::optional<Message> message;
  std::optional<Time> timestamp;
};

struct Artifact {
  std::string artifactId;
  std::optional<std::string> name;
  std::optional<std::string> description;
  std::vector<Part> parts;
  json::Object metadata;
  std::vector<std::string> extensions;
};

struct Task {
  std::string id;
  std::optional<std::string> contextId;
  TaskStatus status;
  std::vector<Artifact> artifacts;
  std::vector<Message> history;
  json::Object metadata;
};

struct TaskStatusUpdateEvent {
  std::string taskId;
  std::string contextId;
  TaskStatus status;
  json::Object metadata;
};

struct TaskArtifactUpdateEvent {
  std::string taskId;
  std::string contextId;
  Artifact artifact;
  std::optional<bool> append;
  std::optional<bool> lastChunk;
  json::Object metadata;
};

struct AuthenticationInfo {
  std::string scheme;
  std::optional<std::string> credentials;
};

struct TaskPushNotificationConfig {
  std::optional<std::string> tenant;
  std::optional<std::string> id;
  std::optional<std::string> taskId;
  std::string url;
  std::optional<std::string> token;
  std::optional<AuthenticationInfo> authentication;
  /// Not on the wire: made under 0.3, so its payloads have that version's form.
  bool legacy = false;
};

// Requests and responses (section 3.1, 3.2).

struct SendMessageConfiguration {
  std::vector<std::string> acceptedOutputModes;
  std::optional<TaskPushNotificationConfig> taskPushNotificationConfig;
  std::optional<std::int32_t> historyLength;
  std::optional<bool> returnImmediately;
};

struct SendMessageRequest {
  std::optional<std::string> tenant;
  Message message;
  std::optional<SendMessageConfiguration> configuration;
  json::Object metadata;
};

struct GetTaskRequest {
  std::optional<std::string> tenant;
  std::string id;
  std::optional<std::int32_t> historyLength;
};

struct ListTasksRequest {
  std::optional<std::string> tenant;
  std::optional<std::string> contextId;
  std::optional<TaskState> status;
  std::optional<std::int32_t> pageSize;
  std::optional<std::string> pageToken;
  std::optional<std::int32_t> historyLength;
  std::optional<Time> statusTimestampAfter;
  std::optional<bool> includeArtifacts;
};

/// All four members are always written, empty or not.
struct ListTasksResponse {
  std::vector<Task> tasks;
  std::string nextPageToken;
  std::int32_t pageSize = 0;
  std::int32_t totalSize = 0;
};

struct CancelTaskRequest {
  std::optional<std::string> tenant;
  std::string id;
  json::Object metadata;
};

struct SubscribeToTaskRequest {
  std::optional<std::string> tenant;
  std::string id;
};

/// Of get and delete. 0.3 may leave `id` empty when it gets: then the task's first one is meant.
struct TaskPushNotificationConfigRequest {
  std::optional<std::string> tenant;
  std::string taskId;
  std::string id;
};

struct ListTaskPushNotificationConfigsRequest {
  std::optional<std::string> tenant;
  std::string taskId;
  std::optional<std::int32_t> pageSize;
  std::optional<std::string> pageToken;
};

/// Both members are always written.
struct ListTaskPushNotificationConfigsResponse {
  std::vector<TaskPushNotificationConfig> configs;
  std::string nextPageToken;
};

/// One member is set.
struct SendMessageResponse {
  std::optional<Task> task;
  std::optional<Message> message;
};

struct StreamResponse {
  std::optional<Task> task;
  std::optional<Message> message;
  std::optional<TaskStatusUpdateEvent> statusUpdate;
  std::optional<TaskArtifactUpdateEvent> artifactUpdate;
};

BOOST_DESCRIBE_ENUM(TaskState, unspecified, submitted, working, completed, failed, canceled,
                    input_required, rejected, auth_required)
BOOST_DESCRIBE_ENUM(MessageRole, unspecified, user, agent)
BOOST_DESCRIBE_STRUCT(Part, (), (text, raw, url, data, metadata, filename, mediaType))
BOOST_DESCRIBE_STRUCT(Message, (),
                      (messageId, contextId, taskId, role, parts, metadata, extensions,
                       referenceTaskIds))
BOOST_DESCRIBE_STRUCT(TaskStatus, (), (state, message, timestamp))
BOOST_DESCRIBE_STRUCT(Artifact, (), (artifactId, name, description, parts, metadata, extensions))
BOOST_DESCRIBE_STRUCT(Task, (), (id, contextId, status, artifacts, history, metadata))
BOOST_DESCRIBE_STRUCT(TaskStatusUpdateEvent, (), (taskId, contextId, status, metadata))
BOOST_DESCRIBE_STRUCT(TaskArtifactUpdateEvent, (),
                      (taskId, contextId, artifact, append, lastChunk, metadata))
BOOST_DESCRIBE_STRUCT(AuthenticationInfo, (), (scheme, credentials))
BOOST_DESCRIBE_STRUCT(TaskPushNotificationConfig, (),
                      (tenant, id, taskId, url, token, authentication))
BOOST_DESCRIBE_STRUCT(SendMessageConfiguration, (),
                      (acceptedOutputModes, taskPushNotificationConfig, historyLength,
                       returnImmediately))
BOOST_DESCRIBE_STRUCT(SendMessageRequest, (), (tenant, message, configuration, metadata))
BOOST_DESCRIBE_STRUCT(GetTaskRequest, (), (tenant, id, historyLength))
BOOST_DESCRIBE_STRUCT(ListTasksRequest, (),
                      (tenant, contextId, status, pageSize, pageToken, historyLength,
                       statusTimestampAfter, includeArtifacts))
BOOST_DESCRIBE_STRUCT(ListTasksResponse, (), (tasks, nextPageToken, pageSize, totalSize))
BOOST_DESCRIBE_STRUCT(CancelTaskRequest, (), (tenant, id, metadata))
BOOST_DESCRIBE_STRUCT(SubscribeToTaskRequest, (), (tenant, id))
BOOST_DESCRIBE_STRUCT(TaskPushNotificationConfigRequest, (), (tenant, taskId, id))
BOOST_DESCRIBE_STRUCT(ListTaskPushNotificationConfigsRequest, (),
                      (tenant, taskId, pageSize, pageToken))
BOOST_DESCRIBE_STRUCT(ListTaskPushNotificationConfigsResponse, (), (configs, nextPageToken))
BOOST_DESCRIBE_STRUCT(SendMessageResponse, (), (task, message))
BOOST_DESCRIBE_STRUCT(StreamResponse, (), (task, message, statusUpdate, artifactUpdate))

constexpr bool always_written(const ListTasksResponse*, std::string_view) {
  return true;
}
constexpr bool always_written(const ListTaskPushNotificationConfigsResponse*, std::string_view) {
  return true;
}
/// Servers leave out an empty token, against the specification.
constexpr bool has_defaults(const ListTasksResponse*) {
  return true;
}
constexpr bool has_defaults(const ListTaskPushNotificationConfigsResponse*) {
  return true;
}
constexpr bool has_defaults(const Message*) {
  return false;
}

/// What the mapper cannot say: a known role, one content per part, at least one part, ids of at
/// most kMaxIdBytes, lists within their limits (a2a/limits.h). `at` is the JSON pointer of the
/// value.
Result<> validate(const Message& message, const std::string& at);

/// The text parts, joined by line ends.
std::string text_of(const std::vector<Part>& parts);
Part text_part(std::string text);

// The reducer: how an event changes the task (sections 3.6 and 4.3 of a2a.md). The only one, used
// by whoever keeps a snapshot (core, client). Terminal states are the caller's business.

/// The status is replaced; a status message that it supersedes enters the history; the event's
/// metadata merges into the task's by key.
void apply(Task& task, TaskStatusUpdateEvent event);
/// Creates the artifact, replaces it, or (append) adds its parts and merges its metadata by key.
void apply(Task& task, TaskArtifactUpdateEvent event);
/// Leaves the `length` most recent messages; all when absent.
void history_tail(Task& task, std::optional<std::int32_t> length);
/// Sets every member of `from` in `into`.
void merge(json::Object& into, json::Object from);

}  // namespace flotilla::a2a
