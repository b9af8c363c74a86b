#include "telemetry/metrics.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <iterator>

#include "base/assert.h"

namespace flotilla::telemetry {
namespace {

bool is_name(std::string_view text) {
  const auto letter = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == ':';
  };
  const auto digit = [](char c) { return c >= '0' && c <= '9'; };
  return !text.empty() && letter(text.front()) &&
         std::ranges::all_of(text, [&](char c) { return letter(c) || digit(c); });
}

void append_escaped(std::string& out, std::string_view text, bool in_quotes) {
  for (const char c : text) {
    if (c == '\\') {
      out += "\\\\";
    } else if (c == '\n') {
      out += "\\n";
    } else if (c == '"' && in_quotes) {
      out += "\\\"";
    } else {
      out += c;
    }
  }
}

/// `a="1",b="2"`: the key of a series and its text.
std::string labels_text(const Labels& labels) {
  std::string out;
  for (const auto& [name, value] : labels) {
    if (!out.empty()) out += ',';
    out += name + "=\"";
    append_escaped(out, value, true);
    out += '"';
  }
  return out;
}

std::string number(double value) {
  if (std::isnan(value)) return "NaN";
  if (std::isinf(value)) return value > 0 ? "+Inf" : "-Inf";
  return fmt::format("{}", value);
}

void append_sample(std::string& out, std::string_view name, std::string_view labels,
                   std::string_view value) {
  out += name;
  if (!labels.empty()) fmt::format_to(std::back_inserter(out), "{{{}}}", labels);
  fmt::format_to(std::back_inserter(out), " {}\n", value);
}

void append_histogram(std::string& out, const std::string& name, const std::string& labels,
                      const Histogram& histogram) {
  const Histogram::Snapshot data = histogram.snapshot();
  const std::string prefix = labels.empty() ? "" : labels + ",";
  std::uint64_t below = 0;
  for (std::size_t i = 0; i < data.counts.size(); ++i) {
    below += data.counts[i];
    const bool last = i == histogram.bounds().size();
    const std::string bound = last ? "+Inf" : number(histogram.bounds()[i]);
    append_sample(out, name + "_bucket", fmt::format("{}le=\"{}\"", prefix, bound),
                  std::to_string(below));
  }
  append_sample(out, name + "_sum", labels, number(data.sum));
  append_sample(out, name + "_count", labels, std::to_string(data.count));
}

}  // namespace

std::size_t shard_of_this_thread() {
  static std::atomic<std::size_t> next{0};
  thread_local const std::size_t shard = next.fetch_add(1, std::memory_order_relaxed) % kShards;
  return shard;
}

std::uint64_t Counter::value() const {
  std::uint64_t sum = 0;
  for (const Cell& cell : cells_) sum += cell.value.load(std::memory_order_relaxed);
  return sum;
}

Histogram::Histogram(std::vector<double> bounds) : bounds_(std::move(bounds)) {
  FLOTILLA_ASSERT(std::ranges::is_sorted(bounds_), "bounds are constants of the code");
  for (Shard& shard : shards_) {
    shard.counts = std::make_unique<std::atomic<std::uint64_t>[]>(bounds_.size() + 1);
  }
}

void Histogram::observe(double value) {
  Shard& shard = shards_[shard_of_this_thread()];
  const auto bound = std::ranges::lower_bound(bounds_, value);
  const auto index = static_cast<std::size_t>(bound - bounds_.begin());
  shard.counts[index].fetch_add(1, std::memory_order_relaxed);
  shard.sum.fetch_add(value, std::memory_order_relaxed);
}

Histogram::Snapshot Histogram::snapshot() const {
  Snapshot out;
  out.counts.resize(bounds_.size() + 1);
  for (const Shard& shard : shards_) {
    for (std::size_t i = 0; i < out.counts.size(); ++i) {
      const std::uint64_t count = shard.counts[i].load(std::memory_order_relaxed);
      out.counts[i] += count;
      out.count += count;
    }
    out.sum += shard.sum.load(std::memory_order_relaxed);
  }
  return out;
}

std::vector<double> latency_bounds() {
  return {0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025,
          0.05,   0.1,     0.25,   0.5,   1,      2.5,   5,    10};
}

std::vector<double> size_bounds() {
  return {64, 256, 1024, 4096, 16384, 65536, 262144, 1048576, 4194304, 16777216};
}

struct Registry::Series {
  Counter counter;
  Gauge gauge;
  std::unique_ptr<Histogram> histogram;
  std::function<double()> read;
};

struct Registry::Family {
  std::string name;
  std::string help;
  std::string_view type;
  std::map<std::string, std::unique_ptr<Series>> series;  // by the text of its labels

  void render(std::string& out) const {
    out += "# HELP " + name + ' ';
    append_escaped(out, help, false);
    fmt::format_to(std::back_inserter(out), "\n# TYPE {} {}\n", name, type);
    for (const auto& [labels, one] : series) {
      if (one->histogram) {
        append_histogram(out, name, labels, *one->histogram);
      } else if (one->read) {
        append_sample(out, name, labels, number(one->read()));
      } else if (type == "counter") {
        append_sample(out, name, labels, std::to_string(one->counter.value()));
      } else {
        append_sample(out, name, labels, std::to_string(one->gauge.value()));
      }
    }
  }
};

Registry::Registry() = default;
Registry::~Registry() = default;

Registry::Family& Registry::family(std::string name, std::string help, std::string_view type) {
  FLOTILLA_ASSERT(is_name(name), "metric names are constants of the code");
  auto& slot = families_[name];
  if (!slot) slot = std::make_unique<Family>(Family{name, std::move(help), type, {}});
  FLOTILLA_ASSERT(slot->type == type, "one name has one type");
  return *slot;
}

Registry::Series& Registry::series(Family& family, Labels labels) {
  std::ranges::sort(labels);
  std::string key = labels_text(labels);
  const auto known = family.series.find(key);
  if (known != family.series.end()) return *known->second;
  if (family.series.size() >= kMaxSeries) {
    for (auto& label : labels) label.second = "other";
    key = labels_text(labels);
  }
  auto& slot = family.series[key];
  if (!slot) slot = std::make_unique<Series>();
  return *slot;
}

Counter& Registry::counter(std::string name, std::string help, Labels labels) {
  const std::lock_guard lock(mutex_);
  return series(family(std::move(name), std::move(help), "counter"), std::move(labels)).counter;
}

Gauge& Registry::gauge(std::string name, std::string help, Labels labels) {
  const std::lock_guard lock(mutex_);
  return series(family(std::move(name), std::move(help), "gauge"), std::move(labels)).gauge;
}

Histogram& Registry::histogram(std::string name, std::string help, std::vector<double> bounds,
                               Labels labels) {
  const std::lock_guard lock(mutex_);
  Series& one = series(family(std::move(name), std::move(help), "histogram"), std::move(labels));
  if (!one.histogram) one.histogram = std::make_unique<Histogram>(std::move(bounds));
  return *one.histogram;
}

void Registry::observed_gauge(std::string name, std::string help, std::function<double()> read,
                              Labels labels) {
  const std::lock_guard lock(mutex_);
  series(family(std::move(name), std::move(help), "gauge"), std::move(labels)).read =
      std::move(read);
}

void Registry::observed_counter(std::string name, std::string help, std::function<double()> read,
                                Labels labels) {
  const std::lock_guard lock(mutex_);
  series(family(std::move(name), std::move(help), "counter"), std::move(labels)).read =
      std::move(read);
}

std::string Registry::render() const {
  const std::lock_guard lock(mutex_);
  std::string out;
  for (const auto& [name, family] : families_) family->render(out);
  return out;
}

}  // namespace flotilla::telemetry
