#include "core/resource_sql.h"

#include <fmt/format.h>

#include <algorithm>

#include "core/limits.h"
#include "core/task_sql.h"
#include "json/map.h"

namespace flotilla::core::sql {

namespace {

#define FLOTILLA_RESOURCE_COLUMNS                                                             \
  "r.kind, r.namespace, r.name, r.uid, r.labels, r.annotations, r.owners, r.spec, r.status, " \
  "r.secrets, r.generation, r.version, r.by_admin, r.created_at"
#define FLOTILLA_RESOURCE_SELECT "SELECT " FLOTILLA_RESOURCE_COLUMNS " FROM resource AS r "

const db::Statement kInsert{
    "INSERT INTO resource (kind, namespace, name, uid, labels, annotations, owners, spec, status, "
    "secrets, generation, version, by_admin, created_at) "
    "SELECT $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, 0, $12, $13 "
    "WHERE (SELECT COUNT(*) FROM resource WHERE kind = $1 AND namespace = $2) < $14"};
const db::Statement kUpdate{
    "UPDATE resource SET labels = $5, annotations = $6, owners = $7, spec = $8, status = $9, "
    "secrets = $10, generation = $11, by_admin = $12 "
    "WHERE kind = $1 AND namespace = $2 AND name = $3 AND uid = $4 AND version = $13"};
const db::Statement kDelete{
    "DELETE FROM resource WHERE kind = $1 AND namespace = $2 AND name = $3 AND uid = $4 "
    "AND version = $5 AND NOT EXISTS (SELECT 1 FROM resource_link WHERE to_uid = $4 "
    "AND relation = 'owner') AND NOT EXISTS (SELECT 1 FROM resource_link WHERE to_kind = $1 "
    "AND to_namespace = $2 AND to_name = $3 AND relation = 'uses')"};
const db::Statement kDropLinks{"DELETE FROM resource_link WHERE uid = $1"};
const db::Statement kDropOwnerLink{
    "DELETE FROM resource_link WHERE uid = $1 AND relation = 'owner' AND to_uid = $2"};
const db::Statement kInsertLink{
    "INSERT INTO resource_link (uid, relation, to_kind, to_namespace, to_name, to_uid) "
    "VALUES ($1, $2, $3, $4, $5, $6)"};
// Changes nothing; that it meets a row is what counts.
const db::Statement kOwnerIsThere{"UPDATE resource SET uid = uid WHERE uid = $1"};
// The seq is the stream's next one; two who take the same one do not both commit.
const db::Statement kInsertResourceEvent{
    "INSERT INTO event (stream, seq, namespace, owner, at, kind, actor, lease_token, trace_id, "
    "version, payload) SELECT $1, COALESCE((SELECT MAX(seq) FROM event WHERE stream = $1), 0) + 1, "
    "$2, '', $3, $4, $5, 0, NULL, 1, $6"};
#define FLOTILLA_LAST_EVENT "stream = $1 AND seq = (SELECT MAX(seq) FROM event WHERE stream = $1)"
const db::Statement kIndexEvent{
    "INSERT INTO resource_event (position, kind, namespace) "
    "SELECT position, $2, namespace FROM event WHERE " FLOTILLA_LAST_EVENT};
const db::Statement kSetVersion{
    "UPDATE resource SET version = (SELECT position FROM event WHERE " FLOTILLA_LAST_EVENT
    ") WHERE kind = $2 AND namespace = $3 AND name = $4"};
const db::Statement kMarkPruned{
    "INSERT INTO resource_pruned (kind, namespace, position) SELECT $2, namespace, position "
    "FROM event WHERE stream = $1 AND seq = (SELECT MAX(seq) FROM event WHERE stream = $1) - $3 "
    "ON CONFLICT (kind, namespace) DO UPDATE SET position = excluded.position"};
const db::Statement kPruneIndex{
    "DELETE FROM resource_event WHERE kind = $1 AND namespace = $2 AND position <= "
    "(SELECT position FROM resource_pruned WHERE kind = $1 AND namespace = $2)"};
const db::Statement kPruneEvents{
    "DELETE FROM event WHERE stream = $1 AND seq <= (SELECT MAX(seq) FROM event "
    "WHERE stream = $1) - $2"};

std::string stream_of(const ResourceRef& ref) {
  return fmt::format("resource/{}/{}", ref.name_space, ref.kind);
}

std::int64_t number(std::uint64_t value) {
  return static_cast<std::int64_t>(value);
}

std::vector<db::Value> key_of(const ResourceRow& row) {
  const auto& resource = row.resource;
  db::Value secrets = std::monostate{};
  if (row.secrets) secrets = *row.secrets;
  return {resource.ref.kind,
          resource.ref.name_space,
          resource.ref.name,
          resource.uid,
          json::to_text(resource.labels),
          json::to_text(resource.annotations),
          json::to_text(resource.owners),
          json::to_string(resource.spec),
          json::to_string(resource.status),
          std::move(secrets),
          resource.generation,
          std::int64_t{resource.by_admin}};
}

/// Stored JSON is ours: what cannot be read is damage.
template <class T>
T stored(const db::Row& row, std::size_t column) {
  auto read = json::from_text<T>(db::text_at(row, column));
  if (!read) throw db::WrongColumn("a stored resource cannot be read: " + read.error().message());
  return std::move(*read);
}

}  // namespace

const db::Statement kFindResource{FLOTILLA_RESOURCE_SELECT
                                  "WHERE r.kind = $1 AND r.namespace = $2 AND r.name = $3"};
const db::Statement kListResources{
    FLOTILLA_RESOURCE_SELECT
    "WHERE (r.kind, r.namespace, r.name) > ($1, $2, $3) AND ($4 = '' OR r.kind = $4) "
    "AND ($5 = '' OR r.namespace = $5) ORDER BY r.kind, r.namespace, r.name LIMIT $6"};
const db::Statement kOwnedResources{
    FLOTILLA_RESOURCE_SELECT
    "JOIN resource_link AS l ON l.uid = r.uid AND l.relation = 'owner' WHERE l.to_uid = $1 "
    "ORDER BY r.kind, r.namespace, r.name LIMIT $2"};
const db::Statement kUsersOfResource{
    "SELECT r.kind, r.namespace, r.name FROM resource_link AS l JOIN resource AS r "
    "ON r.uid = l.uid WHERE l.to_kind = $1 AND l.to_namespace = $2 AND l.to_name = $3 "
    "AND l.relation = 'uses' ORDER BY r.kind, r.namespace, r.name LIMIT $4"};
const db::Statement kResourceEvents{
    "SELECT e.position, e.kind, e.payload FROM resource_event AS i "
    "JOIN event AS e ON e.position = i.position WHERE i.position > $1 "
    "AND ($2 = '' OR i.kind = $2) AND ($3 = '' OR i.namespace = $3) ORDER BY i.position LIMIT $4"};
const db::Statement kResourcePruned{
    "SELECT COALESCE(MAX(position), 0) FROM resource_pruned WHERE position > $1 "
    "AND ($2 = '' OR kind = $2) AND ($3 = '' OR namespace = $3)"};
const db::Statement kResourceHead{"SELECT COALESCE(MAX(position), 0) FROM event"};
const db::Statement kSealedResources{
    FLOTILLA_RESOURCE_SELECT
    "WHERE (r.kind, r.namespace, r.name) > ($1, $2, $3) AND r.secrets IS NOT NULL "
    "ORDER BY r.kind, r.namespace, r.name LIMIT $4"};
const db::Statement kResealResource{
    "UPDATE resource SET secrets = $3 WHERE uid = $1 AND secrets = $2"};

ResourceRow to_resource(const db::Row& row) {
  ResourceRow out;
  auto& resource = out.resource;
  resource.ref = {db::text_at(row, 0), db::text_at(row, 1), db::text_at(row, 2)};
  resource.uid = db::text_at(row, 3);
  resource.labels = stored<std::map<std::string, std::string>>(row, 4);
  resource.annotations = stored<std::map<std::string, std::string>>(row, 5);
  resource.owners = stored<std::vector<OwnerReference>>(row, 6);
  resource.spec = stored<json::Object>(row, 7);
  resource.status = stored<json::Object>(row, 8);
  out.secrets = db::optional_text_at(row, 9);
  resource.generation = db::int_at(row, 10);
  resource.version = static_cast<std::uint64_t>(db::int_at(row, 11));
  resource.by_admin = db::int_at(row, 12) != 0;
  resource.created_at = time_at(row, 13);
  return out;
}

Result<StoredEvent> to_resource_event(const db::Row& row) {
  StoredEvent out;
  out.event.position = static_cast<std::uint64_t>(db::int_at(row, 0));
  const auto& type = db::text_at(row, 1);
  out.event.type = type == "added"     ? ResourceEvent::Type::added
                   : type == "deleted" ? ResourceEvent::Type::deleted
                                       : ResourceEvent::Type::modified;
  TRY(payload, json::parse(db::text_at(row, 2)));
  const auto* object = payload.if_object();
  const auto* document = object == nullptr ? nullptr : object->find("object");
  if (document == nullptr) return fail(Error(Code::data_loss, "an event of a resource is damaged"));
  TRY(resource, resource_of(*document));
  out.event.resource = std::move(resource);
  out.event.resource.version = out.event.position;
  out.event.resource.deleted = out.event.type == ResourceEvent::Type::deleted;
  if (const auto* admin = object->find("byAdmin"); admin != nullptr && admin->if_bool())
    out.event.resource.by_admin = *admin->if_bool();
  if (const auto* labels = object->find("labelsBefore"))
    if (auto read = json::read<std::map<std::string, std::string>>(*labels))
      out.labels_before = std::move(*read);
  return out;
}

void add_resource(db::Batch& batch, const ResourceRow& row) {
  auto values = key_of(row);
  values.emplace_back(millis(row.resource.created_at));
  values.emplace_back(kMaxResources);
  batch.add(kInsert, std::move(values),
            db::Expect{1, Error(Code::resource_exhausted, reason::kLimitExceeded,
                                fmt::format("namespace {} has {} resources of kind {} already",
                                            row.resource.ref.name_space, kMaxResources,
                                            row.resource.ref.kind))});
}

void change_resource(db::Batch& batch, const ResourceRow& row, std::uint64_t before) {
  auto values = key_of(row);
  values.emplace_back(number(before));
  batch.add(kUpdate, std::move(values), db::Expect{1, Error(Code::conflict, "it was changed")});
}

void delete_resource(db::Batch& batch, const Resource& resource) {
  const auto& ref = resource.ref;
  batch.add(kDelete, {ref.kind, ref.name_space, ref.name, resource.uid, number(resource.version)},
            db::Expect{1, Error(Code::conflict, "it was changed")});
}

void drop_links(db::Batch& batch, const std::string& uid) {
  batch.add(kDropLinks, {uid});
}

void add_links(db::Batch& batch, const Resource& resource, const std::vector<ResourceRef>& uses) {
  for (const auto& owner : resource.owners) {
    const auto uid = owner.uid.value_or("");
    batch.add(kOwnerIsThere, {uid},
              db::Expect{1, Error(Code::failed_precondition,
                                  fmt::format("the owner {} {} is gone", owner.kind, owner.name))});
    batch.add(kInsertLink,
              {resource.uid, "owner", owner.kind, resource.ref.name_space, owner.name, uid});
  }
  for (const auto& used : uses)
    batch.add(kInsertLink, {resource.uid, "uses", used.kind, used.name_space, used.name, ""});
}

void drop_owner_links(db::Batch& batch, const Resource& before, const Resource& after) {
  for (const auto& owner : before.owners)
    if (std::ranges::find(after.owners, owner) == after.owners.end())
      batch.add(kDropOwnerLink, {before.uid, owner.uid.value_or("")});
}

std::size_t add_resource_event(db::Batch& batch, ResourceEvent::Type type, const Resource& resource,
                               const Resource* before, std::string_view actor, Time at) {
  const auto& ref = resource.ref;
  const auto stream = stream_of(ref);
  Resource shown = resource;
  shown.version = 0;  // is the event's own position
  json::Object payload;
  payload.append("object", document_of(shown));
  if (resource.by_admin) payload.append("byAdmin", true);
  if (before != nullptr && before->labels != resource.labels)
    payload.append("labelsBefore", json::to_value(before->labels));
  const std::size_t step = batch.size();
  batch.add(kInsertResourceEvent, {stream, ref.name_space, millis(at), std::string(to_string(type)),
                                   std::string(actor), json::to_string(payload)});
  batch.add(kIndexEvent, {stream, ref.kind});
  if (type != ResourceEvent::Type::deleted)
    batch.add(kSetVersion, {stream, ref.kind, ref.name_space, ref.name});
  batch.add(kMarkPruned, {stream, ref.kind, kResourceHistory});
  batch.add(kPruneIndex, {ref.kind, ref.name_space});
  batch.add(kPruneEvents, {stream, kResourceHistory});
  return step;
}

}  // namespace flotilla::core::sql
