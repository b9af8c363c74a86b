#include "a2a/grpc/value_map.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <utility>

namespace flotilla::a2a::rpc {
namespace {

constexpr std::int64_t kLastSecond = 253'402'300'799;  // 9999-12-31T23:59:59Z
constexpr std::int32_t kNanosPerSecond = 1'000'000'000;
constexpr std::int32_t kNanosPerMilli = 1'000'000;

}  // namespace

bool ValueReader::enter(std::size_t depth) {
  if (depth > limits_.depth) fault_ = "is nested too deeply";
  return fault_ == nullptr;
}

json::Object ValueReader::convert(google::protobuf::Struct& in, std::size_t depth) {
  if (!enter(depth)) return {};
  std::vector<json::Object::Member> members;
  members.reserve(in.fields().size());
  for (auto& [name, value] : *in.mutable_fields()) {
    if (fault_ != nullptr) return {};
    members.emplace_back(name, convert(value, depth));
  }
  // Hash order differs from run to run.
  std::ranges::sort(members, {}, &json::Object::Member::first);
  return json::Object(std::move(members));
}

json::Value ValueReader::convert(google::protobuf::Value& in, std::size_t depth) {
  using google::protobuf::Value;
  if (++values_ > limits_.values) fault_ = "holds too many values";
  if (fault_ != nullptr) return {};
  switch (in.kind_case()) {
    case Value::kBoolValue:
      return json::Value(in.bool_value());
    case Value::kNumberValue:
      if (!std::isfinite(in.number_value())) fault_ = "holds a number that is not finite";
      return json::Value(in.number_value());
    case Value::kStringValue:
      return json::Value(std::move(*in.mutable_string_value()));
    case Value::kListValue: {
      if (!enter(depth + 1)) return {};
      json::Array out;
      out.reserve(static_cast<std::size_t>(in.list_value().values_size()));
      for (auto& element : *in.mutable_list_value()->mutable_values()) {
        out.push_back(convert(element, depth + 1));
        if (fault_ != nullptr) return {};
      }
      return json::Value(std::move(out));
    }
    case Value::kStructValue:
      return json::Value(convert(*in.mutable_struct_value(), depth + 1));
    case Value::kNullValue:
    case Value::KIND_NOT_SET:
      break;
  }
  return {};
}

Result<json::Object> ValueReader::object(google::protobuf::Struct& in, std::size_t outer,
                                         const std::string& at) {
  json::Object out = convert(in, outer + 1);
  if (fault_ != nullptr) return fail(invalid(at, fault_));
  return out;
}

Result<json::Value> ValueReader::value(google::protobuf::Value& in, std::size_t outer,
                                       const std::string& at) {
  json::Value out = convert(in, outer);
  if (fault_ != nullptr) return fail(invalid(at, fault_));
  return out;
}

void write_value(const json::Value& in, google::protobuf::Value& out) {
  switch (in.kind()) {
    case json::Kind::null:
      out.set_null_value(google::protobuf::NULL_VALUE);
      return;
    case json::Kind::boolean:
      out.set_bool_value(*in.if_bool());
      return;
    case json::Kind::number:
      out.set_number_value(in.as_double().value_or(0));
      return;
    case json::Kind::string:
      out.set_string_value(*in.if_string());
      return;
    case json::Kind::array: {
      auto& list = *out.mutable_list_value();
      list.mutable_values()->Reserve(static_cast<int>(in.if_array()->size()));
      for (const json::Value& element : *in.if_array()) write_value(element, *list.add_values());
      return;
    }
    case json::Kind::object:
      write_struct(*in.if_object(), *out.mutable_struct_value());
      return;
  }
}

void write_struct(const json::Object& in, google::protobuf::Struct& out) {
  auto& fields = *out.mutable_fields();
  for (const auto& [name, value] : in.members()) write_value(value, fields[name]);
}

Result<Time> read_time(const google::protobuf::Timestamp& in, const std::string& at) {
  const bool in_range = in.seconds() >= 0 && in.seconds() <= kLastSecond && in.nanos() >= 0 &&
                        in.nanos() < kNanosPerSecond;
  if (!in_range) return fail(invalid(at, "must be a time from 1970 to 9999"));
  return Time{std::chrono::seconds{in.seconds()} +
              std::chrono::milliseconds{in.nanos() / kNanosPerMilli}};
}

void write_time(Time in, google::protobuf::Timestamp& out) {
  const auto seconds = std::chrono::floor<std::chrono::seconds>(in);
  out.set_seconds(seconds.time_since_epoch().count());
  out.set_nanos(static_cast<std::int32_t>((in - seconds).count()) * kNanosPerMilli);
}

}  // namespace flotilla::a2a::rpc
