#include "json/map.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <limits>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace flotilla::json {
namespace {

enum class Colour : std::uint8_t { red, green, default_ };
BOOST_DESCRIBE_ENUM(Colour, red, green, default_)

enum class Phase : std::uint8_t { unspecified, working = 3, done = 5 };
BOOST_DESCRIBE_ENUM(Phase, unspecified, working, done)
std::string_view wire_name(Phase phase) {
  switch (phase) {
    case Phase::working:
      return "PHASE_WORKING";
    case Phase::done:
      return "PHASE_DONE";
    case Phase::unspecified:
      return "";
  }
  return "";
}

struct Part {
  std::optional<std::string> text;
  std::optional<Value> data;
  Object metadata;
};
BOOST_DESCRIBE_STRUCT(Part, (), (text, data, metadata))

struct Message {
  std::string messageId;
  std::optional<std::string> contextId;
  std::vector<Part> parts;
  std::map<std::string, std::int32_t> counts;
};
BOOST_DESCRIBE_STRUCT(Message, (), (messageId, contextId, parts, counts))

struct Scalars {
  bool flag = false;
  std::int8_t tiny = 0;
  std::uint16_t port = 0;
  std::int64_t large = 0;
  std::uint64_t huge = 0;
  double ratio = 0;
  Time at;
  Duration wait{};
  Id<struct ThingTag> id;
  Uuid uuid;
  Base64 raw;
  Colour colour = Colour::red;
  Value any;
};
BOOST_DESCRIBE_STRUCT(Scalars, (),
                      (flag, tiny, port, large, huge, ratio, at, wait, id, uuid, raw, colour, any))

struct Config {
  int threads = 4;
  std::string default_ = "none";
  std::vector<std::string> hosts = {"localhost"};
};
BOOST_DESCRIBE_STRUCT(Config, (), (threads, default_, hosts))
constexpr bool has_defaults(const Config*) {
  return true;
}

struct Page {
  std::vector<std::string> items;
  std::optional<std::string> next;
  std::optional<std::string> other;
};
BOOST_DESCRIBE_STRUCT(Page, (), (items, next, other))
constexpr bool always_written(const Page*, std::string_view member) {
  return member != "other";
}

struct Open {
  std::string name;
  Object extra;
};
BOOST_DESCRIBE_STRUCT(Open, (), (name, extra))

struct Tree {
  int value = 0;
  std::unique_ptr<Tree> left;
  std::vector<Tree> children;
};
BOOST_DESCRIBE_STRUCT(Tree, (), (value, left, children))

struct Base {
  std::string kind;
};
BOOST_DESCRIBE_STRUCT(Base, (), (kind))
struct Derived : Base {
  int size = 0;
};
BOOST_DESCRIBE_STRUCT(Derived, (Base), (size))

struct State {
  Phase phase = Phase::unspecified;
};
BOOST_DESCRIBE_STRUCT(State, (), (phase))

struct Empty {};
BOOST_DESCRIBE_STRUCT(Empty, (), ())

/// The message of the error that reading must give.
template <class T>
std::string fault(std::string_view text, const ReadOptions& options = {}) {
  const auto result = from_text<T>(text, options);
  if (result) return "no fault";
  EXPECT_EQ(result.error().code(), Code::invalid_argument);
  return result.error().message();
}

constexpr std::string_view kScalars =
    R"({"flag":true,"tiny":-128,"port":65535,"large":-9223372036854775808,)"
    R"("huge":18446744073709551615,"ratio":0.5,"at":"2025-01-31T12:00:00.250Z","wait":"1h30m",)"
    R"("id":"0192f3a4-7c1e-7000-8000-0123456789ab","uuid":"0192f3a4-7c1e-7000-8000-0123456789ac",)"
    R"("raw":"+/8=","colour":"default","any":{"n":10.00}})";

TEST(JsonMap, every_scalar_goes_round) {
  const auto scalars = from_text<Scalars>(kScalars);
  ASSERT_TRUE(scalars) << scalars.error().message();
  EXPECT_EQ(scalars->huge, std::numeric_limits<std::uint64_t>::max());
  EXPECT_EQ(scalars->colour, Colour::default_);
  EXPECT_EQ(scalars->raw.bytes, "\xFB\xFF");
  EXPECT_EQ(scalars->wait, std::chrono::minutes{90});
  EXPECT_EQ(to_text(*scalars), kScalars);
  EXPECT_EQ(to_string(to_value(*scalars)), kScalars);
}

TEST(JsonMap, base64_is_read_in_either_alphabet) {
  EXPECT_EQ(from_text<Base64>("\"-_8\"").value().bytes, "\xFB\xFF");
  EXPECT_EQ(fault<Base64>("\"a\""), "expected base64");
}

TEST(JsonMap, faults_carry_the_pointer) {
  EXPECT_EQ(fault<Message>(R"({"messageId":"m","parts":[{},{"text":7}]})"),
            "/parts/1/text: expected string");
  EXPECT_EQ(fault<Message>(R"({"messageId":"m","parts":["x"]})", {.at = "/params/message"}),
            "/params/message/parts/0: expected object");
  EXPECT_EQ(fault<Message>(R"({"messageId":"m","parts":{}})"), "/parts: expected array");
  EXPECT_EQ(fault<Message>(R"({"messageId":"m","counts":{"a/b":1.5}})"),
            "/counts/a~1b: expected integer from -2147483648 to 2147483647");
  EXPECT_EQ(fault<Message>("[]"), "expected object");
  EXPECT_EQ(fault<Message>("{}"), "/messageId: required member is missing");
  EXPECT_EQ(fault<Message>(R"({"messageId":null})"), "/messageId: required member is missing");
  EXPECT_EQ(fault<Page>(R"({"items":["a",null]})"), "/items/1: expected string");
  const auto result = from_text<Message>(R"({"messageId":"m","parts":[3]})");
  ASSERT_EQ(result.error().violations().size(), 1U);
  EXPECT_EQ(result.error().violations().front().field, "/parts/0");
  EXPECT_EQ(result.error().violations().front().description, "expected object");
}

TEST(JsonMap, numbers_must_fit) {
  EXPECT_EQ(fault<std::int8_t>("128"), "expected integer from -128 to 127");
  EXPECT_EQ(fault<std::int8_t>("\"1\""), "expected integer");
  EXPECT_EQ(fault<std::uint16_t>("-1"), "expected integer from 0 to 65535");
  EXPECT_EQ(fault<std::uint64_t>("18446744073709551616"),
            "expected integer from 0 to 18446744073709551615");
  EXPECT_EQ(from_text<int>("1e2").value(), 100);
  EXPECT_EQ(fault<double>("true"), "expected number");
  EXPECT_EQ(fault<bool>("1"), "expected boolean");
}

TEST(JsonMap, texts_with_a_form_are_checked) {
  EXPECT_TRUE(fault<Time>("\"yesterday\"").starts_with("expected time as in RFC 3339"));
  EXPECT_TRUE(fault<Duration>("\"30 seconds\"").starts_with("expected duration"));
  EXPECT_EQ(fault<Uuid>("\"x\""), "expected UUID");
  EXPECT_EQ(fault<Time>("5"), "expected string");
}

TEST(JsonMap, absent_and_null_are_the_same_but_for_optional_values) {
  const auto message = from_text<Message>(
      R"({"messageId":"m","contextId":null,"parts":[{"data":null},{"text":null}],"counts":null})");
  ASSERT_TRUE(message) << message.error().message();
  EXPECT_FALSE(message->contextId);
  ASSERT_TRUE(message->parts.at(0).data);
  EXPECT_TRUE(message->parts.at(0).data->is_null());
  EXPECT_FALSE(message->parts.at(1).data);
  EXPECT_EQ(to_text(*message), R"({"messageId":"m","parts":[{"data":null},{}]})");
}

TEST(JsonMap, unknown_members_are_ignored_kept_or_refused) {
  EXPECT_TRUE(from_text<Message>(R"({"messageId":"m","mesageId":1})"));
  EXPECT_EQ(fault<Message>(R"({"messageId":"m","part":[]})", {.strict = true}),
            "/part: unknown member, did you mean 'parts'?");
  EXPECT_EQ(fault<Open>(R"({"name":"x","zzzzzzzz":1})", {.strict = true}), "no fault");
  EXPECT_EQ(fault<Config>(R"({"zzzzzzzzzz":1})", {.strict = true}),
            "/zzzzzzzzzz: unknown member, allowed are threads, default, hosts");
  EXPECT_EQ(fault<Empty>(R"({"a":1})", {.strict = true}),
            "/a: unknown member, none is allowed here");
  const auto open = from_text<Open>(R"({"b":[1.0],"name":"x","extra":2})");
  ASSERT_TRUE(open);
  EXPECT_EQ(to_string(open->extra), R"({"b":[1.0],"extra":2})");
  EXPECT_EQ(to_text(*open), R"({"name":"x","b":[1.0],"extra":2})");
  EXPECT_EQ(to_string(to_value(*open)), R"({"name":"x","b":[1.0],"extra":2})");
}

TEST(JsonMap, extra_never_repeats_a_member) {
  EXPECT_EQ(to_text(Open{"x", Object{{"name", "y"}, {"z", 1}}}), R"({"name":"x","z":1})");
}

TEST(JsonMap, proto_names_only_when_asked_for) {
  const std::string_view text = R"({"message_id":"m","context_id":"c"})";
  EXPECT_EQ(fault<Message>(text), "/messageId: required member is missing");
  const auto message = from_text<Message>(text, {.strict = true, .proto_names = true});
  ASSERT_TRUE(message) << message.error().message();
  EXPECT_EQ(message->contextId, "c");
  EXPECT_EQ(fault<Message>(R"({"message_id":"m","messageId":"n"})", {.proto_names = true}),
            "/messageId: given twice, by its JSON and its proto name");
  EXPECT_FALSE(from_text<Message>(R"({"messageid":"m"})", {.proto_names = true}));
  EXPECT_FALSE(from_text<Message>(R"({"message_id_":"m"})", {.proto_names = true}));
}

TEST(JsonMap, enums_go_by_name) {
  EXPECT_EQ(from_text<State>(R"({"phase":"PHASE_DONE"})").value().phase, Phase::done);
  EXPECT_EQ(to_text(State{Phase::working}), R"({"phase":"PHASE_WORKING"})");
  EXPECT_EQ(fault<State>(R"({"phase":"done"})"),
            "/phase: unknown value 'done', allowed are PHASE_WORKING, PHASE_DONE");
  EXPECT_EQ(fault<State>(R"({"phase":""})"),
            "/phase: unknown value '', allowed are PHASE_WORKING, PHASE_DONE");
  EXPECT_EQ(fault<State>(R"({"phase":3})"), "/phase: expected string");
  EXPECT_EQ(from_text<State>(R"({"phase":3})", {.proto_names = true}).value().phase,
            Phase::working);
  EXPECT_EQ(fault<State>(R"({"phase":4})", {.proto_names = true}),
            "/phase: unknown value '4', allowed are PHASE_WORKING, PHASE_DONE");
  EXPECT_EQ(fault<Colour>("\"default_\""),
            "unknown value 'default_', allowed are red, green, default");
}

TEST(JsonMap, defaults_hold_where_the_struct_says_so) {
  const auto config = from_text<Config>(R"({"threads":2,"hosts":null})");
  ASSERT_TRUE(config);
  EXPECT_EQ(config->threads, 2);
  EXPECT_EQ(config->default_, "none");
  EXPECT_EQ(config->hosts, std::vector<std::string>{"localhost"});
  EXPECT_EQ(to_text(*config), R"({"threads":2,"default":"none","hosts":["localhost"]})");
}

TEST(JsonMap, always_written_members_show_their_emptiness) {
  EXPECT_EQ(to_text(Page{}), R"({"items":[],"next":null})");
  EXPECT_EQ(to_string(to_value(Page{})), R"({"items":[],"next":null})");
}

TEST(JsonMap, recursive_and_inherited_structs) {
  const std::string_view text =
      R"({"value":1,"left":{"value":2},"children":[{"value":3,"left":{"value":4}}]})";
  EXPECT_EQ(to_text(from_text<Tree>(text).value()), text);
  EXPECT_EQ(fault<Tree>(R"({"value":1,"left":{"value":2,"left":{}}})"),
            "/left/left/value: required member is missing");
  const auto derived = from_text<Derived>(R"({"kind":"k","size":3})");
  ASSERT_TRUE(derived);
  EXPECT_EQ(derived->kind, "k");
  EXPECT_EQ(to_text(*derived), R"({"kind":"k","size":3})");
}

TEST(JsonMap, containers_map_without_a_struct) {
  EXPECT_EQ(to_text(std::vector<bool>{true, false}), "[true,false]");
  EXPECT_EQ(from_text<std::vector<bool>>("[true,false]").value(), (std::vector<bool>{true, false}));
  EXPECT_EQ(fault<std::vector<bool>>("[true,1]"), "/1: expected boolean");
  EXPECT_EQ(to_text(std::map<std::string, std::vector<int>>{{"a\"", {1}}}), R"({"a\"":[1]})");
  EXPECT_EQ(to_text(std::vector<std::optional<int>>{1, std::nullopt}), "[1,null]");
  EXPECT_EQ(from_text<std::vector<std::optional<int>>>("[1,null]").value().at(1), std::nullopt);
  EXPECT_EQ(to_text(Empty{}), "{}");
  EXPECT_EQ(to_text(Object{}), "{}");
}

TEST(JsonMap, reading_an_lvalue_leaves_it_alone_and_an_rvalue_is_used_up) {
  auto value = parse(R"({"messageId":"a long enough string to live on the heap"})").value();
  const Value copy = value;
  EXPECT_TRUE(read<Message>(value));
  EXPECT_EQ(value, copy);
  const auto message = read<Message>(std::move(value));
  ASSERT_TRUE(message);
  EXPECT_EQ(message->messageId, "a long enough string to live on the heap");
  EXPECT_NE(value, copy);  // NOLINT(bugprone-use-after-move): that it was moved from is the point
}

TEST(JsonMap, parse_faults_come_through) {
  const auto result = from_text<Message>("{");
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().reason(), reason::kParseError);
}

}  // namespace
}  // namespace flotilla::json
