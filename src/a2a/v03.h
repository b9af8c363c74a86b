#pragma once

#include <boost/describe.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "a2a/types.h"
#include "base/result.h"
#include "json/map.h"
#include "json/value.h"

/// Protocol version 0.3 as it looks on the wire, and its translation from and to the 1.0 model
/// (a2a.md 1.1, 1.3, 1.4, 1.5). 0.3 has two JSON forms: JSON-RPC tells types apart by `kind`,
/// HTTP+JSON is ProtoJSON of the 0.3 proto. One set of structs holds both; members of the other
/// form stay absent. Enums are text here, because the forms spell them differently.
namespace flotilla::a2a::v03 {

enum class Form : std::uint8_t { rpc, rest };

/// rpc: bytes or uri; rest: fileWithBytes or fileWithUri.
struct File {
  std::optional<json::Base64> bytes;
  std::optional<std::string> uri;
  std::optional<json::Base64> fileWithBytes;
  std::optional<std::string> fileWithUri;
  std::optional<std::string> mimeType;
  std::optional<std::string> name;
};

/// `data` is the object itself (rpc) or {"data": object} (rest).
struct Part {
  std::optional<std::string> kind;
  std::optional<std::string> text;
  std::optional<File> file;
  std::optional<json::Value> data;
  json::Object metadata;
};

/// rpc: parts; rest: content.
struct Message {
  std::optional<std::string> kind;
  std::string messageId;
  std::optional<std::string> contextId;
  std::optional<std::string> taskId;
  std::string role;
  std::vector<Part> parts;
  std::vector<Part> content;
  json::Object metadata;
  std::vector<std::string> extensions;
  std::vector<std::string> referenceTaskIds;
};

struct TaskStatus {
  std::string state;
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
  std::optional<std::string> kind;
  std::string id;
  std::optional<std::string> contextId;
  TaskStatus status;
  std::vector<Artifact> artifacts;
  std::vector<Message> history;
  json::Object metadata;
};

struct StatusUpdate {
  std::optional<std::string> kind;
  std::string taskId;
  std::string contextId;
  TaskStatus status;
  std::optional<bool> final;
  json::Object metadata;
};

struct ArtifactUpdate {
  std::optional<std::string> kind;
  std::string taskId;
  std::string contextId;
  Artifact artifact;
  std::optional<bool> append;
  std::optional<bool> lastChunk;
  json::Object metadata;
};

struct PushAuthentication {
  std::vector<std::string> schemes;
  std::optional<std::string> credentials;
};

struct PushConfig {
  std::optional<std::string> id;
  std::string url;
  std::optional<std::string> token;
  std::optional<PushAuthentication> authentication;
};

/// rpc: taskId; rest: name (`tasks/TASK/pushNotificationConfigs/ID`).
struct TaskPushConfig {
  std::optional<std::string> taskId;
  std::optional<std::string> name;
  PushConfig pushNotificationConfig;
};

/// tasks/pushNotificationConfig/get, …/list, …/delete: `id` is the task's.
struct PushParams {
  std::string id;
  std::optional<std::string> pushNotificationConfigId;
};

/// What rest answers to a list; rpc answers the bare array.
struct PushList {
  std::vector<TaskPushConfig> configs;
  std::optional<std::string> nextPageToken;
};

/// rpc: pushNotificationConfig; rest: pushNotification.
struct SendConfiguration {
  std::vector<std::string> acceptedOutputModes;
  std::optional<PushConfig> pushNotificationConfig;
  std::optional<PushConfig> pushNotification;
  std::optional<std::int32_t> historyLength;
  std::optional<bool> blocking;
};

/// rest callers name the message `message` or `request`.
struct SendParams {
  std::optional<Message> message;
  std::optional<Message> request;
  std::optional<SendConfiguration> configuration;
  json::Object metadata;
};

/// tasks/get, tasks/cancel, tasks/resubscribe.
struct TaskParams {
  std::string id;
  std::optional<std::int32_t> historyLength;
  json::Object metadata;
};

/// What rest answers to a send and streams; `msg` is the proto's name, read only.
struct RestResponse {
  std::optional<Task> task;
  std::optional<Message> message;
  std::optional<Message> msg;
  std::optional<StatusUpdate> statusUpdate;
  std::optional<ArtifactUpdate> artifactUpdate;
};

BOOST_DESCRIBE_STRUCT(File, (), (bytes, uri, fileWithBytes, fileWithUri, mimeType, name))
BOOST_DESCRIBE_STRUCT(Part, (), (kind, text, file, data, metadata))
BOOST_DESCRIBE_STRUCT(Message, (),
                      (kind, messageId, contextId, taskId, role, parts, content, metadata,
                       extensions, referenceTaskIds))
BOOST_DESCRIBE_STRUCT(TaskStatus, (), (state, message, timestamp))
BOOST_DESCRIBE_STRUCT(Artifact, (), (artifactId, name, description, parts, metadata, extensions))
BOOST_DESCRIBE_STRUCT(Task, (), (kind, id, contextId, status, artifacts, history, metadata))
BOOST_DESCRIBE_STRUCT(StatusUpdate, (), (kind, taskId, contextId, status, final, metadata))
BOOST_DESCRIBE_STRUCT(ArtifactUpdate, (),
                      (kind, taskId, contextId, artifact, append, lastChunk, metadata))
BOOST_DESCRIBE_STRUCT(PushAuthentication, (), (schemes, credentials))
BOOST_DESCRIBE_STRUCT(PushConfig, (), (id, url, token, authentication))
BOOST_DESCRIBE_STRUCT(TaskPushConfig, (), (taskId, name, pushNotificationConfig))
BOOST_DESCRIBE_STRUCT(PushParams, (), (id, pushNotificationConfigId))
BOOST_DESCRIBE_STRUCT(PushList, (), (configs, nextPageToken))
BOOST_DESCRIBE_STRUCT(SendConfiguration, (),
                      (acceptedOutputModes, pushNotificationConfig, pushNotification, historyLength,
                       blocking))
BOOST_DESCRIBE_STRUCT(SendParams, (), (message, request, configuration, metadata))
BOOST_DESCRIBE_STRUCT(TaskParams, (), (id, historyLength, metadata))
BOOST_DESCRIBE_STRUCT(RestResponse, (), (task, message, msg, statusUpdate, artifactUpdate))

/// `working`, …, `unknown` (rpc); `TASK_STATE_WORKING`, …, `TASK_STATE_CANCELLED` (rest).
std::string_view state_name(TaskState state, Form form);
/// Reads both forms and both spellings of canceled.
std::optional<TaskState> parse_state(std::string_view name);
std::string_view role_name(MessageRole role, Form form);
std::optional<MessageRole> parse_role(std::string_view name);

// 1.0 to 0.3. Total: what 0.3 cannot say (media type of a text part) is left out; data that is no
// object is wrapped and marked `data_part_compat`.
Part to_v03(a2a::Part part, Form form);
Message to_v03(a2a::Message message, Form form);
TaskStatus to_v03(a2a::TaskStatus status, Form form);
Artifact to_v03(a2a::Artifact artifact, Form form);
Task to_v03(a2a::Task task, Form form);
/// `final` is said at terminal states.
StatusUpdate to_v03(TaskStatusUpdateEvent event, Form form);
ArtifactUpdate to_v03(TaskArtifactUpdateEvent event, Form form);
SendParams to_v03(SendMessageRequest request, Form form);
TaskPushConfig to_v03(TaskPushNotificationConfig config, Form form);

// 0.3 to 1.0. `at` is the JSON pointer of the value, for errors. Both forms are understood whatever
// the binding.
Result<a2a::Part> from_v03(Part part, const std::string& at);
Result<a2a::Message> from_v03(Message message, const std::string& at);
Result<a2a::TaskStatus> from_v03(TaskStatus status, const std::string& at);
Result<a2a::Artifact> from_v03(Artifact artifact, const std::string& at);
Result<a2a::Task> from_v03(Task task, const std::string& at);
Result<TaskStatusUpdateEvent> from_v03(StatusUpdate event, const std::string& at);
Result<TaskArtifactUpdateEvent> from_v03(ArtifactUpdate event, const std::string& at);
/// Of the schemes the first one counts.
Result<TaskPushNotificationConfig> from_v03(TaskPushConfig config, const std::string& at);
/// `form` decides what an absent `blocking` means: true in rpc, false in a rest configuration.
/// historyLength 0 is no limit in 0.3.
Result<SendMessageRequest> from_v03(SendParams params, Form form, const std::string& at);

/// What a 0.3 server answers to a send or puts into a stream: by `kind` in rpc, by member in rest.
Result<StreamResponse> read_response(json::Value value, Form form, const std::string& at);

}  // namespace flotilla::a2a::v03
