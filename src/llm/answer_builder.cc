#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/hash.h"
#include "json/json.h"
#include "llm/answer_builder_internal.h"
#include "llm/provider_http_internal.h"

namespace flotilla::llm {
namespace {

constexpr std::size_t kCallIdMax = 64;

bool is_empty(const Part& part) {
  return !part.text && !part.reasoning && !part.toolCall && !part.media;
}

Error changed_kind(std::int64_t block) {
  return invalid_answer(fmt::format("block {} changes its kind", block));
}

}  // namespace

Error invalid_answer(std::string what) {
  return {Code::internal, reason::kInvalidModelAnswer, std::move(what)};
}

Error answer_too_large(std::string what) {
  return Error(Code::resource_exhausted, reason::kLimitExceeded, std::move(what))
      .with_metadata(std::string(kRetryMetadata), "never");
}

Result<> AnswerBuilder::count(std::size_t bytes) {
  bytes_ += bytes;
  if (bytes_ <= limit_) return ok();
  return fail(answer_too_large(fmt::format("the answer is longer than {} bytes", limit_)));
}

Result<Part*> AnswerBuilder::part(std::int64_t block) {
  const auto found = parts_.find(block);
  if (found != parts_.end()) return &found->second;
  if (parts_.size() >= kAnswerPartsMax) {
    return fail(
        answer_too_large(fmt::format("the answer has more than {} parts", kAnswerPartsMax)));
  }
  return &parts_[block];
}

Result<> AnswerBuilder::add_text(std::int64_t block, std::string_view text) {
  TRY(at, part(block));
  if (!at->text && !is_empty(*at)) return fail(changed_kind(block));
  TRY_VOID(count(text.size()));
  if (!at->text) at->text.emplace();
  *at->text += text;
  if (!text.empty()) {
    deltas_.push_back(Delta{.kind = Delta::Kind::text, .text = std::string(text), .call_id = {}});
  }
  return ok();
}

Result<> AnswerBuilder::add_reasoning(std::int64_t block, std::string_view text) {
  TRY(at, part(block));
  if (!at->reasoning && !is_empty(*at)) return fail(changed_kind(block));
  TRY_VOID(count(text.size()));
  if (!at->reasoning) at->reasoning.emplace();
  at->reasoning->text += text;
  if (!text.empty()) {
    deltas_.push_back(
        Delta{.kind = Delta::Kind::reasoning, .text = std::string(text), .call_id = {}});
  }
  return ok();
}

Result<> AnswerBuilder::add_signature(std::int64_t block, std::string_view signature) {
  TRY(at, part(block));
  TRY_VOID(count(signature.size()));
  if (is_empty(*at)) at->reasoning.emplace();
  auto* seal = at->reasoning  ? &at->reasoning->signature
               : at->toolCall ? &at->toolCall->signature
                              : nullptr;
  if (seal == nullptr) return fail(changed_kind(block));
  if (!*seal) seal->emplace();
  **seal += signature;
  return ok();
}

Result<> AnswerBuilder::begin_call(std::int64_t block, std::string id, std::string name) {
  TRY(at, part(block));
  if (!is_empty(*at)) return fail(changed_kind(block));
  if (name.empty()) return fail(invalid_answer("a tool call has no name"));
  if (id.empty()) return fail(invalid_answer("a tool call has no id"));
  TRY_VOID(count(id.size() + name.size()));
  deltas_.push_back(Delta{.kind = Delta::Kind::tool_call, .text = name, .call_id = id});
  at->toolCall.emplace();
  at->toolCall->id = std::move(id);
  at->toolCall->name = std::move(name);
  return ok();
}

Result<> AnswerBuilder::add_arguments(std::int64_t block, std::string_view text) {
  TRY(at, part(block));
  if (!at->toolCall) return fail(changed_kind(block));
  TRY_VOID(count(text.size()));
  at->toolCall->arguments += text;
  if (!text.empty()) {
    deltas_.push_back(Delta{.kind = Delta::Kind::tool_arguments,
                            .text = std::string(text),
                            .call_id = at->toolCall->id});
  }
  return ok();
}

bool AnswerBuilder::has_calls() const {
  return std::ranges::any_of(parts_,
                             [](const auto& entry) { return entry.second.toolCall.has_value(); });
}

std::vector<Delta> AnswerBuilder::take_deltas() {
  return std::exchange(deltas_, {});
}

Message AnswerBuilder::take_message() {
  Message message{.role = MessageRole::assistant, .parts = {}};
  for (auto& [block, part] : parts_) {
    if (part.text && part.text->empty()) continue;
    if (part.reasoning && part.reasoning->text.empty() && !part.reasoning->signature) continue;
    if (is_empty(part)) continue;
    if (part.toolCall && part.toolCall->arguments.empty()) part.toolCall->arguments = "{}";
    message.parts.push_back(std::move(part));
  }
  parts_.clear();
  return message;
}

std::string tag_signature(std::string_view scheme, std::string_view signature) {
  return fmt::format("{}:{}", scheme, signature);
}

std::optional<std::string> untag_signature(std::string_view scheme,
                                           const std::optional<std::string>& tagged) {
  if (!tagged || !tagged->starts_with(scheme)) return std::nullopt;
  const auto rest = std::string_view(*tagged).substr(scheme.size());
  if (!rest.starts_with(':')) return std::nullopt;
  return std::string(rest.substr(1));
}

json::Object arguments_object(const std::string& arguments) {
  if (arguments.empty()) return {};
  if (auto value = json::parse(arguments); value && value->if_object() != nullptr) {
    return std::move(*value->if_object());
  }
  return {{"INVALID_JSON", arguments}};
}

std::string portable_call_id(const std::string& id) {
  const bool fits = !id.empty() && id.size() <= kCallIdMax && std::ranges::all_of(id, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '-';
  });
  return fits ? id : "call_" + hex(sha256(id)).substr(0, 32);
}

}  // namespace flotilla::llm
