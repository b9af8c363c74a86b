#include "agents/declarative/conversation.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "agents/approvals/approvals.h"
#include "core/usage_types.h"
#include "json/map.h"

namespace flotilla::agents {

namespace {

constexpr std::string_view kNoResult = "The call has no result: the run ended before it.";
constexpr std::string_view kLeftOut = "[Earlier parts of this conversation were left out.]";
/// What a picture counts as, whatever its size.
constexpr std::size_t kMediaBytes = 4096;

llm::Part text_part(std::string text) {
  llm::Part part;
  part.text = std::move(text);
  return part;
}

std::string to_base64(const json::Base64& raw) {
  auto value = json::to_value(raw);
  return std::move(*value.if_string());
}

std::optional<llm::Part> to_part(const a2a::Part& part) {
  llm::Part out;
  if (part.text) {
    out.text = *part.text;
  } else if (part.data) {
    out.text = json::to_string(*part.data);
  } else if (part.raw || part.url) {
    llm::Media media;
    media.mediaType = part.mediaType.value_or("application/octet-stream");
    media.name = part.filename;
    if (part.raw) media.base64 = to_base64(*part.raw);
    media.url = part.url;
    out.media = std::move(media);
  } else {
    return std::nullopt;
  }
  return out;
}

llm::ToolResult no_result(const llm::ToolCall& call) {
  llm::ToolResult result;
  result.callId = call.id;
  result.name = call.name;
  result.text = kNoResult;
  result.isError = true;
  return result;
}

}  // namespace

llm::Message to_user_message(const a2a::Message& message) {
  llm::Message out;
  out.role = llm::MessageRole::user;
  // A label beside a decision is for people, too.
  if (is_decision(message)) return out;
  for (const auto& part : message.parts)
    if (auto converted = to_part(part)) out.parts.push_back(std::move(*converted));
  return out;
}

std::size_t size_of(const llm::Message& message) {
  std::size_t size = 0;
  for (const auto& part : message.parts) {
    if (part.text) size += part.text->size();
    if (part.reasoning) size += part.reasoning->text.size();
    if (part.media) size += kMediaBytes;
    if (part.toolCall) size += part.toolCall->name.size() + part.toolCall->arguments.size();
    if (part.toolResult) {
      size += part.toolResult->text.size();
      size += part.toolResult->media.size() * kMediaBytes;
    }
  }
  return size;
}

void Conversation::begin_task(std::string task) {
  close_calls();
  read_to(inputs_.size());
  task_ = std::move(task);
  inputs_.clear();
  next_ = 0;
  number_ = 0;
  answered_ = false;
  usage_ = {};
  reads_.clear();
  turn_at_ = messages_.size();
  turn_begins_ = false;
}

void Conversation::add_input(const a2a::Message& message) {
  inputs_.push_back(to_user_message(message));
}

void Conversation::append_user(llm::Message message) {
  if (message.parts.empty()) return;
  turn_begins_ = true;
  // Some providers want the roles to alternate.
  if (!messages_.empty() && messages_.back().role == llm::MessageRole::user &&
      messages_.size() > turn_at_) {
    auto& parts = messages_.back().parts;
    parts.insert(parts.end(), std::make_move_iterator(message.parts.begin()),
                 std::make_move_iterator(message.parts.end()));
    return;
  }
  messages_.push_back(std::move(message));
}

void Conversation::read_to(std::size_t count) {
  for (; next_ < std::min(count, inputs_.size()); ++next_) append_user(inputs_[next_]);
}

void Conversation::read() {
  read_to(inputs_.size());
}

void Conversation::apply(Step step) {
  if (step.type == StepType::model) {
    apply_answer(step);
    return;
  }
  if (step.type == StepType::compaction && step.from) {
    const auto mark = std::ranges::find_if(marks_, [&](const Mark& one) {
      return one.place.task == step.from->task && one.place.step == step.from->step;
    });
    if (mark != marks_.end()) cut(static_cast<std::size_t>(mark - marks_.begin()), step.summary);
  }
  if (step.type == StepType::compaction || step.number != number_) return;
  const auto found = std::ranges::find_if(
      open_, [&](const OpenCall& open) { return open.call.id == step.callId; });
  if (found == open_.end()) return;
  if (step.phase == StepPhase::intent) {
    // The second entry of a delegation only says which task it made.
    if (!step.child) ++found->intents;
    found->repeatable = step.repeatable.value_or(false);
    if (step.child) found->child = *step.child;
    if (step.arguments) found->arguments = *step.arguments;
  } else if (step.result) {
    found->result = std::move(step.result);
  }
  if (std::ranges::all_of(open_, [](const OpenCall& open) { return open.result.has_value(); }))
    close_calls();
}

void Conversation::apply_answer(const Step& step) {
  close_calls();
  number_ = step.number;
  read_to(static_cast<std::size_t>(std::max<std::int64_t>(step.read.value_or(0), 0)));
  reads_.push_back(inputs_read());
  if (!step.answer) return;
  marks_.push_back({{task_, step.number}, turn_at_, turn_begins_});
  for (const auto& part : step.answer->message.parts)
    if (part.toolCall) open_.emplace_back().call = *part.toolCall;
  answered_ = open_.empty();
  messages_.push_back(step.answer->message);
  const auto& usage = step.answer->usage;
  usage_ += usage;
  if (usage.inputTokens > 0) {
    counted_ = usage.inputTokens + usage.outputTokens;
    counted_at_ = messages_.size();
  }
  turn_at_ = messages_.size();
  turn_begins_ = false;
  if (!step.reply) return;
  answered_ = false;
  llm::Message reply;
  reply.role = llm::MessageRole::user;
  reply.parts.push_back(text_part(*step.reply));
  messages_.push_back(std::move(reply));
}

void Conversation::close_calls() {
  if (open_.empty()) return;
  llm::Message results;
  results.role = llm::MessageRole::tool;
  for (auto& open : open_) {
    llm::Part part;
    part.toolResult = open.result ? std::move(*open.result) : no_result(open.call);
    results.parts.push_back(std::move(part));
  }
  open_.clear();
  messages_.push_back(std::move(results));
  turn_at_ = messages_.size();
}

std::int64_t Conversation::calls_since(std::int64_t message) const {
  return std::ranges::count_if(reads_, [&](std::int64_t read) { return read >= message; });
}

const llm::Message* Conversation::last_answer() const {
  for (auto it = messages_.rbegin(); it != messages_.rend(); ++it)
    if (it->role == llm::MessageRole::assistant) return &*it;
  return nullptr;
}

std::int64_t Conversation::tokens() const {
  std::size_t bytes = 0;
  for (std::size_t i = counted_at_; i < messages_.size(); ++i) bytes += size_of(messages_[i]);
  return counted_ + (bytes == 0 ? 0 : core::estimate_tokens(bytes));
}

void Conversation::restart(const std::optional<std::string>& summary) {
  messages_.clear();
  marks_.clear();
  open_.clear();
  counted_ = 0;
  counted_at_ = 0;
  llm::Message message;
  message.role = llm::MessageRole::user;
  message.parts.push_back(text_part(summary ? "Summary of the conversation so far:\n" + *summary
                                            : std::string(kLeftOut)));
  messages_.push_back(std::move(message));
  summarized_ = turn_at_ = messages_.size();
}

/// What is counted is unknown until the next answer.
void Conversation::cut(std::size_t mark, const std::optional<std::string>& summary) {
  const std::size_t index = marks_.at(mark).index;
  std::vector<llm::Message> kept(
      std::make_move_iterator(messages_.begin() + static_cast<std::ptrdiff_t>(index)),
      std::make_move_iterator(messages_.end()));
  std::vector<Mark> marks(marks_.begin() + static_cast<std::ptrdiff_t>(mark), marks_.end());
  auto open = std::move(open_);
  const auto turn_at = turn_at_ - index;
  restart(summary);
  const std::size_t shift = messages_.size();
  for (auto& one : marks) one.index = one.index - index + shift;
  marks_ = std::move(marks);
  open_ = std::move(open);
  turn_at_ = turn_at + shift;
  for (auto& message : kept) messages_.push_back(std::move(message));
}

}  // namespace flotilla::agents
