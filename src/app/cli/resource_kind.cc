#include "app/cli/resource_kind.h"

#include <fmt/format.h>

#include "app/cli/output.h"
#include "base/suggest.h"
#include "http/message.h"

namespace flotilla::app {

namespace {

bool answers_to(const json::Value& kind, const std::string& word) {
  for (const char* member : {"kind", "plural", "singular"})
    if (http::iequals(text_at(kind, {member}), word)) return true;
  const json::Value* names = find_at(kind, {"shortNames"});
  if (names == nullptr || names->if_array() == nullptr) return false;
  for (const json::Value& name : *names->if_array())
    if (name.if_string() != nullptr && http::iequals(*name.if_string(), word)) return true;
  return false;
}

}  // namespace

Async<Result<KindInfo>> find_kind(Remote& remote, std::string word) {
  CO_TRY(answer, co_await remote.get("/api/v1/schemas"));
  const json::Value* items = find_at(answer, {"items"});
  if (items == nullptr || items->if_array() == nullptr)
    co_return fail(Error(Code::internal, "the server's answer has no items"));
  std::vector<std::string> plurals;
  for (const json::Value& item : *items->if_array()) {
    KindInfo kind;
    kind.kind = text_at(item, {"kind"});
    kind.plural = text_at(item, {"plural"});
    kind.singular = text_at(item, {"singular"});
    kind.read_only = text_at(item, {"readOnly"}) == "true";
    if (answers_to(item, word)) co_return kind;
    plurals.push_back(kind.plural);
  }
  const std::vector<std::string_view> known(plurals.begin(), plurals.end());
  std::string text = fmt::format("there is no kind of resource '{}'", printable_line(word));
  if (const auto near = nearest(word, known)) {
    text += fmt::format(", did you mean {}?", *near);
  } else {
    text += "; there are";
    for (const auto& plural : plurals) text += " " + plural;
  }
  co_return fail(Error(Code::invalid_argument, std::move(text)));
}

std::string resource_path(const KindInfo& kind, const std::string& name_space,
                          const std::string& name) {
  std::string path = "/api/v1/";
  if (!name_space.empty()) path += "namespaces/" + http::percent_encode(name_space) + "/";
  path += http::percent_encode(kind.plural);
  if (!name.empty()) path += "/" + http::percent_encode(name);
  return path;
}

std::string short_name(const KindInfo& kind, const json::Value& resource) {
  return kind.singular + "/" + text_at(resource, {"metadata", "name"});
}

}  // namespace flotilla::app
