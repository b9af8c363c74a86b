#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "a2a/types.h"
#include "agents/declarative/steps.h"
#include "llm/types.h"

namespace flotilla::agents {

/// A call of the last answer that has no result yet, as the journal knows it.
struct OpenCall {
  llm::ToolCall call;
  std::int64_t intents = 0;  // how often it began
  bool repeatable = false;   // as the last intent says
  std::string arguments;     // of the last intent
  std::string child;         // the delegated task, once it is known
  std::optional<llm::ToolResult> result;
};

/// What the model is told, folded from journals: callers' messages and steps, in their order. The
/// same journal gives the same conversation, so that a prompt that was cached is found again. One
/// thread.
class Conversation {
 public:
  /// Another task's part begins. What the one before left open is closed: providers refuse calls
  /// without results.
  void begin_task(std::string task);
  /// A caller's message of the task; the model sees it from the next read() or answer on.
  void add_input(const a2a::Message& message);
  void apply(Step step);
  /// Inputs that wait are put before the model. Only while no call is open.
  void read();
  [[nodiscard]] bool has_unread() const { return next_ < inputs_.size(); }
  /// How many inputs of the task the model has seen.
  [[nodiscard]] std::int64_t inputs_read() const { return static_cast<std::int64_t>(next_); }
  [[nodiscard]] const std::vector<llm::Message>& messages() const { return messages_; }
  /// Into a request and back, without a copy. In between nothing else is called.
  void lend(std::vector<llm::Message>& to) { messages_.swap(to); }
  /// Calls of the last answer, while one has no result; those that have are among them.
  [[nodiscard]] std::vector<OpenCall>& open() { return open_; }
  [[nodiscard]] std::int64_t last_number() const { return number_; }
  /// Model calls since the message that is the n-th of the task, n from 1.
  [[nodiscard]] std::int64_t calls_since(std::int64_t message) const;
  /// The last answer asked for nothing, and everything was read.
  [[nodiscard]] bool answered() const { return answered_ && open_.empty() && !has_unread(); }
  /// It did not, and there is more to be read.
  [[nodiscard]] bool superseded() const { return answered_ && open_.empty() && has_unread(); }
  /// Text of the last answer; empty without one.
  [[nodiscard]] const llm::Message* last_answer() const;
  /// What the answers of the task counted together.
  [[nodiscard]] const llm::Usage& usage() const { return usage_; }
  /// Tokens of the prompt, as far as known: what the last answer counted, and by estimate what came
  /// since.
  [[nodiscard]] std::int64_t tokens() const;

  /// Where messages of the conversation come from: the first of each step.
  struct Mark {
    StepPlace place;
    std::size_t index = 0;  // into messages()
    bool turn = false;      // a caller's message begins there
  };
  [[nodiscard]] const std::vector<Mark>& marks() const { return marks_; }
  /// How many of the first messages are a summary of what was before.
  [[nodiscard]] std::size_t summarized() const { return summarized_; }

 private:
  void restart(const std::optional<std::string>& summary);
  /// Replaces what stands before the mark by the summary; none: leaves it out.
  void cut(std::size_t mark, const std::optional<std::string>& summary);
  void read_to(std::size_t count);
  void append_user(llm::Message message);
  void apply_answer(const Step& step);
  void close_calls();

  std::string task_;
  std::vector<llm::Message> inputs_;  // of the task, by number; empty parts: nothing for a model
  std::size_t next_ = 0;              // the first that is unread
  std::vector<llm::Message> messages_;
  std::vector<OpenCall> open_;
  std::int64_t number_ = 0;
  bool answered_ = false;
  std::vector<std::int64_t> reads_;  // of each answer of the task
  std::vector<Mark> marks_;
  std::size_t summarized_ = 0;
  llm::Usage usage_;
  std::size_t turn_at_ = 0;   // where the messages of the step to come begin
  bool turn_begins_ = false;  // with a caller's message
  std::int64_t counted_ = 0;  // tokens up to `counted_at_` messages
  std::size_t counted_at_ = 0;
};

/// A caller's message as the model gets it; no parts when it is nothing but a decision.
llm::Message to_user_message(const a2a::Message& message);
/// About the bytes of a message in a prompt.
std::size_t size_of(const llm::Message& message);

}  // namespace flotilla::agents
