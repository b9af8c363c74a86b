#pragma once

#include <cstddef>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"

/// Configuration of the process from described structs, one per room:
///
///   struct HttpConfig {
///     Bytes body_limit = mib(16);
///     std::vector<std::string> allow_host;
///   };
///   BOOST_DESCRIBE_STRUCT(HttpConfig, (), (body_limit, allow_host))
///   constexpr config::Help kHttpHelp[] = {{"body_limit", "largest request body"}, …};
///   constexpr std::span<const config::Help> config_help(const HttpConfig*) { return kHttpHelp; }
///
/// A member `body_limit` is the flag `--body-limit`, the variable `FLOTILLA_BODY_LIMIT` and the
/// file key `body-limit` (a trailing underscore is dropped). Its initialiser is the default. Types:
/// std::string, bool, integers, double, Bytes, std::chrono durations, Secret (not by flag), enums
/// described by BOOST_DESCRIBE_ENUM, std::optional of these, std::vector of these.
namespace flotilla::config {

/// What a key is for, in words for users. Every member has one.
struct Help {
  std::string_view member;
  std::string_view text;
  /// For strings with few values: `full|relaxed`. Others are refused.
  std::string_view choices = {};
};

struct Origin {
  enum class Kind : std::uint8_t { default_, file, environment, flag };
  Kind kind = Kind::default_;
  std::string name;  // `--key`, the variable, or the path of the file
  std::size_t line = 0;
  /// `flag --key`, `environment FLOTILLA_KEY`, `file PATH:LINE`, `default`.
  [[nodiscard]] std::string to_string() const;
};

/// One key as it was written. Several texts for a repeated flag or a list in the file.
struct Entry {
  std::string key;
  std::vector<std::string> texts;
  std::size_t line = 0;  // in the file
};

struct Sources {
  std::vector<Entry> flags;  // a flag without a value has no texts
  std::vector<std::pair<std::string, std::string>> environment;
  std::string file;  // its path, for messages
  std::vector<Entry> file_entries;
};

/// Where a key's value comes from and how it is read; made by Registry::add().
struct Key {
  std::string name;
  std::string variable;
  std::string_view help;
  std::string type;  // what is allowed, in words
  std::string default_text;
  bool is_list = false;
  bool is_flag = false;  // a bool: its flag needs no value
  bool is_secret = false;
  Origin origin;

  /// Reads the texts into the member; what is allowed instead, when they are malformed.
  std::function<std::optional<std::string>(const std::vector<std::string>&)> assign;
  /// The value in effect; lists joined by commas, secrets as `***`.
  std::function<std::string()> show;
};

/// All keys of a program. Holds references to the structs that were added.
class Registry {
 public:
  template <class T>
  void add(T& data);

  /// Flag, else environment, else file, else the default. Reports every fault at once: unknown
  /// keys and FLOTILLA_ variables (but the client's and Kubernetes' service links), values that
  /// cannot be read. Values without fault are assigned nevertheless. An empty variable counts as
  /// not set.
  Result<> resolve(const Sources& sources);

  [[nodiscard]] std::span<const Key> keys() const { return keys_; }
  [[nodiscard]] const Key* find(std::string_view name) const;

 private:
  void add(Key key);
  Key* find_mutable(std::string_view name);
  void apply(Key& key, const std::vector<std::string>& texts, Origin origin);
  void apply_entries(const std::vector<Entry>& entries, const Sources& sources, Origin::Kind kind);
  void apply_environment(const Sources& sources);
  void fault(const std::string& key, const std::string& description);
  [[nodiscard]] std::string suggestion(std::string_view name, bool variable) const;

  std::vector<Key> keys_;
  std::vector<FieldViolation> faults_;
};

std::vector<std::pair<std::string, std::string>> process_environment();

}  // namespace flotilla::config

#include "base/config_internal.h"
