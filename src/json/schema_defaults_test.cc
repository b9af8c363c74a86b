#include "json/schema_defaults.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>

#include "json/json.h"

namespace flotilla::json {
namespace {

Value value(std::string_view text) {
  auto parsed = parse(text);
  EXPECT_TRUE(parsed) << text;
  return parsed ? *parsed : Value();
}

std::string filled(std::string_view schema, std::string_view data) {
  return to_string(with_defaults(value(schema), value(data)));
}

TEST(SchemaDefaults, absent_members_get_their_default) {
  constexpr std::string_view kSchema =
      R"({"properties":{"a":{"default":1},"b":{"default":{"c":[2]}},"d":{"type":"string"}}})";
  EXPECT_EQ(filled(kSchema, "{}"), R"({"a":1,"b":{"c":[2]}})");
  EXPECT_EQ(filled(kSchema, R"({"a":null,"d":"x"})"), R"({"a":null,"d":"x","b":{"c":[2]}})");
}

TEST(SchemaDefaults, objects_and_elements_within_are_filled) {
  constexpr std::string_view kSchema =
      R"({"properties":{"o":{"properties":{"x":{"default":true}}},
          "l":{"items":{"properties":{"y":{"default":"z"}}}}}})";
  EXPECT_EQ(filled(kSchema, R"({"o":{},"l":[{},1,{"y":2}]})"),
            R"({"o":{"x":true},"l":[{"y":"z"},1,{"y":2}]})");
  EXPECT_EQ(filled(kSchema, "{}"), "{}");
}

TEST(SchemaDefaults, schemas_of_other_shapes_fill_nothing) {
  for (const std::string_view schema :
       {"true", "7", R"({"properties":3})", R"({"properties":{"a":true}})", R"({"items":[1]})"}) {
    EXPECT_EQ(filled(schema, R"({"l":[{}]})"), R"({"l":[{}]})") << schema;
    EXPECT_EQ(filled(schema, "[{}]"), "[{}]") << schema;
  }
}

std::string form_fault(std::string_view properties) {
  const auto checked =
      check_form_schema(value(R"({"type":"object","properties":)" + std::string(properties) + "}"));
  if (checked) return "fine";
  return checked.error().violations().at(0).field;
}

TEST(SchemaDefaults, forms_have_strings_numbers_booleans_and_choices) {
  EXPECT_EQ(form_fault(R"({"s":{"type":"string","format":"email","minLength":1},
      "n":{"type":"number"},"i":{"type":"integer","default":30},"b":{"type":"boolean"},
      "one":{"type":"string","enum":["a","b"],"enumNames":["A","B"]},
      "titled":{"type":"string","oneOf":[{"const":"a","title":"A"}]},
      "many":{"type":"array","items":{"type":"string","enum":["a"]}},
      "manyTitled":{"type":"array","items":{"anyOf":[{"const":"a","title":"A"}]}}})"),
            "fine");
}

TEST(SchemaDefaults, what_a_form_cannot_show_is_named) {
  EXPECT_EQ(form_fault(R"({"a":{"type":"object"}})"), "/properties/a/type");
  EXPECT_EQ(form_fault(R"({"a":{}})"), "/properties/a/type");
  EXPECT_EQ(form_fault(R"({"a":true})"), "/properties/a");
  EXPECT_EQ(form_fault(R"({"a":{"type":"array","items":{"type":"string"}}})"),
            "/properties/a/items");
  EXPECT_EQ(form_fault(R"({"a":{"type":"array"}})"), "/properties/a/items");
  EXPECT_EQ(form_fault(R"({"a":{"type":"string","format":"uuid"}})"), "/properties/a/format");
  EXPECT_EQ(form_fault(R"({"a":{"type":"string","enum":[1]}})"), "/properties/a/enum");
  EXPECT_EQ(form_fault(R"({"a":{"type":"string","oneOf":[{"title":"A"}]}})"),
            "/properties/a/oneOf");
  EXPECT_EQ(form_fault("3"), "/properties");
  EXPECT_FALSE(check_form_schema(value(R"({"type":"string"})")));
  EXPECT_FALSE(check_form_schema(value("true")));
}

TEST(SchemaDefaults, a_form_requires_only_fields_that_it_has) {
  const auto with = [](std::string_view required) {
    return check_form_schema(
               value(R"({"type":"object","properties":{"a":{"type":"string"}},"required":)" +
                     std::string(required) + "}"))
        .has_value();
  };
  EXPECT_TRUE(with(R"(["a"])"));
  EXPECT_TRUE(with("[]"));
  EXPECT_FALSE(with(R"(["b"])"));
  EXPECT_FALSE(with(R"("a")"));
}

}  // namespace
}  // namespace flotilla::json
