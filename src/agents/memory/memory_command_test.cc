#include "agents/memory/memory_command.h"

#include <string>
#include <string_view>

#include <gtest/gtest.h>

namespace flotilla::agents {
namespace {

struct Describe {
  std::string operator()(const StoreMemory& c) const {
    return "store[" + c.key + "][" + c.value + "]";
  }
  std::string operator()(const RecallMemory& c) const { return "recall[" + c.key + "]"; }
  std::string operator()(const SearchMemory& c) const { return "search[" + c.query + "]"; }
  std::string operator()(const ListMemory&) const { return "list"; }
  std::string operator()(const ForgetMemory& c) const { return "forget[" + c.key + "]"; }
  std::string operator()(const MemoryHelp&) const { return "help"; }
};

std::string parsed(std::string_view text) {
  Result<MemoryCommand> command = parse_memory_command(text);
  if (command) return std::visit(Describe{}, *command);
  EXPECT_EQ(command.error().code(), Code::invalid_argument);
  EXPECT_TRUE(command.error().message().ends_with(memory_help()));
  return "error: " + command.error().message().substr(0, command.error().message().find(". I "));
}

struct Case {
  std::string_view text;
  std::string_view meaning;
};

TEST(MemoryCommand, stores_in_each_form) {
  for (const Case& c : {
           Case{"store hello as greeting", "store[greeting][hello]"},
           {"remember colour = blue", "store[colour][blue]"},
           {"store colour: blue", "store[colour][blue]"},
           {"remember colour=blue", "store[colour][blue]"},
           {"save colour:blue", "store[colour][blue]"},
           {"set colour = blue", "store[colour][blue]"},
           {"STORE Hello World AS Key", "store[Key][Hello World]"},
           {"  store  a  b   as   k  ", "store[k][a  b]"},
           {"store buy milk as soon as possible as todo",
            "store[todo][buy milk as soon as possible]"},
           {"store http://host/a?b=c as link", "store[link][http://host/a?b=c]"},
           {"store note: meet as planned", "store[note][meet as planned]"},
           {"store a=b as c", "store[c][a=b]"},
           {"store 12:30 as lunch", "store[lunch][12:30]"},
           {"remember my favourite colour = deep blue", "store[my favourite colour][deep blue]"},
           {"remember the time: now as k", "store[k][the time: now]"},
           {"store x as my key", "store[my key][x]"},
           {"remember k = a = b", "store[k][a = b]"},
           {"store k: \"quoted\"", "store[k][\"quoted\"]"},
           {"store line one\n  line two as text", "store[text][line one\n  line two]"},
           {"store {\"a\": 1} as json", "store[json][{\"a\": 1}]"},
           {"store k: v: w", "store[k][v: w]"},
           {"store Grüße 😀 as größe", "store[größe][Grüße 😀]"},
       }) {
    EXPECT_EQ(parsed(c.text), c.meaning) << c.text;
  }
  EXPECT_EQ(parsed(std::string_view("store a\0\xff b as k", 16)),
            std::string("store[k][a\0\xff b]", 15));
}

TEST(MemoryCommand, other_verbs) {
  for (const Case& c : {Case{"recall greeting", "recall[greeting]"},
                        {"retrieve Greeting", "recall[Greeting]"},
                        {"Get my key", "recall[my key]"},
                        {"search blue car", "search[blue car]"},
                        {"find x", "search[x]"},
                        {"list", "list"},
                        {" LIST \n", "list"},
                        {"list all", "list"},
                        {"forget greeting", "forget[greeting]"},
                        {"delete greeting", "forget[greeting]"},
                        {"remove greeting", "forget[greeting]"},
                        {"help", "help"},
                        {"?", "help"},
                        {"help me", "help"}}) {
    EXPECT_EQ(parsed(c.text), c.meaning) << c.text;
  }
}

TEST(MemoryCommand, faults_explain_the_forms) {
  for (const Case& c :
       {Case{"", "error: There is no command"},
        {" \n ", "error: There is no command"},
        {"hello there", "error: 'hello' is no command"},
        {"storehouse x as y", "error: 'storehouse' is no command"},
        {"store", "error: There is nothing to store"},
        {"store hello", "error: The key for what should be stored is missing"},
        {"store hello as", "error: The key for what should be stored is missing"},
        {"store : x", "error: The key is missing"},
        {"store = x", "error: The key is missing"},
        {"store k:", "error: There is no value to store as 'k'"},
        {"remember k =", "error: There is no value to store as 'k'"},
        {"recall", "error: The key is missing"},
        {"forget  ", "error: The key is missing"},
        {"recall a\nb", "error: The key must be one line without control characters"},
        {"search", "error: There is nothing to search for"},
        {"list of things", "error: 'list' takes nothing after it"}}) {
    EXPECT_EQ(parsed(c.text), c.meaning) << c.text;
  }
}

TEST(MemoryCommand, sizes_are_bounded) {
  std::string key(kMaxMemoryKeyBytes, 'k');
  EXPECT_EQ(parsed("recall " + key), "recall[" + key + "]");
  EXPECT_EQ(parsed("recall " + key + "k"), "error: The key has 257 bytes; at most 256 are kept");
  std::string value(kMaxMemoryValueBytes, 'v');
  EXPECT_EQ(parsed("store k: " + value), "store[k][" + value + "]");
  EXPECT_EQ(parsed("store k: " + value + "v"),
            "error: The value has 65537 bytes; at most 65536 are kept");
  EXPECT_TRUE(parsed("search " + key + "k").starts_with("error:"));
  EXPECT_EQ(parsed(std::string(100000, 'x')), "error: The first word is no command");
}

}  // namespace
}  // namespace flotilla::agents
