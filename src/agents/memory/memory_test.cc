#include "agents/memory/memory.h"

#include <gmock/gmock.h>

#include "agents/memory/memory_testing_internal.h"

namespace flotilla::agents::testing {
namespace {

using core::testing::World;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using namespace std::chrono_literals;

const MemoryScope kHers{"default", "guide", "alice"};

struct Kept {
  explicit Kept(World& in) : world(in), memory(make_sql_memory_store(*in.database, in.clock)) {}
  Async<> save(std::string value, std::optional<Duration> ttl = {}, MemoryScope scope = kHers) {
    NewMemory item;
    item.value = std::move(value);
    item.ttl = ttl;
    auto saved = co_await memory.save(std::move(scope), std::move(item), embedder);
    EXPECT_TRUE(saved) << saved.error().message();
  }
  Async<std::vector<std::string>> search(std::string query, MemoryScope scope = kHers) {
    auto found =
        co_await memory.search(std::move(scope), std::move(query), MemorySearch(), embedder);
    std::vector<std::string> values;
    if (!found)
      values.push_back("error: " + found.error().message());
    else
      for (auto& one : *found) values.push_back(one.item.value);
    co_return values;
  }
  World& world;
  Memory memory;
  Embedder embedder;
};

CORE_TEST(Memory, finds_by_words_without_a_model) {
  Kept kept(world);
  co_await kept.save("Her favourite colour is green.");
  co_await kept.save("She likes walking in the mountains.");
  co_await kept.save("ÄRGER mit dem Drucker");
  EXPECT_THAT(co_await kept.search("What are my favourite colours?"),
              ElementsAre("Her favourite colour is green."));
  EXPECT_THAT(co_await kept.search("who walks?"),
              ElementsAre("She likes walking in the mountains."));
  EXPECT_THAT(co_await kept.search("ärger"), ElementsAre("ÄRGER mit dem Drucker"));
  EXPECT_THAT(co_await kept.search("what is it"), IsEmpty());
  co_await kept.save("one tea");
  co_await kept.save("two cups");
  EXPECT_THAT(co_await kept.search("teas"), ElementsAre("one tea"));
  EXPECT_THAT(co_await kept.search("a cup"), ElementsAre("two cups"));
  EXPECT_THAT(co_await kept.search("100%"), IsEmpty());
}

CORE_TEST(Memory, a_rare_word_counts_more_than_a_common_one) {
  Kept kept(world);
  for (int i = 0; i < 6; ++i) co_await kept.save("server number " + std::to_string(i));
  co_await kept.save("the printer of floor two");
  const auto found = co_await kept.search("server printer");
  CO_ASSERT_EQ(found.size(), 5U);
  EXPECT_EQ(found.front(), "the printer of floor two");
}

CORE_TEST(Memory, finds_by_meaning_and_leaves_out_what_is_far) {
  Kept kept(world);
  FakeEmbedding model;
  model.vectors = {{"cats purr", {1, 0.1F, 0}},
                   {"dogs bark", {0.6F, 0.8F, 0}},
                   {"taxes are due", {0, 0, 5}},
                   {"pets", {10, 0, 0}}};
  kept.embedder.model = &model;
  co_await kept.save("dogs bark");
  co_await kept.save("cats purr");
  co_await kept.save("taxes are due");
  EXPECT_THAT(co_await kept.search("pets"), ElementsAre("cats purr", "dogs bark"));
}

CORE_TEST(Memory, vectors_of_any_dimension_that_is_no_multiple_of_anything) {
  Kept kept(world);
  for (const std::size_t dimensions : {1U, 15U, 17U, 768U, 3072U}) {
    FakeEmbedding model("m" + std::to_string(dimensions));
    std::vector<float> one(dimensions, 0.5F);
    std::vector<float> other(dimensions, -0.5F);
    model.vectors = {{"one", one}, {"other", other}, {"ask", one}};
    kept.embedder.model = &model;
    const MemoryScope scope{"default", "d" + std::to_string(dimensions), "alice"};
    co_await kept.save("one", {}, scope);
    co_await kept.save("other", {}, scope);
    EXPECT_THAT(co_await kept.search("ask", scope), ElementsAre("one")) << dimensions;
  }
}

CORE_TEST(Memory, a_failing_model_loses_nothing_and_is_made_up_for_later) {
  Kept kept(world);
  FakeEmbedding model;
  model.vectors = {{"cats purr", {1, 0, 0}}, {"pets", {1, 0, 0}}, {"cats", {0, 1, 0}}};
  model.fault = Error(Code::unavailable, "down");
  kept.embedder.model = &model;
  co_await kept.save("cats purr");
  EXPECT_THAT(co_await kept.search("cats"), ElementsAre("cats purr"));
  EXPECT_THAT(co_await kept.search("pets"), IsEmpty());
  model.fault.reset();
  EXPECT_THAT(co_await kept.search("pets"), ElementsAre("cats purr"));
  const int calls = model.calls;
  EXPECT_THAT(co_await kept.search("pets"), ElementsAre("cats purr"));
  EXPECT_EQ(model.calls, calls + 1);  // embedded once, then stored
}

CORE_TEST(Memory, another_model_embeds_anew) {
  Kept kept(world);
  FakeEmbedding small("small");
  small.vectors = {{"cats purr", {1, 0, 0}}};
  kept.embedder.model = &small;
  co_await kept.save("cats purr");
  FakeEmbedding large("large");
  large.vectors = {{"cats purr", {0, 1, 0, 0}}, {"pets", {0, 1, 0, 0}}};
  kept.embedder.model = &large;
  EXPECT_THAT(co_await kept.search("pets"), ElementsAre("cats purr"));
}

CORE_TEST(Memory, a_vector_without_direction_counts_as_a_failed_embedding) {
  Kept kept(world);
  FakeEmbedding model;
  model.vectors = {{"cats purr", {0, 0, 0}}, {"cats", {1, 0, 0}}};
  kept.embedder.model = &model;
  co_await kept.save("cats purr");
  EXPECT_THAT(co_await kept.search("cats"), ElementsAre("cats purr"));
}

CORE_TEST(Memory, keeps_agents_users_and_namespaces_apart) {
  Kept kept(world);
  co_await kept.save("cats purr");
  for (const auto& other :
       {MemoryScope{"default", "guide", "bob"}, MemoryScope{"default", "other", "alice"},
        MemoryScope{"team", "guide", "alice"}}) {
    EXPECT_THAT(co_await kept.search("cats", other), IsEmpty());
    auto removed = co_await kept.memory.clear(other);
    CO_ASSERT_OK(removed);
    EXPECT_EQ(*removed, 0);
  }
  EXPECT_THAT(co_await kept.search("cats"), ElementsAre("cats purr"));
}

CORE_TEST(Memory, the_same_text_saved_again_is_the_same_item) {
  Kept kept(world);
  co_await kept.save("cats purr");
  co_await kept.save("cats purr");
  EXPECT_THAT(co_await kept.search("cats"), ElementsAre("cats purr"));
}

CORE_TEST(Memory, ends_with_its_time_but_lives_on_where_it_is_used) {
  Kept kept(world);
  co_await kept.save("cats purr", 10h);
  co_await kept.save("dogs bark", 10h);
  co_await kept.save("fish swim");
  world.clock.advance(9h);
  for (int i = 0; i < 10; ++i) EXPECT_THAT(co_await kept.search("cats"), ElementsAre("cats purr"));
  co_await kept.save("birds sing");  // behind the uses in the queue of the store
  world.clock.advance(2h);
  EXPECT_THAT(co_await kept.search("dogs"), IsEmpty());
  EXPECT_THAT(co_await kept.search("cats"), ElementsAre("cats purr"));
  EXPECT_THAT(co_await kept.search("fish"), ElementsAre("fish swim"));
  auto before = co_await kept.memory.store().count(kHers);
  co_await kept.save("bees hum");
  auto after = co_await kept.memory.store().count(kHers);
  CO_ASSERT_OK(before);
  CO_ASSERT_OK(after);
  EXPECT_EQ(*before, 4);
  EXPECT_EQ(*after, 4);  // one came, the expired one is gone for good
}

CORE_TEST(Memory, lists_newest_first_in_pages_and_deletes) {
  Kept kept(world);
  for (const char* text : {"a", "b", "c"}) co_await kept.save(text);
  co_await kept.save("d", {}, {"default", "guide", "bob"});
  MemoryFilter filter;
  filter.name_space = "default";
  filter.owner = "alice";
  auto page = co_await kept.memory.store().list(filter, 0, 2);
  CO_ASSERT_OK(page);
  CO_ASSERT_EQ(page->size(), 2U);
  EXPECT_EQ(page->front().value, "c");
  auto rest = co_await kept.memory.store().list(filter, page->back().number, 2);
  CO_ASSERT_OK(rest);
  CO_ASSERT_EQ(rest->size(), 1U);
  filter.owner.reset();
  auto all = co_await kept.memory.store().list(filter, 0, 10);
  CO_ASSERT_OK(all);
  EXPECT_EQ(all->size(), 4U);
  filter.agent = "nobody";
  auto none = co_await kept.memory.store().list(filter, 0, 10);
  CO_ASSERT_OK(none);
  EXPECT_THAT(*none, IsEmpty());
  auto removed = co_await kept.memory.remove(kHers, page->front().name);
  CO_ASSERT_OK(removed);
  EXPECT_TRUE(*removed);
  auto again = co_await kept.memory.remove(kHers, page->front().name);
  CO_ASSERT_OK(again);
  EXPECT_FALSE(*again);
}

CORE_TEST(Memory, prefetch_asks_sentence_by_sentence_and_marks_what_it_tells) {
  Kept kept(world);
  FakeEmbedding model;
  model.vectors = {{"Lives in Berlin", {1, 0, 0}},
                   {" Which trains leave my home town tonight", {1, 0, 0}}};
  kept.embedder.model = &model;
  co_await kept.save("Lives in Berlin");
  auto block = co_await kept.memory.prefetch(
      kHers, "Good morning, I hope that you are well. Which trains leave my home town tonight?",
      kept.embedder);
  CO_ASSERT_OK(block);
  EXPECT_TRUE(block->starts_with("<past_conversations>"));
  EXPECT_THAT(*block, HasSubstr("Lives in Berlin"));
  kept.embedder.model = nullptr;
  auto nothing = co_await kept.memory.prefetch(kHers, "hello there", kept.embedder);
  CO_ASSERT_OK(nothing);
  EXPECT_EQ(*nothing, "");
}

CORE_TEST(Memory, faults_name_the_field) {
  Kept kept(world);
  NewMemory item;
  auto empty = co_await kept.memory.save(kHers, item, kept.embedder);
  CO_ASSERT_FALSE(empty);
  EXPECT_THAT(empty.error().message(), HasSubstr("/value"));
  item.value = "x";
  item.ttl = Duration::zero();
  auto no_time = co_await kept.memory.save(kHers, item, kept.embedder);
  CO_ASSERT_FALSE(no_time);
  EXPECT_THAT(no_time.error().message(), HasSubstr("/ttl"));
  item.ttl.reset();
  item.value = std::string(kMaxMemoryTextBytes + 1, 'x');
  auto long_one = co_await kept.memory.save(kHers, item, kept.embedder);
  CO_ASSERT_FALSE(long_one);
  auto no_query = co_await kept.memory.search(kHers, "", MemorySearch(), kept.embedder);
  CO_ASSERT_FALSE(no_query);
  EXPECT_THAT(no_query.error().message(), HasSubstr("/query"));
}

CORE_TEST(Memory, a_full_scope_refuses) {
  Kept kept(world);
  db::Batch batch;
  for (std::int64_t i = 0; i < kMaxMemoryItems; ++i) {
    NewMemory item;
    item.name = std::to_string(i);
    item.value = "x";
    auto saving = kept.memory.store().saving(kHers, std::move(item), nullptr);
    CO_ASSERT_OK(saving);
    batch.add(std::move(*saving));
  }
  CO_ASSERT_OK(co_await kept.memory.store().write(std::move(batch)));
  NewMemory item;
  item.value = "one more";
  auto refused = co_await kept.memory.save(kHers, item, kept.embedder);
  CO_ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code(), Code::resource_exhausted);
}

}  // namespace
}  // namespace flotilla::agents::testing
