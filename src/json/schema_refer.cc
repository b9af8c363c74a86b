// How references are looked up; the rest of SchemaIndex is in schema_index.cc.

#include <charconv>

#include "base/assert.h"

#include "json/json.h"
#include "json/schema_index_internal.h"
#include "json/schema_uri_internal.h"
#include "json/text_internal.h"

namespace flotilla::json {
namespace {

/// One step of a JSON pointer, unescaped (RFC 6901 section 4).
std::string unescape(std::string_view token) {
  std::string out;
  for (std::size_t i = 0; i < token.size(); ++i) {
    const bool escape = token[i] == '~' && i + 1 < token.size();
    if (escape && (token[i + 1] == '0' || token[i + 1] == '1')) {
      out += token[++i] == '0' ? '~' : '/';
    } else {
      out += token[i];
    }
  }
  return out;
}

const Value* child(const Value& value, const std::string& token) {
  if (const Object* object = value.if_object()) return object->find(token);
  const Array* array = value.if_array();
  if (array == nullptr || token.empty() || (token.size() > 1 && token.front() == '0'))
    return nullptr;
  std::size_t index = 0;
  const auto [stop, error] = std::from_chars(token.data(), token.data() + token.size(), index);
  if (error != std::errc{} || stop != token.data() + token.size() || index >= array->size()) {
    return nullptr;
  }
  return &(*array)[index];
}

}  // namespace

const Value* SchemaIndex::document(const std::string& uri) {
  if (options_.documents != nullptr) {
    const auto given = options_.documents->find(uri);
    if (given != options_.documents->end()) return &given->second;
  }
  const auto known = builtin_.find(uri);
  if (known != builtin_.end()) return known->second.get();
  const std::string_view text = builtin_schema(uri);
  if (text.empty()) return nullptr;
  auto parsed = parse(text);
  FLOTILLA_ASSERT(parsed, "the built-in metaschemas are JSON");
  return builtin_.emplace(uri, std::make_unique<Value>(std::move(*parsed))).first->second.get();
}

Result<Resource*> SchemaIndex::resource(const std::string& uri, const std::string& where) {
  if (const auto known = by_uri_.find(uri); known != by_uri_.end()) return known->second;
  const Value* found = document(uri);
  if (found == nullptr) {
    return fail(invalid(
        where, fmt::format("`{}` is not known, and references are never fetched: put the schema "
                           "into $defs",
                           shorten(uri))));
  }
  TRY_VOID(add_document(uri, *found));
  return by_uri_.find(uri)->second;
}

Result<const Value*> SchemaIndex::follow(Resource& from, const std::string& pointer,
                                         const std::string& where) {
  const Value* at = from.root;
  Resource* resource = &from;
  std::string place = spot(*at).where;
  std::string_view rest = pointer;
  while (!rest.empty()) {
    rest.remove_prefix(1);  // the slash
    const std::size_t end = rest.find('/');
    const std::string token = unescape(rest.substr(0, end));
    rest = end == std::string_view::npos ? std::string_view() : rest.substr(end);
    at = child(*at, token);
    if (at == nullptr) {
      return fail(invalid(where, fmt::format("names nothing: there is no `{}`", shorten(pointer))));
    }
    append_pointer(token, place);
    if (const auto known = spots_.find(at); known != spots_.end())
      resource = known->second.resource;
  }
  // What stands below an unknown keyword becomes a schema only now that something refers to it.
  TRY_VOID(scan(*at, resource, place));
  return at;
}

Result<Target> SchemaIndex::find(Resource& from, const std::string& reference,
                                 const std::string& where) {
  TRY(resource, this->resource(resolve_uri(from.uri, reference), where));
  const std::string_view raw = split_uri(reference).fragment.value_or("");
  const auto fragment = percent_decode(raw);
  if (!fragment) return fail(invalid(where, "has a broken percent escape"));
  if (fragment->empty()) return Target{resource->root, {}};
  if (fragment->starts_with('/')) {
    TRY(value, follow(*resource, *fragment, where));
    return Target{value, {}};
  }
  const auto anchor = resource->anchors.find(*fragment);
  if (anchor == resource->anchors.end()) {
    return fail(invalid(where, fmt::format("there is no anchor `{}`", shorten(*fragment))));
  }
  Target target{anchor->second, {}};
  if (resource->dynamic_anchors.contains(*fragment)) target.dynamic_anchor = *fragment;
  return target;
}

}  // namespace flotilla::json
