#include <utility>

#include "a2a/v03.h"

namespace flotilla::a2a::v03 {
namespace {

json::ReadOptions options_at(const std::string& at) {
  json::ReadOptions options;
  options.proto_names = true;
  options.at = at;
  return options;
}

/// Reads the 0.3 struct and sets `field` of the result to its translation.
template <class Old, class New>
Result<StreamResponse> read_into(json::Value value, std::optional<New> StreamResponse::* field,
                                 const std::string& at) {
  TRY(old, json::read<Old>(std::move(value), options_at(at)));
  TRY(translated, from_v03(std::move(old), at));
  StreamResponse out;
  out.*field = std::move(translated);
  return out;
}

Result<StreamResponse> read_rpc(json::Value value, const std::string& at) {
  const json::Object* object = value.if_object();
  const json::Value* member = object ? object->find("kind") : nullptr;
  const std::string* kind = member ? member->if_string() : nullptr;
  if (kind == nullptr) return fail(invalid(at + "/kind", "missing"));
  if (*kind == "task") return read_into<Task>(std::move(value), &StreamResponse::task, at);
  if (*kind == "message") return read_into<Message>(std::move(value), &StreamResponse::message, at);
  if (*kind == "status-update")
    return read_into<StatusUpdate>(std::move(value), &StreamResponse::statusUpdate, at);
  if (*kind == "artifact-update")
    return read_into<ArtifactUpdate>(std::move(value), &StreamResponse::artifactUpdate, at);
  return fail(invalid(at + "/kind", "unknown kind"));
}

template <class Old, class New>
Result<> move_into(std::optional<Old>& old, std::optional<New>& field, const std::string& at) {
  if (!old) return ok();
  TRY(translated, from_v03(std::move(*old), at));
  field = std::move(translated);
  return ok();
}

Result<StreamResponse> read_rest(json::Value value, const std::string& at) {
  TRY(old, json::read<RestResponse>(std::move(value), options_at(at)));
  StreamResponse out;
  TRY_VOID(move_into(old.task, out.task, at + "/task"));
  TRY_VOID(move_into(old.msg, out.message, at + "/msg"));
  TRY_VOID(move_into(old.message, out.message, at + "/message"));
  TRY_VOID(move_into(old.statusUpdate, out.statusUpdate, at + "/statusUpdate"));
  TRY_VOID(move_into(old.artifactUpdate, out.artifactUpdate, at + "/artifactUpdate"));
  if (!out.task && !out.message && !out.statusUpdate && !out.artifactUpdate)
    return fail(invalid(at, "must have one of task, message, statusUpdate and artifactUpdate"));
  return out;
}

}  // namespace

Result<StreamResponse> read_response(json::Value value, Form form, const std::string& at) {
  if (form == Form::rpc) return read_rpc(std::move(value), at);
  return read_rest(std::move(value), at);
}

}  // namespace flotilla::a2a::v03
