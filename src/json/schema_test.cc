#include "json/schema.h"

#include <gtest/gtest.h>

#include <atomic>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "json/json.h"

namespace flotilla::json {
namespace {

Value value(std::string_view text) {
  auto parsed = parse(text, {.depth = 512});
  EXPECT_TRUE(parsed) << text;
  return parsed ? *parsed : Value();
}

std::shared_ptr<const Schema> schema(std::string_view text, const SchemaOptions& options = {}) {
  auto compiled = Schema::compile(value(text), options);
  EXPECT_TRUE(compiled) << text << ": " << (compiled ? "" : compiled.error().message());
  return compiled ? *compiled : nullptr;
}

/// The faults of the value as one text.
std::string faults(std::string_view schema_text, std::string_view data) {
  return to_string(schema(schema_text)->validate(value(data)));
}

/// The field of the compile error, with its description.
std::string refused(std::string_view text, const SchemaOptions& options = {}) {
  const auto compiled = Schema::compile(value(text), options);
  if (compiled) return "compiled";
  EXPECT_EQ(compiled.error().code(), Code::invalid_argument);
  const FieldViolation& violation = compiled.error().violations().at(0);
  return violation.field + " | " + violation.description;
}

TEST(Schema, faults_say_where_and_what) {
  const auto compiled = schema(R"({"type":"object","required":["city"],"properties":{
      "city":{"type":"string"},"limit":{"$ref":"#/$defs/limit"}},
      "$defs":{"limit":{"type":"integer","minimum":1}},"additionalProperties":false})");
  const auto found = compiled->validate(value(R"({"limit":0,"a/b":1})"));
  ASSERT_EQ(found.size(), 3U);
  EXPECT_EQ(found[0].instance, "");
  EXPECT_EQ(found[0].keyword, "/required");
  EXPECT_EQ(found[0].message, "lacks the required member \"city\"");
  EXPECT_EQ(found[1].instance, "/limit");
  EXPECT_EQ(found[1].keyword, "/$defs/limit/minimum");
  EXPECT_EQ(found[1].message, "must be at least 1, but is 0");
  EXPECT_EQ(found[2].instance, "/a~1b");
  EXPECT_EQ(found[2].keyword, "/additionalProperties");
  EXPECT_EQ(found[2].message,
            "no member \"a/b\" is allowed here: the known ones are \"city\", \"limit\"");
  EXPECT_TRUE(compiled->validate(value(R"({"city":"Bonn","limit":3})")).empty());
}

TEST(Schema, each_keyword_has_its_sentence) {
  EXPECT_EQ(faults(R"({"type":["string","null"]})", "1"),
            "must be null or a string, but is a number");
  EXPECT_EQ(faults(R"({"type":"integer"})", "1.5"), "must be an integer, but is 1.5");
  EXPECT_EQ(faults(R"({"enum":["a",1,null]})", R"("b")"),
            R"(must be one of "a", 1, null, but is "b")");
  EXPECT_EQ(faults(R"({"const":{"a":1}})", R"({"a":2})"), R"(must be {"a":1})");
  EXPECT_EQ(faults(R"({"exclusiveMaximum":3})", "3"), "must be less than 3, but is 3");
  EXPECT_EQ(faults(R"({"multipleOf":0.1})", "0.15"), "must be a multiple of 0.1, but is 0.15");
  EXPECT_EQ(faults(R"({"minLength":2})", R"("ä")"), "must have at least 2 characters, but has 1");
  EXPECT_EQ(faults(R"({"maxLength":1})", R"("ab")"), "must have at most 1 characters, but has 2");
  EXPECT_EQ(faults(R"({"pattern":"^a+$"})", R"("b")"), "must match the regular expression ^a+$");
  EXPECT_EQ(faults(R"({"minItems":2})", "[1]"), "must have at least 2 elements, but has 1");
  EXPECT_EQ(faults(R"({"uniqueItems":true})", "[1,2,1.0]"),
            "must have no equal elements, but those at 0 and 2 are");
  EXPECT_EQ(faults(R"({"contains":{"type":"null"}})", "[1]"),
            "must have an element of the required form, but has none");
  EXPECT_EQ(faults(R"({"contains":{},"maxContains":1})", "[1,2]"),
            "must have at most 1 elements of that form, but has 2");
  EXPECT_EQ(faults(R"({"prefixItems":[true],"items":false})", "[1,2]"),
            "must have at most 1 elements, but has 2");
  EXPECT_EQ(faults(R"({"propertyNames":{"maxLength":1}})", R"({"ab":1})"),
            "/ab: the member's name is not allowed: must have at most 1 characters, but has 2");
  EXPECT_EQ(faults(R"({"minProperties":1})", "{}"), "must have at least 1 members, but has 0");
  EXPECT_EQ(faults(R"({"dependentRequired":{"a":["b"]}})", R"({"a":1})"),
            R"(lacks the member "b", which is required beside "a")");
  EXPECT_EQ(faults(R"({"not":{"type":"null"}})", "null"), "has a form that is not allowed");
  EXPECT_EQ(faults(R"({"properties":{"a":false}})", R"({"a":1})"), "/a: is not allowed here");
  EXPECT_EQ(faults(R"({"unevaluatedProperties":false})", R"({"a":1})"),
            "/a: no such member is allowed here");
}

TEST(Schema, alternatives_tell_the_nearest_one) {
  constexpr std::string_view kSchema = R"({"anyOf":[{"type":"string"},
      {"type":"object","properties":{"size":{"minimum":1}},"required":["name"]}]})";
  EXPECT_EQ(faults(kSchema, R"({"size":0,"name":"x"})"),
            "matches none of the 2 forms; the nearest, form 2, says "
            "/size: must be at least 1, but is 0");
  EXPECT_EQ(faults(R"({"oneOf":[{"minimum":1},{"minimum":2}]})", "3"),
            "must match only one of the 2 forms, but matches 1 and 2");
}

TEST(Schema, numbers_are_compared_exactly) {
  EXPECT_EQ(faults(R"({"maximum":9007199254740993})", "9007199254740993"), "");
  EXPECT_NE(faults(R"({"maximum":9007199254740992})", "9007199254740993"), "");
  EXPECT_EQ(faults(R"({"const":1})", "1.0"), "");
  EXPECT_EQ(faults(R"({"const":100})", "1e2"), "");
  EXPECT_EQ(faults(R"({"const":0})", "-0.0"), "");
  EXPECT_NE(faults(R"({"const":1})", "1.00000000000000000000001"), "");
  EXPECT_EQ(faults(R"({"multipleOf":0.01})", "4.35"), "");
  EXPECT_EQ(faults(R"({"multipleOf":0.0001})", "0.0075"), "");
  EXPECT_EQ(faults(R"({"multipleOf":3})", "3000000000000000000000000000000000000000000000"), "");
  EXPECT_NE(faults(R"({"multipleOf":3})", "3000000000000000000000000000000000000000000001"), "");
  EXPECT_EQ(faults(R"({"multipleOf":12345678901234567890123})", "24691357802469135780246"), "");
  EXPECT_NE(faults(R"({"multipleOf":12345678901234567890123})", "24691357802469135780247"), "");
  EXPECT_EQ(faults(R"({"multipleOf":7})", "7e300"), "");
  EXPECT_EQ(faults(R"({"multipleOf":64})", "1e300"), "");
  EXPECT_NE(faults(R"({"multipleOf":7})", "1e300"), "");
  EXPECT_EQ(faults(R"({"type":"integer"})", "1e300"), "");
  EXPECT_NE(faults(R"({"type":"integer"})", "1e-999999999"), "");
  EXPECT_NE(faults(R"({"multipleOf":3})", "1e-999999999"), "");
  EXPECT_EQ(faults(R"({"minimum":-0.5,"maximum":-0.25})", "-0.3"), "");
  EXPECT_NE(faults(R"({"minimum":-0.5})", "-0.51"), "");
}

TEST(Schema, equality_ignores_the_order_of_members) {
  EXPECT_EQ(faults(R"({"const":{"a":[1,{"b":2,"c":3}],"d":null}})",
                   R"({"d":null,"a":[1.0,{"c":3e0,"b":2}]})"),
            "");
  EXPECT_NE(faults(R"({"uniqueItems":true})", R"([{"a":1,"b":2},{"b":2,"a":1}])"), "");
  EXPECT_EQ(faults(R"({"uniqueItems":true})", R"([["a,"],["a",""],"a",["a"],1,"1",true,"true"])"),
            "");
}

TEST(Schema, a_keyword_of_the_wrong_shape_is_named) {
  EXPECT_EQ(refused(R"({"properties":{"a":{"minLength":-1}}})"),
            "/properties/a/minLength | must be an integer from 0 on");
  EXPECT_EQ(refused(R"({"properties":{"a":3}})"),
            "/properties/a | a schema must be an object or a boolean, not number");
  EXPECT_EQ(refused(R"({"items":[{}]})"),
            "/items | must be one schema: prefixItems takes an array since 2020-12");
  EXPECT_EQ(refused(R"({"required":"a"})"), "/required | must be an array of member names");
  EXPECT_EQ(refused(R"({"type":"text"})"),
            "/type | must be null, boolean, number, string, array, object or integer, or a list of "
            "them");
  EXPECT_EQ(refused(R"({"allOf":[]})"), "/allOf | must have a schema");
  EXPECT_EQ(refused(R"({"multipleOf":0})"), "/multipleOf | must be a number above 0");
  EXPECT_EQ(refused(R"({"$id":3})"), "/$id | must be a string");
  EXPECT_EQ(refused("null"), " | a schema must be an object or a boolean, not null");
}

TEST(Schema, all_shapes_of_wrong_keywords_are_refused) {
  for (const std::string_view keyword : {"type",
                                         "enum",
                                         "minimum",
                                         "maximum",
                                         "exclusiveMinimum",
                                         "exclusiveMaximum",
                                         "multipleOf",
                                         "minLength",
                                         "maxLength",
                                         "pattern",
                                         "format",
                                         "required",
                                         "minProperties",
                                         "maxProperties",
                                         "dependentRequired",
                                         "properties",
                                         "patternProperties",
                                         "additionalProperties",
                                         "propertyNames",
                                         "dependentSchemas",
                                         "dependencies",
                                         "minItems",
                                         "maxItems",
                                         "prefixItems",
                                         "items",
                                         "uniqueItems",
                                         "contains",
                                         "allOf",
                                         "anyOf",
                                         "oneOf",
                                         "not",
                                         "if",
                                         "$ref",
                                         "$dynamicRef",
                                         "$defs",
                                         "$anchor",
                                         "$dynamicAnchor",
                                         "$schema",
                                         "unevaluatedItems",
                                         "unevaluatedProperties"}) {
    const Value text(Object({{std::string(keyword), Value(nullptr)}}));
    const auto compiled = Schema::compile(text);
    ASSERT_FALSE(compiled) << keyword;
    EXPECT_EQ(compiled.error().violations().at(0).field, "/" + std::string(keyword));
  }
}

TEST(Schema, references_are_never_fetched) {
  EXPECT_EQ(refused(R"({"items":{"$ref":"https://example.com/a.json"}})"),
            "/items/$ref | `https://example.com/a.json` is not known, and references are never "
            "fetched: put the schema into $defs");
  EXPECT_EQ(refused(R"({"$ref":"file:///etc/passwd"})").substr(0, 6), "/$ref ");
  EXPECT_EQ(refused(R"({"$ref":"#/$defs/a"})"), "/$ref | names nothing: there is no `/$defs/a`");
  EXPECT_EQ(refused(R"({"$ref":"#a"})"), "/$ref | there is no anchor `a`");
  EXPECT_EQ(refused(R"({"$ref":"#/%zz"})"), "/$ref | has a broken percent escape");
  EXPECT_EQ(refused(R"({"$schema":"https://example.com/mine"})").substr(0, 11), "/$schema | ");
}

TEST(Schema, documents_may_be_given) {
  std::map<std::string, Value> documents;
  documents.emplace("https://example.com/a.json", value(R"({"$defs":{"n":{"type":"number"}}})"));
  const SchemaOptions options{.documents = &documents};
  const auto compiled = schema(R"({"$ref":"https://example.com/a.json#/$defs/n"})", options);
  const auto found = compiled->validate(value(R"("x")"));
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(found[0].keyword, "https://example.com/a.json#/$defs/n/type");
}

TEST(Schema, the_dialect_is_the_one_named_or_the_default) {
  EXPECT_EQ(schema("true")->dialect(), SchemaDialect::draft2020_12);
  EXPECT_EQ(schema("{}", {.dialect = SchemaDialect::draft7})->dialect(), SchemaDialect::draft7);
  EXPECT_EQ(schema(R"({"$schema":"http://json-schema.org/draft-07/schema#"})")->dialect(),
            SchemaDialect::draft7);
  // Draft-07 ignores what stands beside $ref.
  EXPECT_EQ(faults(R"({"$schema":"http://json-schema.org/draft-07/schema#",
      "definitions":{"a":{}},"properties":{"x":{"$ref":"#/definitions/a","type":"null"}}})",
                   R"({"x":1})"),
            "");
}

TEST(Schema, formats_only_describe_unless_they_are_asserted) {
  constexpr std::string_view kSchema = R"({"format":"date"})";
  EXPECT_EQ(faults(kSchema, R"("2026-02-30")"), "");
  const auto strict = schema(kSchema, {.assert_formats = true});
  EXPECT_EQ(to_string(strict->validate(value(R"("2026-02-30")"))),
            R"(must be a date such as 2026-01-31, but is "2026-02-30")");
  EXPECT_TRUE(strict->valid(value(R"("2024-02-29")")));
  EXPECT_TRUE(schema(R"({"format":"unheard-of"})", {.assert_formats = true})->valid(value("\"\"")));
}

TEST(Schema, cycles_end) {
  const auto tree = schema(R"({"properties":{"next":{"$ref":"#"}},"required":["id"]})");
  EXPECT_EQ(to_string(tree->validate(value(R"({"id":1,"next":{"id":2,"next":{}}})"))),
            R"(/next/next: lacks the required member "id")");
  const auto loop = schema(R"({"$ref":"#/$defs/a","$defs":{"a":{"$ref":"#/$defs/b"},
      "b":{"allOf":[{"$ref":"#/$defs/a"}]}}})");
  EXPECT_FALSE(loop->valid(value("1")));
  const auto found = loop->validate(value("1"));
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(found[0].message,
            "the schema refers to itself without end for this value, or nests too deeply");
  // Negation must not turn giving up into a match.
  EXPECT_FALSE(schema(R"({"not":{"$ref":"#"}})")->valid(value("1")));
  EXPECT_FALSE(schema(R"({"if":{"$ref":"#"},"else":true})")->valid(value("1")));
}

TEST(Schema, references_that_double_run_out_of_steps) {
  std::string text = R"({"$ref":"#/$defs/d40","$defs":{"d0":{"type":"number"})";
  for (int i = 1; i <= 40; ++i) {
    const std::string below = "{\"$ref\":\"#/$defs/d" + std::to_string(i - 1) + "\"}";
    text += ",\"d" + std::to_string(i) + "\":{\"allOf\":[" + below + "," + below + "]}";
  }
  const auto bomb = schema(text + "}}");
  EXPECT_FALSE(bomb->valid(value("1")));
  const auto found = bomb->validate(value("1"));
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(found[0].message, "the value takes too long to check against this schema");
}

TEST(Schema, faults_are_bounded) {
  std::string items = "[";
  for (int i = 0; i < 1000; ++i) items += "\"x\",";
  items.back() = ']';
  const auto compiled = schema(R"({"items":{"type":"number"}})", {.faults = 5});
  EXPECT_EQ(compiled->validate(value(items)).size(), 5U);
}

TEST(Schema, limits_of_the_schema_are_checked) {
  std::string deep = "{}";
  for (int i = 0; i < 20; ++i) deep = R"({"not":)" + deep + "}";
  EXPECT_EQ(refused(deep, {.depth = 10}), " | the schema nests too deeply");
  EXPECT_EQ(refused(R"({"enum":[1,2,3,4,5]})", {.values = 5}), " | the schema is too large");
  EXPECT_EQ(refused(R"({"anyOf":[{"type":"null"},{},{}]})", {.subschemas = 2}),
            "/anyOf/2 | the schema has too many subschemas");
  EXPECT_EQ(refused(R"({"allOf":[{"pattern":"a"},{"pattern":"b"}]})", {.pattern_memory = 200'000}),
            "/allOf/1/pattern | the regular expression is too large, or the schema has too many of "
            "them");
  const std::string name(100, 'n');
  std::string wide = R"({"properties":{)";
  for (int i = 0; i < 9000; ++i) wide += "\"" + std::to_string(i) + "\":true,";
  wide.back() = '}';
  wide += '}';
  for (int i = 0; i < 28; ++i) wide = R"({"properties":{")" + name + "\":" + wide + "}}";
  EXPECT_TRUE(refused(wide).ends_with("the schema has too many subschemas"));
  EXPECT_EQ(refused(R"({"pattern":"(\\p{L}{500}){500}"})").substr(0, 11), "/pattern | ");
}

TEST(Schema, large_values_are_checked_in_linear_time) {
  Object object;
  Array required;
  for (int i = 0; i < 20'000; ++i) {
    object.append("member" + std::to_string(i), Value(i));
    required.emplace_back("member" + std::to_string(i));
  }
  const Value text(Object({{"required", Value(required)}, {"additionalProperties", Value(true)}}));
  const auto compiled = Schema::compile(text);
  ASSERT_TRUE(compiled);
  EXPECT_TRUE((*compiled)->valid(Value(object)));
  Array numbers;
  for (int i = 0; i < 50'000; ++i) numbers.emplace_back(i);
  EXPECT_TRUE(schema(R"({"uniqueItems":true})")->valid(Value(numbers)));
}

TEST(Schema, the_metaschemas_describe_themselves) {
  const auto modern = schema(R"({"$ref":"https://json-schema.org/draft/2020-12/schema"})");
  EXPECT_TRUE(modern->valid(value(R"({"properties":{"a":{"type":"string"}},"$defs":{"b":true}})")));
  EXPECT_FALSE(modern->valid(value(R"({"properties":{"a":{"type":"text"}}})")));
  const auto draft7 = schema(R"({"$schema":"http://json-schema.org/draft-07/schema#",
      "$ref":"http://json-schema.org/draft-07/schema#"})");
  EXPECT_TRUE(draft7->valid(value(R"({"items":[{"minimum":1}]})")));
  EXPECT_FALSE(draft7->valid(value(R"({"items":[{"minimum":"1"}]})")));
}

TEST(Schema, any_thread_may_validate) {
  const auto compiled = schema(R"({"items":{"pattern":"^[a-z]+$","maxLength":9}})");
  const Value good = value(R"(["abc","def"])");
  const Value bad = value(R"(["abc","DEF"])");
  std::vector<std::thread> threads;
  std::atomic<int> wrong = 0;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] {
      for (int round = 0; round < 500; ++round) {
        if (!compiled->valid(good) || compiled->validate(bad).size() != 1) ++wrong;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(wrong, 0);
}

}  // namespace
}  // namespace flotilla::json
