#include "a2a/grpc/value_map.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "json/json.h"

namespace flotilla::a2a::rpc {
namespace {

using google::protobuf::Struct;
using google::protobuf::Value;

json::Value parsed(std::string_view text) {
  auto value = json::parse(text);
  EXPECT_TRUE(value) << text;
  return value ? std::move(*value) : json::Value();
}

std::string round_trip(std::string_view text) {
  Value wire;
  write_value(parsed(text), wire);
  const json::ParseLimits limits;
  const auto back = ValueReader(limits).value(wire, 0, "/data");
  EXPECT_TRUE(back) << text;
  return back ? json::to_string(*back) : "";
}

std::string fault(Value& wire, const json::ParseLimits& limits, std::size_t outer = 0) {
  const auto read = ValueReader(limits).value(wire, outer, "/data");
  return read ? "" : read.error().message();
}

TEST(ValueMap, KeepsWhatAStructCanHold) {
  for (const char* text :
       {"null", "true", "false", R"("")", R"("é\n")", "[]", "{}", "[1,[2,{}],null]",
        R"({"a":{"b":[1.5,"x"]},"c":null})", "0", "-1", "42", "9007199254740992", "0.1", "1e+300"})
    EXPECT_EQ(round_trip(text), text);
}

TEST(ValueMap, NumbersAreDoubles) {
  EXPECT_EQ(round_trip("10.00"), "10");
  EXPECT_EQ(round_trip("1e2"), "100");
  EXPECT_EQ(round_trip("9007199254740993"), "9007199254740992");
}

TEST(ValueMap, MembersAreSortedByName) {
  EXPECT_EQ(round_trip(R"({"b":1,"a":2,"":3})"), R"({"":3,"a":2,"b":1})");
}

TEST(ValueMap, AValueWithoutAKindIsNull) {
  Value wire;
  const json::ParseLimits limits;
  const auto read = ValueReader(limits).value(wire, 0, "/data");
  ASSERT_TRUE(read);
  EXPECT_TRUE(read->is_null());
}

TEST(ValueMap, RefusesNumbersThatAreNotFinite) {
  for (const double number : {std::nan(""), std::numeric_limits<double>::infinity(),
                              -std::numeric_limits<double>::infinity()}) {
    Value wire;
    (*wire.mutable_struct_value()->mutable_fields())["n"].set_number_value(number);
    EXPECT_EQ(fault(wire, {}), "/data: holds a number that is not finite");
  }
}

TEST(ValueMap, BoundsDepthAndCount) {
  Value wire;
  Value* inner = &wire;
  for (int i = 0; i < 64; ++i) inner = inner->mutable_list_value()->add_values();
  Value copy = wire;
  EXPECT_EQ(fault(copy, {}), "");
  copy = wire;
  EXPECT_EQ(fault(copy, {}, 1), "/data: is nested too deeply");
  inner->mutable_struct_value();
  EXPECT_EQ(fault(wire, {}), "/data: is nested too deeply");

  json::ParseLimits few;
  few.values = 3;
  Value list;
  for (int i = 0; i < 2; ++i) list.mutable_list_value()->add_values()->set_bool_value(true);
  copy = list;
  EXPECT_EQ(fault(copy, few), "");
  list.mutable_list_value()->add_values();
  EXPECT_EQ(fault(list, few), "/data: holds too many values");
}

TEST(ValueMap, TheCountIsOfAllValuesOfARequest) {
  json::ParseLimits few;
  few.values = 1;
  ValueReader reader(few);
  Struct first;
  (*first.mutable_fields())["a"].set_bool_value(true);
  Struct second = first;
  EXPECT_TRUE(reader.object(first, 0, "/a"));
  EXPECT_FALSE(reader.object(second, 0, "/b"));
}

TEST(ValueMap, TimesAreMilliseconds) {
  google::protobuf::Timestamp wire;
  wire.set_seconds(1'700'000'000);
  wire.set_nanos(123'999'999);
  const auto time = read_time(wire, "/t");
  ASSERT_TRUE(time);
  EXPECT_EQ(format_time(*time), "2023-11-14T22:13:20.123Z");
  google::protobuf::Timestamp back;
  write_time(*time, back);
  EXPECT_EQ(back.seconds(), 1'700'000'000);
  EXPECT_EQ(back.nanos(), 123'000'000);
  for (const auto& [seconds, nanos] : std::initializer_list<std::pair<std::int64_t, int>>{
           {-1, 0}, {253'402'300'800, 0}, {0, -1}, {0, 1'000'000'000}}) {
    wire.set_seconds(seconds);
    wire.set_nanos(nanos);
    EXPECT_FALSE(read_time(wire, "/t")) << seconds << " " << nanos;
  }
}

}  // namespace
}  // namespace flotilla::a2a::rpc
