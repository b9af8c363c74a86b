#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <cctype>
#include <cmath>
#include <utility>

#include "base/hash.h"
#include "base/utf8.h"
#include "json/json.h"
#include "llm/answer_builder_internal.h"
#include "llm/provider_http_internal.h"
#include "llm/providers_internal.h"
#include "llm/scripted_internal.h"

namespace flotilla::llm {
namespace {

constexpr std::size_t kShownInput = 80;

/// Pieces of so many characters.
std::vector<std::string> pieces_of(const std::string& text, std::int64_t characters) {
  if (characters == 0 || text.empty()) return {text};
  std::vector<std::string> pieces;
  std::int64_t left = 0;
  std::string_view rest = text;
  while (!rest.empty()) {
    if (left-- == 0) {
      pieces.emplace_back();
      left = characters - 1;
    }
    const auto size = std::max<std::size_t>(1, utf8_sequence(rest));
    pieces.back().append(rest.substr(0, size));
    rest.remove_prefix(size);
  }
  return pieces;
}

/// Tells an answer piece by piece. Of one call; refers to its arguments.
class Teller {
 public:
  Teller(const ScriptAnswer& answer, DeltaSink* sink, Clock& clock)
      : answer_(answer), sink_(sink), clock_(clock) {}

  /// False: here the stream breaks.
  Async<Result<bool>> tell(std::vector<Delta> deltas) {
    for (auto& delta : deltas) {
      if (answer_.cutAfter && told_ >= *answer_.cutAfter) co_return false;
      if (told_++ > 0 && answer_.pause > Duration::zero()) co_await clock_.sleep_for(answer_.pause);
      if (sink_ != nullptr) CO_TRY_VOID(co_await sink_->receive(std::move(delta)));
    }
    co_return true;
  }
  [[nodiscard]] bool ends_in_cut() const { return answer_.cutAfter && told_ >= *answer_.cutAfter; }

 private:
  const ScriptAnswer& answer_;
  DeltaSink* sink_;
  Clock& clock_;
  std::int64_t told_ = 0;
};

class ScriptedModel final : public Model {
 public:
  ScriptedModel(ModelSettings settings, Script script, const ModelServices& services)
      : settings_(std::move(settings)),
        script_(std::move(script)),
        services_(services),
        provider_(wire_name(Provider::scripted)),
        failures_(script_.answers.size()) {}

  Async<Result<Answer>> generate(const Request& request, DeltaSink* sink,
                                 const CallOptions& options) override;
  [[nodiscard]] const std::string& provider() const override { return provider_; }
  [[nodiscard]] const std::string& name() const override { return settings_.model; }

 private:
  Result<std::size_t> choose(const ScriptScene& scene) const;
  bool fails(std::size_t index);
  [[nodiscard]] Error failure(const ScriptFault& fault) const;
  [[nodiscard]] std::vector<Delta> deltas_of(const ScriptAnswer& answer,
                                             const ScriptScene& scene) const;

  ModelSettings settings_;
  Script script_;
  ModelServices services_;
  std::string provider_;
  std::vector<std::atomic<std::int64_t>> failures_;  // of each answer
};

Result<std::size_t> ScriptedModel::choose(const ScriptScene& scene) const {
  for (std::size_t i = 0; i < script_.answers.size(); ++i)
    if (fits(script_.answers[i].when, scene)) return i;
  return fail(Error(
      Code::invalid_argument,
      fmt::format("{} has no answer for \"{}\" (turn {}, step {}): add one to spec.script, or one "
                  "without `when`",
                  title_of(settings_), well_formed(scene.input.substr(0, kShownInput)), scene.turn,
                  scene.step)));
}

bool ScriptedModel::fails(std::size_t index) {
  const auto& fault = script_.answers[index].fail;
  return fault && (failures_[index].fetch_add(1) < fault->times || fault->times == 0);
}

Error ScriptedModel::failure(const ScriptFault& fault) const {
  ProviderFault said;
  said.status = static_cast<int>(fault.status);
  said.message = fault.message;
  said.retry_after = fault.retryAfter;
  return to_error(settings_, said);
}

/// Calls have ids that are the same whenever the conversation is.
std::vector<Delta> ScriptedModel::deltas_of(const ScriptAnswer& answer,
                                            const ScriptScene& scene) const {
  std::vector<Delta> deltas;
  const auto add = [&](Delta::Kind kind, const std::string& text, const std::string& call) {
    for (auto& piece : pieces_of(text, answer.chunk))
      deltas.push_back(Delta{.kind = kind, .text = std::move(piece), .call_id = call});
  };
  if (answer.reasoning) add(Delta::Kind::reasoning, fill_in(*answer.reasoning, scene), "");
  if (answer.text) {
    const auto once = fill_in(*answer.text, scene);
    std::string text;
    for (std::int64_t i = 0; i < answer.repeat && text.size() <= kMaxAnswerBytes; ++i) text += once;
    add(Delta::Kind::text, text, "");
  }
  for (std::size_t i = 0; i < answer.toolCalls.size(); ++i) {
    const auto& call = answer.toolCalls[i];
    const auto id = call.id.value_or(fmt::format("call_{}_{}_{}", scene.turn, scene.step, i + 1));
    deltas.push_back(Delta{.kind = Delta::Kind::tool_call, .text = call.name, .call_id = id});
    const auto arguments = fill_in(call.arguments.value_or(json::Object()), scene);
    const auto* text = arguments.if_string();
    add(Delta::Kind::tool_arguments, text != nullptr ? *text : json::to_string(arguments), id);
  }
  return deltas;
}

Result<Message> message_of(const std::vector<Delta>& deltas) {
  AnswerBuilder builder;
  std::int64_t block = 0;
  const Delta* before = nullptr;
  for (const auto& delta : deltas) {
    const bool goes_on = before != nullptr &&
                         (before->kind == delta.kind || delta.kind == Delta::Kind::tool_arguments);
    if (!goes_on || delta.kind == Delta::Kind::tool_call) ++block;
    before = &delta;
    switch (delta.kind) {
      case Delta::Kind::text:
        TRY_VOID(builder.add_text(block, delta.text));
        break;
      case Delta::Kind::reasoning:
        TRY_VOID(builder.add_reasoning(block, delta.text));
        break;
      case Delta::Kind::tool_call:
        TRY_VOID(builder.begin_call(block, delta.call_id, delta.text));
        break;
      case Delta::Kind::tool_arguments:
        TRY_VOID(builder.add_arguments(block, delta.text));
        break;
    }
  }
  return builder.take_message();
}

Async<Result<Answer>> ScriptedModel::generate(const Request& request, DeltaSink* sink,
                                              const CallOptions& options) {
  if (settings_.api_key_passthrough && !options.api_key)
    co_return fail(Error(Code::unauthenticated, title_of(settings_) + " got no key to pass on"));
  const ScriptScene scene(request);
  CO_TRY(chosen, choose(scene));
  const ScriptAnswer& script = script_.answers[chosen];
  if (script.wait > Duration::zero()) co_await services_.clock.sleep_for(script.wait);
  if (fails(chosen)) co_return fail(failure(*script.fail));
  auto deltas = deltas_of(script, scene);
  CO_TRY(message, message_of(deltas));
  Teller teller(script, sink, services_.clock);
  CO_TRY(whole, co_await teller.tell(std::move(deltas)));
  if (!whole || teller.ends_in_cut())
    co_return fail(Error(Code::unavailable, title_of(settings_) + " was cut in its answer"));
  Answer answer;
  answer.message = std::move(message);
  answer.finish = script.finish.value_or(script.toolCalls.empty() ? FinishReason::stop
                                                                  : FinishReason::tool_calls);
  answer.model = settings_.model;
  answer.usage = script.usage.value_or(count_tokens(request, answer));
  co_return answer;
}

/// Each word adds to a place of its own, so that texts with the same words are near.
std::vector<float> vector_of(std::string_view text, std::size_t dimension) {
  std::vector<float> out(dimension, 0);
  std::string word;
  const auto end_word = [&] {
    if (word.empty()) return;
    const auto digest = sha256(word);
    const auto place = digest[0] + (std::size_t{digest[1]} << 8U) + (std::size_t{digest[2]} << 16U);
    out[place % dimension] += 1;
    word.clear();
  };
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (std::isalnum(byte) != 0 || byte >= 0x80)
      word += static_cast<char>(std::tolower(byte));
    else
      end_word();
  }
  end_word();
  float square = 0;
  for (const float x : out) square += x * x;
  if (square == 0) out[0] = square = 1;
  for (float& x : out) x /= std::sqrt(square);
  return out;
}

class ScriptedEmbeddings final : public EmbeddingModel {
 public:
  ScriptedEmbeddings(std::string name, std::int64_t dimension)
      : name_(std::move(name)), dimension_(static_cast<std::size_t>(dimension)) {}
  Async<Result<Embeddings>> embed(const std::vector<std::string>& texts,
                                  const CallOptions& /*options*/) override {
    Embeddings made;
    for (const auto& text : texts) {
      made.vectors.push_back(vector_of(text, dimension_));
      made.usage.inputTokens += static_cast<std::int64_t>(text.size() + 3) / 4;
    }
    co_return made;
  }
  [[nodiscard]] const std::string& name() const override { return name_; }

 private:
  std::string name_;
  std::size_t dimension_;
};

}  // namespace

Result<ModelPtr> make_scripted(ModelSettings settings, const ModelServices& services) {
  TRY(script, read_script(settings.script, "/spec/script"));
  return std::make_shared<ScriptedModel>(std::move(settings), std::move(script), services);
}

Result<EmbeddingModelPtr> make_scripted_embeddings(ModelSettings settings,
                                                   const ModelServices& /*services*/) {
  Script script;
  if (!settings.script.is_null()) {
    TRY(given, read_script(settings.script, "/spec/script"));
    script = std::move(given);
  }
  return std::make_shared<ScriptedEmbeddings>(std::move(settings.model), script.dimension);
}

}  // namespace flotilla::llm
