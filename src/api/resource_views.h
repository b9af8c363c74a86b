#pragma once

#include <boost/describe.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/resources.h"
#include "http/message.h"
#include "json/map.h"

/// What the routes of resources answer besides the resources themselves.
namespace flotilla::api {

http::Response answer_document(const core::Resource& resource);
http::Response answer_page(const core::ResourcePage& page);

struct FieldFault {
  std::string field;
  std::string description;
};
BOOST_DESCRIBE_STRUCT(FieldFault, (), (field, description))

/// Why one of several documents could not be applied.
struct ApplyFault {
  std::string reason;
  std::string message;
  std::vector<FieldFault> fields;
};
BOOST_DESCRIBE_STRUCT(ApplyFault, (), (reason, message, fields))

struct ApplyItem {
  std::string kind;
  std::string namespace_;
  std::string name;
  std::string result;  // created, configured, unchanged, pruned, failed
  std::optional<json::Value> resource;
  std::optional<ApplyFault> error;
};
BOOST_DESCRIBE_STRUCT(ApplyItem, (), (kind, namespace_, name, result, resource, error))

struct ApplyList {
  std::vector<ApplyItem> items;
};
BOOST_DESCRIBE_STRUCT(ApplyList, (), (items))
constexpr bool always_written(const ApplyList*, std::string_view) {
  return true;
}

/// Which quarantined tools of a tool server are offered again; none: all.
struct ApproveToolsBody {
  std::vector<std::string> tools;
};
BOOST_DESCRIBE_STRUCT(ApproveToolsBody, (), (tools))

struct KindView {
  std::string kind;
  std::string apiVersion;
  std::string plural;
  std::string singular;
  std::vector<std::string> shortNames;
  std::string summary;
  bool readOnly = false;
};
BOOST_DESCRIBE_STRUCT(KindView, (),
                      (kind, apiVersion, plural, singular, shortNames, summary, readOnly))

struct KindList {
  std::vector<KindView> items;
  std::string nextCursor;
};
BOOST_DESCRIBE_STRUCT(KindList, (), (items, nextCursor))
constexpr bool always_written(const KindList*, std::string_view) {
  return true;
}

}  // namespace flotilla::api
