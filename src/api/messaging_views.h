#pragma once

#include <boost/describe.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "a2a/types.h"
#include "base/time.h"
#include "core/topic_subscription.h"
#include "http/message.h"
#include "json/map.h"

/// What the messaging routes take and answer. The OpenAPI schemas are made from these structs.
namespace flotilla::api {

struct PublishBody {
  std::string name;
  std::optional<json::Value> data;
  std::optional<std::string> agent;      // published as this agent, under its prefix
  std::optional<bool> shared;            // for everybody in the namespace; false by default
  std::optional<std::string> contextId;  // the conversation that it belongs to
  std::optional<std::string> cause;      // cursor of the event that it answers
  std::optional<std::string> key;        // the same key again publishes nothing
};
BOOST_DESCRIBE_STRUCT(PublishBody, (), (name, data, agent, shared, contextId, cause, key))

/// An event as its readers get it (core::TopicEvent::text); here for its schema.
struct TopicEventView {
  std::string cursor;
  std::string namespace_;
  std::string name;
  std::string from;
  Time at;
  bool shared = false;
  std::optional<std::string> agent;
  std::optional<std::string> taskId;
  std::optional<std::string> contextId;
  std::int64_t hops = 0;
  json::Value data;
};
BOOST_DESCRIBE_STRUCT(TopicEventView, (),
                      (cursor, namespace_, name, from, at, shared, agent, taskId, contextId, hops,
                       data))

struct TopicEventList {
  std::vector<TopicEventView> items;
  std::string nextCursor;
};
BOOST_DESCRIBE_STRUCT(TopicEventList, (), (items, nextCursor))

struct MessageBody {
  std::string to;
  std::optional<std::string> text;
  std::optional<json::Value> data;
  std::optional<std::string> taskId;  // of yours, in which the message is sent
  std::optional<std::string> contextId;
  std::optional<bool> wait;        // for the answer; true by default
  std::optional<std::string> key;  // the same key again is the first message
};
BOOST_DESCRIBE_STRUCT(MessageBody, (), (to, text, data, taskId, contextId, wait, key))

struct MessageView {
  std::string delivery;  // task or mailbox
  std::optional<a2a::Task> task;
};
BOOST_DESCRIBE_STRUCT(MessageView, (), (delivery, task))

struct SubscriptionBody {
  std::string name;
  std::vector<std::string> patterns;
  std::optional<std::string> after;  // cursor where it begins; 0: the beginning; absent: now
};
BOOST_DESCRIBE_STRUCT(SubscriptionBody, (), (name, patterns, after))

struct AckBody {
  std::string cursor;
};
BOOST_DESCRIBE_STRUCT(AckBody, (), (cursor))

struct SubscriptionView {
  std::string namespace_;
  std::string name;
  std::vector<std::string> patterns;
  std::string cursor;  // acknowledged up to here
  Time createdAt;
  Time ackedAt;
};
BOOST_DESCRIBE_STRUCT(SubscriptionView, (),
                      (namespace_, name, patterns, cursor, createdAt, ackedAt))

struct SubscriptionList {
  std::vector<SubscriptionView> items;
  std::string nextCursor;
};
BOOST_DESCRIBE_STRUCT(SubscriptionList, (), (items, nextCursor))
constexpr bool always_written(const SubscriptionList*, std::string_view) {
  return true;
}

}  // namespace flotilla::api
