#pragma once

#include <google/protobuf/struct.pb.h>
#include <google/protobuf/timestamp.pb.h>

#include <cstddef>
#include <string>

#include "base/result.h"
#include "base/time.h"
#include "json/json.h"
#include "json/value.h"

/// google.protobuf.Struct and Value to our JSON values and back: what users own over gRPC
/// (specification 1.0 section 5.5; a2a.md 3.10).
///
/// What a Struct cannot hold is lost there: the order of members (read sorted by name) and how a
/// number was written (all numbers are doubles; an integer up to 2^53 reads and prints as one).
namespace flotilla::a2a::rpc {

/// Reads the values of one request within limits shared by all of them. A fault is
/// invalid_argument naming `at`.
class ValueReader {
 public:
  explicit ValueReader(const json::ParseLimits& limits) : limits_(limits) {}

  /// `outer` is how deep the object that holds the value would lie in the JSON form of the request,
  /// so that what one binding accepts all can show.
  Result<json::Object> object(google::protobuf::Struct& in, std::size_t outer,
                              const std::string& at);
  /// A Value without a kind reads as null. Numbers that are not finite are refused.
  Result<json::Value> value(google::protobuf::Value& in, std::size_t outer, const std::string& at);

 private:
  /// `depth` of the container that holds the value.
  json::Value convert(google::protobuf::Value& in, std::size_t depth);
  /// `depth` of the object itself.
  json::Object convert(google::protobuf::Struct& in, std::size_t depth);
  [[nodiscard]] bool enter(std::size_t depth);

  const json::ParseLimits& limits_;
  std::size_t values_ = 0;
  const char* fault_ = nullptr;
};

void write_value(const json::Value& in, google::protobuf::Value& out);
void write_struct(const json::Object& in, google::protobuf::Struct& out);

/// Milliseconds; finer digits are cut. invalid_argument outside the years 1970 to 9999.
Result<Time> read_time(const google::protobuf::Timestamp& in, const std::string& at);
void write_time(Time in, google::protobuf::Timestamp& out);

}  // namespace flotilla::a2a::rpc
