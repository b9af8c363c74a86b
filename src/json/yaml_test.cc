#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

#include "json/json.h"

namespace flotilla::json {
namespace {

struct Case {
  std::string_view yaml;
  std::string_view json;
};

constexpr Case kScalars[] = {
    {"", "null"},
    {"~", "null"},
    {"null", "null"},
    {"[Null, NULL, '~', \"null\"]", R"([null,null,"~","null"])"},
    {"[true, True, TRUE, false, False]", "[true,true,true,false,false]"},
    {"[yes, no, on, off, y, tRUE]", R"(["yes","no","on","off","y","tRUE"])"},
    {"['true', \"1\", '']", R"(["true","1",""])"},
    {"[0, 12, -3, +4, +-4, -+4]", R"([0,12,-3,4,"+-4","-+4"])"},
    {"[0123, 00, -01, 1_000, 12:30]", R"(["0123","00","-01","1_000","12:30"])"},
    {"[0o17, 0x1F, 0xZZ, 0o8, 0x]", R"([15,31,"0xZZ","0o8","0x"])"},
    {"[1.5, 10.00, 1e3, 1E+3, .5, -.5, 5., 1.e2]", "[1.5,10.00,1e3,1E+3,0.5,-0.5,5.0,1.0e2]"},
    {"[., -, +, .e1, 1.2.3, 1e, '-']", R"([".","-","+",".e1","1.2.3","1e","-"])"},
    {"[2025-01-31, 2025-01-31T12:00:00Z]", R"(["2025-01-31","2025-01-31T12:00:00Z"])"},
    {"[!!str 12, !!int 12, !!float 1, !!bool true, !!null ~]", R"(["12",12,1,true,null])"},
    {"! 12", R"("12")"},
    {"<<: 1", R"({"<<":1})"},
};

constexpr Case kDocuments[] = {
    {"a: 1\nb:\n  - x\n  - y: 2\n", R"({"a":1,"b":["x",{"y":2}]})"},
    {"a:\nb: ''\n", R"({"a":null,"b":""})"},
    {"8080: x\ntrue: y\n", R"({"8080":"x","true":"y"})"},
    {"a: |\n  line 1\n  line 2\n", R"({"a":"line 1\nline 2\n"})"},
    {"a: >-\n  folded\n  text\n", R"({"a":"folded text"})"},
    {"a: \"\\u00e9\\n\"", "{\"a\":\"é\\n\"}"},
    {"\"\\N\": \"é\\_\\L\\xe9\"", "{\"\xC2\x85\":\"é\xC2\xA0\xE2\x80\xA8é\"}"},
    {"a: &x [1, 2]\nb: *x\n", R"({"a":[1,2],"b":[1,2]})"},
    {"&k a: 1\nb: *k\n", R"({"a":1,"b":"a"})"},
    {"a: &x key\nb: {*x : 1}\n", R"({"a":"key","b":{"key":1}})"},
    {"a: &x 1\nb: &x 2\nc: *x\n", R"({"a":1,"b":2,"c":2})"},
    {"# comment\n---\na: 1 # more\n...\n", R"({"a":1})"},
    {"{\"json\": [1, {\"is\": \"yaml\"}]}", R"({"json":[1,{"is":"yaml"}]})"},
};

void check(const Case& test) {
  const auto value = parse_yaml(test.yaml);
  ASSERT_TRUE(value) << test.yaml << ": " << value.error().message();
  EXPECT_EQ(to_string(*value), test.json) << test.yaml;
  EXPECT_EQ(to_string(parse_yaml(to_yaml(*value)).value()), test.json) << to_yaml(*value);
}

TEST(Yaml, scalars_get_the_type_they_look_like_and_no_other) {
  for (const Case& test : kScalars) check(test);
}

TEST(Yaml, documents_become_values) {
  for (const Case& test : kDocuments) check(test);
}

struct Bad {
  std::string_view yaml;
  std::string_view message;
  std::string_view pointer;
};

constexpr Bad kBad[] = {
    {"a: 1\nb: 2\na: 3\n", "line 3, column 1: duplicate key a", ""},
    {"a: {b: 1, b: 2}", "line 1, column 11: duplicate key b", "/a"},
    {"a:\n  - 1\n  - [.inf]\n", "line 3, column 6: numbers must be finite", "/a/1/0"},
    {"a: -.INF", "line 1, column 4: numbers must be finite", "/a"},
    {"a: .nan", "line 1, column 4: numbers must be finite", "/a"},
    {"a: 1e999", "line 1, column 4: number beyond the range of double", "/a"},
    {"a: !custom x", "line 1, column 4: unknown tag !custom", "/a"},
    {"a: !!binary aGk=", "line 1, column 4: unknown tag tag:yaml.org,2002:binary", "/a"},
    {"a: !!int x", "line 1, column 4: the text does not fit its tag !!int", "/a"},
    {"a: !!int 1.5", "line 1, column 4: the text does not fit its tag !!int", "/a"},
    {"a: !!set {x}", "line 1, column 4: unknown tag", "/a"},
    {"[a]: 1", "line 1, column 1: a key must be a scalar", ""},
    {"? {a: 1}\n: 2", "line 1, column 3: a key must be a scalar", ""},
    {"~: 1", "line 1, column 1: null as a key", ""},
    {"a: &x [*x]", "line 1, column 8: alias inside of what it names", "/a/0"},
    {"a: &x 5\n*x : b\n", "line 2, column 1: an alias as a key must name text", ""},
    {"a: *missing", "line 1, column 4: ", "/a"},
    // yaml-cpp never ends on these by itself.
    {", x", "line 1, column 1: unexpected text", ""},
    {"]", "line 1, column 1: ", ""},
    {"a: 1\n}\n", "line 2, column 1: ", ""},
    {"a: [1, 2", "line 1, column ", "/a/2"},
    {"a: 'x", "line 1, column ", ""},
    {"a:\n\t- x", "line 2, column ", ""},
    {"a: 1\n b: 2", "line 2, column ", ""},
    {"a: \"\\q\"", "line 1, column ", ""},
    {"a: \xFF", "line 1, column 4: invalid UTF-8", ""},
    {"a: 1\nb: x\x04y", "line 2, column 5: control character", ""},
    {"--- 1\n--- 2\n", "several documents where one is expected", ""},
};

TEST(Yaml, faults_name_line_and_column) {
  for (const Bad& bad : kBad) {
    const auto value = parse_yaml(bad.yaml);
    ASSERT_FALSE(value) << bad.yaml << " is " << to_string(*value);
    const Error& error = value.error();
    EXPECT_EQ(error.code(), Code::invalid_argument);
    EXPECT_EQ(error.reason(), reason::kParseError);
    EXPECT_TRUE(error.message().starts_with(bad.message)) << bad.yaml << "\n" << error.message();
    if (!bad.pointer.empty()) {
      EXPECT_EQ(error.violations().at(0).field, bad.pointer) << bad.yaml;
    }
  }
}

TEST(Yaml, several_documents) {
  const auto documents = parse_yaml_documents("a: 1\n---\n---\n[2]\n---\n");
  ASSERT_TRUE(documents) << documents.error().message();
  EXPECT_EQ(to_string(*documents), R"([{"a":1},[2]])");
  EXPECT_TRUE(parse_yaml_documents("").value().empty());
  EXPECT_TRUE(parse_yaml_documents("# nothing\n").value().empty());
}

TEST(Yaml, nested_aliases_do_not_unfold_without_end) {
  std::string values = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n";
  std::string bytes = "a0: &a0 " + std::string(1000, 'x') + "\n";
  for (int i = 1; i < 12; ++i) {
    const std::string name = "a" + std::to_string(i);
    const std::string last = "*a" + std::to_string(i - 1);
    std::string list = last;
    for (int k = 0; k < 9; ++k) list += ", " + last;
    values += name + ": &" + name + " [" + list + "]\n";
    bytes += name + ": &" + name + " [" + list + "]\n";
  }
  const auto laughs = parse_yaml(values);
  ASSERT_FALSE(laughs);
  EXPECT_NE(laughs.error().message().find("values"), std::string::npos) << laughs.error().message();
  const auto long_laughs = parse_yaml(bytes);
  ASSERT_FALSE(long_laughs);
  EXPECT_NE(long_laughs.error().message().find("bytes"), std::string::npos)
      << long_laughs.error().message();
}

TEST(Yaml, depth_is_limited_with_and_without_aliases) {
  EXPECT_TRUE(parse_yaml(std::string(64, '[') + std::string(64, ']')));
  EXPECT_FALSE(parse_yaml(std::string(65, '[') + std::string(65, ']')));
  EXPECT_FALSE(parse_yaml(std::string(100'000, '[')));
  EXPECT_FALSE(parse_yaml("a: " + std::string(100'000, '-')).value().is_null());
  std::string chain = "a0: &a0 [x]\n";
  for (int i = 1; i < 70; ++i) {
    chain += "a" + std::to_string(i) + ": &a" + std::to_string(i) + " [*a" + std::to_string(i - 1) +
             "]\n";
  }
  EXPECT_FALSE(parse_yaml(chain));
}

TEST(Yaml, written_text_is_for_people) {
  const auto value = parse(R"({"name":"front-desk","spec":{"hosts":["a","b"],"empty":{},"none":[],
    "ports":[{"port":80,"tls":false},{"port":443,"tls":true}],"matrix":[[1,2],[3]]},
    "text":"two\nlines\n","cut":"two\n\n  lines","time":"2025-01-31","version":"1.10","yes":"yes",
    "quote":"a: b","hash":"a #b","url":"http://x/y?z=1#f","":null})");
  ASSERT_TRUE(value);
  EXPECT_EQ(to_yaml(*value), R"(name: front-desk
spec:
  hosts:
  - a
  - b
  empty: {}
  none: []
  ports:
  - port: 80
    tls: false
  - port: 443
    tls: true
  matrix:
  - - 1
    - 2
  - - 3
text: |
  two
  lines
cut: |-
  two

    lines
time: "2025-01-31"
version: "1.10"
"yes": "yes"
quote: "a: b"
hash: "a #b"
url: http://x/y?z=1#f
"": null
)");
  EXPECT_EQ(parse_yaml(to_yaml(*value)).value(), *value);
}

TEST(Yaml, every_string_survives_as_value_key_and_element) {
  std::vector<std::string> texts = {"",
                                    " ",
                                    "a ",
                                    " a",
                                    "a:",
                                    "a: b",
                                    ":",
                                    "-",
                                    "- a",
                                    "? a",
                                    "#",
                                    "a #b",
                                    "a#b",
                                    "!x",
                                    "&x",
                                    "*x",
                                    "|",
                                    ">",
                                    "%a",
                                    "@a",
                                    "`a",
                                    "{a}",
                                    "[a]",
                                    "a,b",
                                    "'",
                                    "\"",
                                    "\\",
                                    "a\\nb",
                                    "---",
                                    "...",
                                    "--- a",
                                    "true",
                                    "NULL",
                                    "~",
                                    "0123",
                                    "1e5",
                                    "0x1F",
                                    ".5",
                                    "+1",
                                    ".inf",
                                    "Yes",
                                    "12:30",
                                    "<<",
                                    "=",
                                    "a\nb",
                                    "a\nb\n",
                                    "a\n\nb",
                                    "a\n\n",
                                    "\n",
                                    "\na",
                                    " a\nb",
                                    "a\n b",
                                    "a\n \nb",
                                    "a\n\tb",
                                    "a\tb",
                                    "\ta",
                                    "a\rb",
                                    "a\r\nb",
                                    "a \nb ",
                                    "é",
                                    "é\nb",
                                    "😀",
                                    "a\x01",
                                    "a\x7F",
                                    "a\n---",
                                    "a\n--- b",
                                    "a\n...",
                                    "a\n# b",
                                    "a: b\nc: d",
                                    "\xC2\x85",
                                    "a\xE2\x80\xA8"
                                    "b",
                                    "\xEF\xBB\xBF"
                                    "a",
                                    "\xEF\xBF\xBF",
                                    "a\n- b\n",
                                    "a\n\xC2\x85\n",
                                    std::string("a\0b", 3)};
  texts.push_back(std::string(3000, 'k'));
  texts.push_back(std::string(3000, '"'));
  for (const std::string& text : texts) {
    const Array samples{text, Object{{text, text}}, Object{{"k", Object{{text, Array{text}}}}},
                        Array{Value(Array{text, 1}), text}, Object{{text, Object{{"a", text}}}}};
    for (const Value& sample : samples) {
      const std::string yaml = to_yaml(sample);
      const auto back = parse_yaml(yaml);
      ASSERT_TRUE(back) << back.error().message() << "\n" << yaml;
      EXPECT_EQ(*back, sample) << yaml;
    }
  }
}

TEST(FlatYaml, gives_raw_values_with_lines) {
  const auto entries = parse_flat_yaml(
      "# settings\nlisten: 127.0.0.1:0\n\npublic-url: 'http://x'\nthreads: 0123\nempty:\n"
      "allow-host:\n  - a\n  - b\nallow-origin: [c]\nnone: []\n");
  ASSERT_TRUE(entries) << entries.error().message();
  using Values = std::vector<std::string>;
  ASSERT_EQ(entries->size(), 7U);
  EXPECT_EQ(entries->at(0).key, "listen");
  EXPECT_EQ(entries->at(0).values, Values{"127.0.0.1:0"});
  EXPECT_EQ(entries->at(0).line, 2);
  EXPECT_EQ(entries->at(1).values, Values{"http://x"});
  EXPECT_EQ(entries->at(2).values, Values{"0123"});
  EXPECT_EQ(entries->at(2).line, 5);
  EXPECT_EQ(entries->at(3).values, Values{});
  EXPECT_EQ(entries->at(4).values, (Values{"a", "b"}));
  EXPECT_EQ(entries->at(4).line, 7);
  EXPECT_EQ(entries->at(5).values, Values{"c"});
  EXPECT_EQ(entries->at(6).values, Values{});
  EXPECT_TRUE(parse_flat_yaml("").value().empty());
  EXPECT_TRUE(parse_flat_yaml("---\n").value().empty());
}

TEST(FlatYaml, refuses_what_is_not_flat) {
  constexpr Case kFaults[] = {
      {"a: 1\na: 2", "line 2, column 1: duplicate key a"},
      {"a:\n  b: 1", "line 2, column 3: unexpected mapping"},
      {"a: [[1]]", "line 1, column 5: unexpected list"},
      {"a: [{b: 1}]", "line 1, column 5: unexpected mapping"},
      {"a: [~]", "line 1, column 5: null in a list"},
      {"- a", "line 1, column 1: unexpected list"},
      {"text", "line 1, column 1: expected names with values"},
      {"[a]: 1", "line 1, column 1: unexpected list"},
      {"a: &x 1\nb: *x", "line 2, column 4: aliases have no place here"},
      {"a: !x 1", "line 1, column 4: unknown tag !x"},
      {"a: 1\n---\nb: 2", "line "},
      {"a: 'x", "line 1, column "},
  };
  for (const Case& test : kFaults) {
    const auto entries = parse_flat_yaml(test.yaml);
    ASSERT_FALSE(entries) << test.yaml;
    EXPECT_TRUE(entries.error().message().starts_with(test.json)) << test.yaml << "\n"
                                                                  << entries.error().message();
  }
}

}  // namespace
}  // namespace flotilla::json
