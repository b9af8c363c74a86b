#include "base/config.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <array>

#include "base/suggest.h"

namespace flotilla::config {
namespace internal {

std::string key_name(std::string_view member) {
  if (member.ends_with('_')) member.remove_suffix(1);
  std::string name(member);
  std::ranges::replace(name, '_', '-');
  return name;
}

std::string choices_text(std::string_view choices) {
  std::string out;
  while (true) {
    const std::size_t bar = choices.find('|');
    out += choices.substr(0, bar);
    if (bar == std::string_view::npos) return out;
    choices.remove_prefix(bar + 1);
    out += choices.find('|') == std::string_view::npos ? " or " : ", ";
  }
}

bool is_choice(std::string_view choices, std::string_view text) {
  if (choices.empty()) return true;
  while (true) {
    const std::size_t bar = choices.find('|');
    if (choices.substr(0, bar) == text) return true;
    if (bar == std::string_view::npos) return false;
    choices.remove_prefix(bar + 1);
  }
}

std::string join(const std::vector<std::string>& texts) {
  return fmt::format("{}", fmt::join(texts, ","));
}

std::optional<bool> read_bool(std::string_view text) {
  if (text == "true" || text == "yes" || text == "on" || text == "1") return true;
  if (text == "false" || text == "no" || text == "off" || text == "0") return false;
  return std::nullopt;
}

bool Codec<double>::read(const std::string& text, double& out) {
  return read_number(text, out);
}
std::string Codec<double>::show(double value) {
  return fmt::format("{}", value);
}

}  // namespace internal

namespace {

constexpr std::string_view kPrefix = "FLOTILLA_";
/// Of the client; a server ignores them.
constexpr std::array<std::string_view, 4> kClientVariables{"URL", "TOKEN", "CONTEXT", "NAMESPACE"};

std::string variable_name(std::string_view key) {
  std::string out(kPrefix);
  for (const char c : key) {
    out += c == '-' ? '_' : c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
  }
  return out;
}

/// What Kubernetes sets in each pod for a service named flotilla or flotilla-something.
bool is_service_link(std::string_view rest) {
  return rest.ends_with("SERVICE_HOST") || rest.find("SERVICE_PORT") != std::string_view::npos ||
         rest.ends_with("PORT") || rest.starts_with("PORT_") ||
         rest.find("_PORT_") != std::string_view::npos;
}

bool is_foreign(std::string_view rest) {
  return std::ranges::find(kClientVariables, rest) != kClientVariables.end() ||
         is_service_link(rest);
}

std::vector<std::string> split_commas(const std::vector<std::string>& texts) {
  std::vector<std::string> out;
  for (std::string_view text : texts) {
    while (!text.empty()) {
      const std::size_t comma = text.find(',');
      if (comma != 0) out.emplace_back(text.substr(0, comma));
      text.remove_prefix(comma == std::string_view::npos ? text.size() : comma + 1);
    }
  }
  return out;
}

}  // namespace

std::string Origin::to_string() const {
  switch (kind) {
    case Kind::flag:
      return "flag " + name;
    case Kind::environment:
      return "environment " + name;
    case Kind::file:
      return fmt::format("file {}:{}", name, line);
    case Kind::default_:
      break;
  }
  return "default";
}

void Registry::add(Key key) {
  FLOTILLA_ASSERT(find(key.name) == nullptr, "a key belongs to one room");
  key.variable = variable_name(key.name);
  keys_.push_back(std::move(key));
}

const Key* Registry::find(std::string_view name) const {
  const auto found = std::ranges::find(keys_, name, &Key::name);
  return found == keys_.end() ? nullptr : &*found;
}

Key* Registry::find_mutable(std::string_view name) {
  const auto found = std::ranges::find(keys_, name, &Key::name);
  return found == keys_.end() ? nullptr : &*found;
}

std::string Registry::suggestion(std::string_view name, bool variable) const {
  std::vector<std::string_view> known;
  for (const Key& key : keys_) known.push_back(variable ? key.variable : key.name);
  const auto best = nearest(name, known);
  if (!best) return "see `flotilla serve --help` for all keys";
  return fmt::format("did you mean {}?", *best);
}

void Registry::fault(const std::string& key, const std::string& description) {
  faults_.push_back({key, description});
}

void Registry::apply(Key& key, const std::vector<std::string>& texts, Origin origin) {
  const auto allowed = key.assign(texts);
  if (!allowed) {
    key.origin = std::move(origin);
    return;
  }
  std::string got;
  if (!key.is_secret) got = fmt::format(", got \"{}\"", internal::join(texts));
  fault(key.name, fmt::format("expected {}{} ({})", *allowed, got, origin.to_string()));
}

void Registry::apply_entries(const std::vector<Entry>& entries, const Sources& sources,
                             Origin::Kind kind) {
  const bool from_flag = kind == Origin::Kind::flag;
  for (auto entry = entries.begin(); entry != entries.end(); ++entry) {
    Origin origin{kind, from_flag ? "--" + entry->key : sources.file, entry->line};
    Key* key = find_mutable(entry->key);
    if (key == nullptr) {
      fault(entry->key,
            fmt::format("unknown key ({}); {}", origin.to_string(), suggestion(entry->key, false)));
      continue;
    }
    if (std::any_of(entries.begin(), entry, [&](const Entry& e) { return e.key == key->name; })) {
      fault(key->name, fmt::format("given twice ({})", origin.to_string()));
      continue;
    }
    if (from_flag && key->is_secret) {
      fault(key->name, "a secret shows in the process list: give it as " + key->variable +
                           " or in the file, not as a flag");
      continue;
    }
    std::vector<std::string> texts = entry->texts;
    if (from_flag && key->is_flag && texts.empty()) texts.emplace_back("true");
    if (from_flag && key->is_list) texts = split_commas(texts);
    apply(*key, texts, std::move(origin));
  }
}

void Registry::apply_environment(const Sources& sources) {
  for (const auto& [name, value] : sources.environment) {
    if (!name.starts_with(kPrefix)) continue;
    const auto key = std::ranges::find(keys_, name, &Key::variable);
    if (key == keys_.end()) {
      if (is_foreign(std::string_view(name).substr(kPrefix.size()))) continue;
      fault(name, "unknown variable (environment); " + suggestion(name, true));
      continue;
    }
    if (value.empty()) continue;
    std::vector<std::string> texts{value};
    if (key->is_list) texts = split_commas(texts);
    apply(*key, texts, Origin{Origin::Kind::environment, name, 0});
  }
}

Result<> Registry::resolve(const Sources& sources) {
  faults_.clear();
  apply_entries(sources.file_entries, sources, Origin::Kind::file);
  apply_environment(sources);
  apply_entries(sources.flags, sources, Origin::Kind::flag);
  if (faults_.empty()) return ok();
  std::string message;
  for (const FieldViolation& violation : faults_) {
    if (!message.empty()) message += "\n";
    message += violation.field + ": " + violation.description;
  }
  Error error(Code::invalid_argument, reason::kInvalidConfig, std::move(message));
  for (FieldViolation& violation : faults_) {
    error.add_field(std::move(violation.field), std::move(violation.description));
  }
  faults_.clear();
  return fail(std::move(error));
}

std::vector<std::pair<std::string, std::string>> process_environment() {
  std::vector<std::pair<std::string, std::string>> out;
  for (char** entry = environ; entry != nullptr && *entry != nullptr; ++entry) {
    const std::string_view text(*entry);
    const std::size_t equals = text.find('=');
    if (equals == std::string_view::npos) continue;
    out.emplace_back(text.substr(0, equals), text.substr(equals + 1));
  }
  return out;
}

}  // namespace flotilla::config
