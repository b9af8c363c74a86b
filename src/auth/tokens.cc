#include "auth/tokens.h"

#include <fmt/format.h>
#include <sys/stat.h>
#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <array>
#include <fstream>
#include <map>
#include <optional>
#include <set>
#include <utility>

#include "base/id.h"
#include "base/log.h"
#include "base/suggest.h"

namespace flotilla::auth {
namespace {

constexpr Log kLog("auth");
constexpr std::array<std::string_view, 5> kFields = {"name", "kind", "namespaces", "role",
                                                     "sha256"};
constexpr std::array<std::string_view, 5> kKinds = {"user", "agent", "worker", "executor",
                                                    "service"};
constexpr std::array<std::string_view, 3> kRoles = {"viewer", "operator", "admin"};

/// Reads the entries in order and knows what earlier ones hold.
class Reader {
 public:
  explicit Reader(const std::string& file) : file_(file) {}
  Result<TokenFile> read(const YAML::Node& root);

 private:
  using Fields = std::map<std::string, YAML::Node, std::less<>>;
  Result<Token> read_entry(const YAML::Node& entry);
  Result<Fields> read_fields(const YAML::Node& entry);
  Result<std::string> read_text(const Fields& fields, std::string_view field);
  Result<std::string> read_name(const Fields& fields);
  template <class Enum, std::size_t N>
  Result<Enum> read_word(const Fields& fields, std::string_view field,
                         const std::array<std::string_view, N>& words);
  Result<> read_namespaces(const Fields& fields, Principal& principal);
  Result<Sha256Digest> read_digest(const Fields& fields);
  [[nodiscard]] Error fault(const YAML::Mark& at, std::string_view field, std::string what) const;

  const std::string& file_;
  std::size_t index_ = 0;
  std::map<std::string, int, std::less<>> lines_by_name_;
  std::map<Sha256Digest, int> lines_by_digest_;
};

Error file_fault(const std::string& file, const std::string& what) {
  return Error(Code::invalid_argument, reason::kInvalidConfig, file + ": " + what);
}

Error Reader::fault(const YAML::Mark& at, std::string_view field, std::string what) const {
  const auto pointer =
      field.empty() ? fmt::format("/{}", index_) : fmt::format("/{}/{}", index_, field);
  return Error(Code::invalid_argument, reason::kInvalidConfig,
               fmt::format("{}:{}: {}: {}", file_, at.line + 1, pointer, what))
      .with_field(pointer, std::move(what));
}

Result<TokenFile> Reader::read(const YAML::Node& root) {
  if (!root.IsSequence() || root.size() == 0) {
    return fail(file_fault(file_, "expected a list of tokens, each with " +
                                      fmt::format("{}", fmt::join(kFields, ", "))));
  }
  TokenFile out;
  for (const auto& entry : root) {
    TRY(token, read_entry(entry));
    out.tokens.push_back(std::move(token));
    ++index_;
  }
  return out;
}

Result<Token> Reader::read_entry(const YAML::Node& entry) {
  if (!entry.IsMap()) return fail(fault(entry.Mark(), "", "expected a mapping"));
  TRY(fields, read_fields(entry));
  auto principal = std::make_shared<Principal>();
  TRY(name, read_name(fields));
  TRY(kind, read_word<PrincipalKind>(fields, "kind", kKinds));
  TRY(role, read_word<Role>(fields, "role", kRoles));
  principal->name = std::move(name);
  principal->kind = kind;
  principal->role = role;
  TRY_VOID(read_namespaces(fields, *principal));
  TRY(digest, read_digest(fields));
  return Token{std::move(principal), digest};
}

Result<Reader::Fields> Reader::read_fields(const YAML::Node& entry) {
  Fields fields;
  for (const auto& member : entry) {
    const auto at = member.first.Mark();
    const auto key = member.first.IsScalar() ? member.first.Scalar() : std::string("(key)");
    if (std::ranges::find(kFields, key) == kFields.end()) {
      const auto meant = nearest(key, kFields);
      return fail(
          fault(at, key,
                meant ? fmt::format("unknown field, did you mean {}?", *meant)
                      : fmt::format("unknown field, known are {}", fmt::join(kFields, ", "))));
    }
    if (!fields.emplace(key, member.second).second) return fail(fault(at, key, "given twice"));
  }
  for (const auto field : kFields) {
    if (!fields.contains(field)) return fail(fault(entry.Mark(), field, "is missing"));
  }
  return fields;
}

Result<std::string> Reader::read_text(const Fields& fields, std::string_view field) {
  const auto& node = fields.find(field)->second;
  if (!node.IsScalar()) return fail(fault(node.Mark(), field, "expected a string"));
  return node.Scalar();
}

Result<std::string> Reader::read_name(const Fields& fields) {
  TRY(name, read_text(fields, "name"));
  const auto at = fields.find("name")->second.Mark();
  const bool plain = std::ranges::all_of(name, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           std::string_view("._@:/+-").find(c) != std::string_view::npos;
  });
  if (!plain || name.empty() || name.size() > kPrincipalNameLimit) {
    return fail(fault(at, "name", "expected 1 to 128 characters of [A-Za-z0-9._@:/+-]"));
  }
  const auto [earlier, added] = lines_by_name_.emplace(name, at.line + 1);
  if (!added) {
    return fail(fault(at, "name",
                      fmt::format("'{}' is already the name on line {}", name, earlier->second)));
  }
  return name;
}

template <class Enum, std::size_t N>
Result<Enum> Reader::read_word(const Fields& fields, std::string_view field,
                               const std::array<std::string_view, N>& words) {
  TRY(text, read_text(fields, field));
  const auto found = std::ranges::find(words, text);
  if (found == words.end()) {
    return fail(fault(fields.find(field)->second.Mark(), field,
                      fmt::format("'{}' is none of {}", text, fmt::join(words, ", "))));
  }
  return static_cast<Enum>(found - words.begin());
}

Result<> Reader::read_namespaces(const Fields& fields, Principal& principal) {
  const auto& list = fields.find("namespaces")->second;
  if (!list.IsSequence() || list.size() == 0) {
    return fail(fault(list.Mark(), "namespaces", "expected a list of names, or [\"*\"] for all"));
  }
  std::set<std::string> seen;
  for (const auto& item : list) {
    const auto name = item.IsScalar() ? item.Scalar() : std::string();
    if (name == "*" && list.size() == 1) {
      principal.all_namespaces = true;
      return ok();
    }
    if (name == "*") return fail(fault(item.Mark(), "namespaces", "\"*\" must stand alone"));
    if (!is_label(name)) {
      return fail(fault(item.Mark(), "namespaces",
                        fmt::format("'{}' is not a namespace: 1 to 63 of [a-z0-9-]", name)));
    }
    if (!seen.insert(name).second) {
      return fail(fault(item.Mark(), "namespaces", fmt::format("'{}' is given twice", name)));
    }
    principal.namespaces.push_back(name);
  }
  return ok();
}

Result<Sha256Digest> Reader::read_digest(const Fields& fields) {
  TRY(text, read_text(fields, "sha256"));
  const auto at = fields.find("sha256")->second.Mark();
  const auto bytes = decode_hex(text);
  Sha256Digest digest{};
  if (!bytes || bytes->size() != digest.size()) {
    return fail(fault(at, "sha256", "expected the SHA-256 of the token as 64 hexadecimal digits"));
  }
  std::ranges::transform(*bytes, digest.begin(),
                         [](char c) { return static_cast<std::uint8_t>(c); });
  if (digest == sha256("")) {
    return fail(fault(at, "sha256", "is the SHA-256 of an empty token"));
  }
  const auto [earlier, added] = lines_by_digest_.emplace(digest, at.line + 1);
  if (!added) {
    return fail(
        fault(at, "sha256", fmt::format("is the same token as on line {}", earlier->second)));
  }
  return digest;
}

void warn_if_exposed(const std::string& path) {
  struct stat info{};
  if (stat(path.c_str(), &info) == 0 && (info.st_mode & (S_IRWXG | S_IRWXO)) != 0) {
    kLog.warn("tokens file is open to others than its owner, use mode 0600", {{"file", path}});
  }
}

}  // namespace

Result<TokenFile> TokenFile::load(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  if (!in) return fail(file_fault(path, "cannot be opened for reading"));
  std::string text(kTokenFileLimit + 1, '\0');
  in.read(text.data(), static_cast<std::streamsize>(text.size()));
  if (in.bad()) return fail(file_fault(path, "cannot be read"));
  text.resize(static_cast<std::size_t>(in.gcount()));
  if (text.size() > kTokenFileLimit) return fail(file_fault(path, "is larger than 1 MiB"));
  warn_if_exposed(path);
  return parse(text, path);
}

Result<TokenFile> TokenFile::parse(std::string_view yaml, const std::string& name) {
  try {
    const auto documents = YAML::LoadAll(std::string(yaml));
    if (documents.size() != 1) return fail(file_fault(name, "expected one YAML document"));
    return Reader(name).read(documents.front());
  } catch (const YAML::Exception& error) {  // the library's only way to report a fault
    return fail(file_fault(fmt::format("{}:{}", name, error.mark.line + 1), error.msg));
  }
}

}  // namespace flotilla::auth
