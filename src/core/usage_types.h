#pragma once

#include <boost/describe.hpp>
#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/time.h"

/// Plain values of usage.h.
namespace flotilla::core {

/// Money, in billionths of a US dollar: a token costs a few dozen.
struct Usd {
  std::int64_t nanos = 0;
  auto operator<=>(const Usd&) const = default;
  Usd& operator+=(Usd other) {
    nanos += other.nanos;
    return *this;
  }
  [[nodiscard]] double dollars() const { return static_cast<double>(nanos) / 1e9; }
};
/// Saturates; negative and not-a-number are zero.
Usd usd(double dollars);

/// As llm::Usage: cached and cache-written are parts of input, reasoning a part of output.
struct TokenCounts {
  std::int64_t input = 0;
  std::int64_t output = 0;
  std::int64_t cached_input = 0;
  std::int64_t cache_write = 0;
  std::int64_t reasoning = 0;
  [[nodiscard]] std::int64_t total() const { return input + output; }
};

/// US dollars for a million tokens; cached and cache-written ones cost as input where not given.
struct TokenPrice {
  double input = 0;
  double output = 0;
  std::optional<double> cached_input;
  std::optional<double> cache_write;
};
Usd cost_of(const TokenCounts& tokens, const TokenPrice& price);

struct Spending {
  std::int64_t tokens = 0;
  Usd cost;
  Spending& operator+=(const Spending& other) {
    tokens += other.tokens;
    cost += other.cost;
    return *this;
  }
  bool operator==(const Spending&) const = default;
};

/// At most so much; an absent member does not bind.
struct SpendCap {
  std::optional<std::int64_t> tokens;
  std::optional<Usd> cost;
  [[nodiscard]] bool binds() const { return tokens || cost; }
};

/// Of an agent: one task with all it delegates, and all its tasks of a day (UTC).
struct UsageBudget {
  SpendCap run;
  SpendCap day;
};

/// A model call that is about to be made.
struct ModelAsk {
  std::int64_t input_tokens = 0;                  // by estimate: estimate_tokens()
  std::optional<std::int64_t> max_output_tokens;  // what the model is configured for
  std::optional<TokenPrice> price;
};
/// About what a text of so many bytes counts as.
constexpr std::int64_t estimate_tokens(std::size_t bytes) {
  return static_cast<std::int64_t>(bytes / 4 + 1);
}

/// A model call that was made.
struct ModelCharge {
  std::string model;  // the ModelConfig's name
  TokenCounts tokens;
  std::optional<TokenPrice> price;
  bool failed = false;
  Duration latency = Duration::zero();
};

/// Sums by step and any of namespace, agent, model, owner.
struct UsageQuery {
  std::optional<std::string> name_space;
  std::optional<std::string> agent;
  std::optional<std::string> model;
  std::optional<std::string> owner;
  Time since;
  Time until;                               // exclusive
  Duration step = std::chrono::minutes(1);  // whole minutes; zero: one sum over the whole time
  bool by_namespace = true;
  bool by_agent = true;
  bool by_model = true;
  bool by_owner = false;
};

struct UsageSum {
  Time at;                 // begin of the step
  std::string name_space;  // empty where not asked for, as the next ones
  std::string agent;
  std::string model;
  std::string owner;
  std::int64_t requests = 0;
  std::int64_t errors = 0;
  TokenCounts tokens;
  Usd cost;
  std::int64_t latency_ms = 0;  // of all requests together
};

}  // namespace flotilla::core
