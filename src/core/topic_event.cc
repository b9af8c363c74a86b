#include "core/topic_event.h"

#include <fmt/format.h>

#include <algorithm>

#include "core/limits.h"
#include "core/task_sql.h"
#include "core/topic_name.h"
#include "json/map.h"

namespace flotilla::core {

bool TopicFilter::admits(const TopicEvent& event) const {
  if (event.name_space != name_space) return false;
  if (principal && !event.owner.empty() && !principal->sees_owner(event.owner)) return false;
  return std::ranges::any_of(
      patterns, [&](const auto& pattern) { return matches_topic(pattern, event.name); });
}

namespace sql {

namespace {

// The seq is the stream's next one; two who take the same one do not both commit.
const db::Statement kInsert{
    "INSERT INTO event (stream, seq, namespace, owner, at, kind, actor, lease_token, trace_id, "
    "version, payload) SELECT $1, COALESCE((SELECT MAX(seq) FROM event WHERE stream = $1), 0) + 1, "
    "$2, $3, $4, 'topic', $5, 0, NULL, 1, $6 "
    "WHERE NOT EXISTS (SELECT 1 FROM topic_event WHERE key = $7)"};
// After an insert that did nothing, the stream's last event has its row already.
const db::Statement kIndex{
    "INSERT INTO topic_event (position, namespace, name, owner, principal, key) "
    "SELECT position, namespace, $2, owner, $3, $4 FROM event WHERE stream = $1 "
    "AND seq = (SELECT MAX(seq) FROM event WHERE stream = $1) ON CONFLICT DO NOTHING"};

#define FLOTILLA_TOPIC_EVENTS                                                               \
  "SELECT e.position, e.namespace, t.name, e.owner, t.principal, e.actor, e.at, e.payload " \
  "FROM topic_event t JOIN event e ON e.position = t.position "

/// `{"cursor":"…",…` and the members of the stored payload: what all readers are shown.
std::string shown(const TopicEvent& event) {
  std::string text = fmt::format(R"({{"cursor":"{}","namespace":)", event.position);
  json::write_string(event.name_space, text);
  text += R"(,"name":)";
  json::write_string(event.name, text);
  text += R"(,"from":)";
  json::write_string(event.actor, text);
  text += fmt::format(R"(,"at":"{}","shared":{},)", format_time(event.at), event.owner.empty());
  text.append(event.payload, 1);
  return text;
}

}  // namespace

const db::Statement kSelectTopicHead{"SELECT COALESCE(MAX(position), 0) FROM topic_event"};
const db::Statement kSelectTopicEvents{
    FLOTILLA_TOPIC_EVENTS
    "WHERE t.position > $1 AND t.position <= $2 ORDER BY t.position LIMIT $3"};
const db::Statement kSelectTopicPage{
    FLOTILLA_TOPIC_EVENTS
    "WHERE t.namespace = $4 AND t.position > $1 AND t.position <= $2 "
    "AND (t.owner = '' OR t.owner = $5 OR $6 = 1) AND t.name LIKE $7 ESCAPE '\\' "
    "ORDER BY t.position LIMIT $3"};
const db::Statement kSelectTopicKey{FLOTILLA_TOPIC_EVENTS "WHERE t.key = $1 AND t.namespace = $2"};

Result<> add_topic_event(db::Batch& batch, Publication publication, Time at) {
  const std::string stream = "topic/" + publication.name_space + "/" + publication.name;
  auto payload = json::to_text(publication.payload);
  if (payload.size() > kMaxTopicPayload)
    return fail(Error(Code::invalid_argument, reason::kLimitExceeded,
                      fmt::format("data: the event is larger than {} KiB; publish where the data "
                                  "is instead of the data",
                                  kMaxTopicPayload >> 10))
                    .with_field("data", "too large"));
  db::Value key = std::monostate{};
  if (!publication.key.empty()) key = std::move(publication.key);
  std::vector<db::Value> values{
      stream,     publication.name_space,       std::move(publication.owner),
      millis(at), std::move(publication.actor), std::move(payload),
      key};
  batch.add(kInsert, std::move(values));
  batch.add(kIndex, {stream, std::move(publication.name), std::move(publication.principal), key});
  return ok();
}

TopicEventPtr to_topic_event(const db::Row& row) {
  auto event = std::make_shared<TopicEvent>();
  event->position = static_cast<std::uint64_t>(db::int_at(row, 0));
  event->name_space = db::text_at(row, 1);
  event->name = db::text_at(row, 2);
  event->owner = db::text_at(row, 3);
  event->principal = db::text_at(row, 4);
  event->actor = db::text_at(row, 5);
  event->at = time_at(row, 6);
  event->payload = db::text_at(row, 7);
  event->text = std::make_shared<const std::string>(shown(*event));
  return event;
}

}  // namespace sql

}  // namespace flotilla::core
