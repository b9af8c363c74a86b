#pragma once

#include <boost/describe.hpp>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/context.h"
#include "base/result.h"
#include "base/time.h"
#include "core/event.h"
#include "db/database.h"
#include "json/value.h"

namespace flotilla::core {

/// What an event of a topic says, as it is stored; the names are those of the native API.
struct TopicPayload {
  std::optional<std::string> agent;      // that published it
  std::optional<std::string> taskId;     // in which it was published
  std::optional<std::string> contextId;  // of that task, or as the publisher gave it
  std::int64_t hops = 0;                 // agents that led to it, one answering the other
  json::Value data;
};
BOOST_DESCRIBE_STRUCT(TopicPayload, (), (agent, taskId, contextId, hops, data))

/// An event of a topic, as its readers get it. Immutable and shared by all of them.
struct TopicEvent {
  std::uint64_t position = 0;  // the cursor after it
  std::string name_space;
  std::string name;
  std::string owner;      // empty: everybody's who may enter the namespace
  std::string principal;  // on whose behalf
  std::string actor;      // the agent or principal that published it
  Time at;
  std::string payload;  // TopicPayload as JSON text
  /// The whole as the native API shows it, made once for all readers.
  std::shared_ptr<const std::string> text;
};
using TopicEventPtr = std::shared_ptr<const TopicEvent>;

inline std::size_t mailbox_bytes(const TopicEvent& event) {
  return event.text->size();
}

/// Which events a reader gets.
struct TopicFilter {
  std::string name_space;
  std::vector<std::string> patterns;
  /// Null: the platform itself, which sees every owner's.
  std::shared_ptr<const Principal> principal;

  [[nodiscard]] bool admits(const TopicEvent& event) const;
};

/// An event that is about to be published.
struct Publication {
  std::string name_space;
  std::string name;       // checked by the caller
  std::string owner;      // empty: everybody's who may enter the namespace
  std::string principal;  // on whose behalf
  std::string actor;
  TopicPayload payload;
  std::string key;  // the same again is stored once; empty: none
};

namespace sql {

/// Adds the event's rows; the key that the batch gives its first step is the position, and no row
/// is changed when the publication's key was there before. LIMIT_EXCEEDED when it is too large.
Result<> add_topic_event(db::Batch& batch, Publication publication, Time at);

extern const db::Statement kSelectTopicHead;
/// By position: after $1, up to $2, at most $3; over all namespaces.
extern const db::Statement kSelectTopicEvents;
/// The same in namespace $4, of owner $5 (unless $6), with a name like $7.
extern const db::Statement kSelectTopicPage;
extern const db::Statement kSelectTopicKey;
/// A row of the selects above.
TopicEventPtr to_topic_event(const db::Row& row);

}  // namespace sql

}  // namespace flotilla::core
