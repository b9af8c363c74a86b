#include "json/map.h"
#include "llm/cassette.h"

// Models in front of a cassette.

namespace flotilla::llm {

namespace {

constexpr std::string_view kKind = "model";

enum class PieceKind : std::uint8_t { text, reasoning, tool_call, tool_arguments };
BOOST_DESCRIBE_ENUM(PieceKind, text, reasoning, tool_call, tool_arguments)
static_assert(static_cast<int>(PieceKind::tool_arguments) ==
              static_cast<int>(Delta::Kind::tool_arguments));

struct Piece {
  PieceKind kind = PieceKind::text;
  std::string text;
  std::optional<std::string> callId;
  bool restart = false;  // what came before is void
};
BOOST_DESCRIBE_STRUCT(Piece, (), (kind, text, callId, restart))
constexpr bool has_defaults(const Piece*) {
  return true;
}

json::Value request_value(const std::string& model, const Request& request) {
  json::Object value;
  value.set("model", model);
  value.set("request", json::to_value(request));
  return json::Value(std::move(value));
}

/// Keeps pieces on their way.
class KeepingSink final : public DeltaSink {
 public:
  explicit KeepingSink(DeltaSink& next) : next_(next) {}
  Async<Result<>> receive(Delta delta) override {
    Piece piece;
    piece.kind = static_cast<PieceKind>(delta.kind);
    piece.text = delta.text;
    if (!delta.call_id.empty()) piece.callId = delta.call_id;
    pieces.push_back(json::to_value(piece));
    return next_.receive(std::move(delta));
  }
  Async<Result<>> restart() override {
    Piece piece;
    piece.restart = true;
    pieces.push_back(json::to_value(piece));
    return next_.restart();
  }
  json::Array pieces;

 private:
  DeltaSink& next_;
};

class Recorded final : public Model {
 public:
  Recorded(Cassette& cassette, std::shared_ptr<Model> model, std::string name)
      : cassette_(cassette), model_(std::move(model)), recorded_as_(std::move(name)) {}

  Async<Result<Answer>> generate(const Request& request, DeltaSink* sink,
                                 const CallOptions& options) override {
    auto asked = request_value(recorded_as_, request);
    std::optional<KeepingSink> keeping;
    if (sink != nullptr) keeping.emplace(*sink);
    auto answer = co_await model_->generate(request, keeping ? &*keeping : nullptr, options);
    Cassette::Exchange exchange{json::Value(), {}};
    if (answer)
      exchange.answer = json::to_value(*answer);
    else
      exchange.answer = fail(answer.error());
    if (keeping) exchange.pieces = std::move(keeping->pieces);
    CO_TRY_VOID(co_await cassette_.add(std::string(kKind), std::move(asked), std::move(exchange)));
    co_return answer;
  }
  [[nodiscard]] const std::string& provider() const override { return model_->provider(); }
  [[nodiscard]] const std::string& name() const override { return model_->name(); }

 private:
  Cassette& cassette_;
  std::shared_ptr<Model> model_;  // shared with whoever made it
  std::string recorded_as_;
};

class Replayed final : public Model {
 public:
  Replayed(Cassette& cassette, std::string name) : cassette_(cassette), name_(std::move(name)) {}

  Async<Result<Answer>> generate(const Request& request, DeltaSink* sink,
                                 const CallOptions& /*options*/) override {
    CO_TRY(exchange, cassette_.find(kKind, request_value(name_, request)));
    for (auto& value : exchange.pieces) {
      if (sink == nullptr) break;
      CO_TRY_VOID(co_await give(*sink, value));
    }
    if (!exchange.answer) co_return fail(exchange.answer.error());
    co_return json::read<Answer>(std::move(*exchange.answer));
  }
  [[nodiscard]] const std::string& provider() const override { return provider_; }
  [[nodiscard]] const std::string& name() const override { return name_; }

 private:
  static Async<Result<>> give(DeltaSink& sink, const json::Value& value) {
    CO_TRY(piece, json::read<Piece>(value));
    if (piece.restart) co_return co_await sink.restart();
    Delta delta;
    delta.kind = static_cast<Delta::Kind>(piece.kind);
    delta.text = std::move(piece.text);
    delta.call_id = piece.callId.value_or("");
    co_return co_await sink.receive(std::move(delta));
  }

  Cassette& cassette_;
  std::string name_;
  std::string provider_ = "cassette";
};

}  // namespace

std::shared_ptr<Model> Cassette::recorded(std::shared_ptr<Model> model, std::string name) {
  return std::make_shared<Recorded>(*this, std::move(model), std::move(name));
}

std::shared_ptr<Model> Cassette::replayed(std::string name) {
  return std::make_shared<Replayed>(*this, std::move(name));
}

}  // namespace flotilla::llm
