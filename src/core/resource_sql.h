#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/resource.h"
#include "core/resources.h"
#include "db/database.h"

/// The SQL of the resource tables, and rows to structs. Who may see what is for Resources to say.
namespace flotilla::core::sql {

/// A resource with what is sealed of it.
struct ResourceRow {
  Resource resource;
  std::optional<std::string> secrets;
};

extern const db::Statement kFindResource;     // kind, namespace, name
extern const db::Statement kListResources;    // after kind, namespace, name; kind, namespace; limit
extern const db::Statement kOwnedResources;   // uid of the owner; limit
extern const db::Statement kUsersOfResource;  // kind, namespace, name; limit
extern const db::Statement kResourceEvents;   // after; kind, namespace; limit
extern const db::Statement kResourcePruned;   // after; kind, namespace
extern const db::Statement kResourceHead;
extern const db::Statement kSealedResources;  // after kind, namespace, name; limit
extern const db::Statement kResealResource;   // uid, before, after

ResourceRow to_resource(const db::Row& row);
/// A row of kResourceEvents; the labels that it had before, if they were others.
struct StoredEvent {
  ResourceEvent event;
  std::optional<std::map<std::string, std::string>> labels_before;
};
Result<StoredEvent> to_resource_event(const db::Row& row);

// Parts of a batch. Writing a resource is: its row, its links if they changed, its event.

/// resource_exhausted when there are too many; already_exists when the name is taken.
void add_resource(db::Batch& batch, const ResourceRow& row);
/// Conflict unless the stored version is `before`.
void change_resource(db::Batch& batch, const ResourceRow& row, std::uint64_t before);
/// Conflict unless the version is that one and nothing refers to it any more.
void delete_resource(db::Batch& batch, const Resource& resource);
void drop_links(db::Batch& batch, const std::string& uid);
/// failed_precondition when an owner is gone.
void add_links(db::Batch& batch, const Resource& resource, const std::vector<ResourceRef>& uses);
/// Links to owners that it had before and has no more.
void drop_owner_links(db::Batch& batch, const Resource& before, const Resource& after);
/// The event, and the version of the row if it is still there. Returns the step whose key is the
/// event's position.
std::size_t add_resource_event(db::Batch& batch, ResourceEvent::Type type, const Resource& resource,
                               const Resource* before, std::string_view actor, Time at);

}  // namespace flotilla::core::sql
