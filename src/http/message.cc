#include "http/message.h"

#include <algorithm>
#include <array>

namespace flotilla::http {
namespace {

constexpr std::array<std::string_view, 7> kMethods = {"GET",   "HEAD",   "POST",   "PUT",
                                                      "PATCH", "DELETE", "OPTIONS"};

constexpr char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c;
}

std::string_view trim(std::string_view text) {
  const auto first = text.find_first_not_of(" \t");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

/// Appends the elements of one comma-separated value; commas inside quotes do not split.
void split_list(std::string_view value, std::vector<std::string_view>& out) {
  std::size_t start = 0;
  bool quoted = false;
  for (std::size_t i = 0; i <= value.size(); ++i) {
    const bool end = i == value.size();
    if (!end && quoted && value[i] == '\\') {
      ++i;
    } else if (!end && value[i] == '"') {
      quoted = !quoted;
    } else if (end || (value[i] == ',' && !quoted)) {
      const auto element = trim(value.substr(std::min(start, value.size()), i - start));
      if (!element.empty()) out.push_back(element);
      start = i + 1;
    }
  }
}

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  const char low = lower(c);
  if (low >= 'a' && low <= 'f') return low - 'a' + 10;
  return -1;
}

bool is_unreserved(char c) {
  const char low = lower(c);
  return (low >= 'a' && low <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '_' ||
         c == '~';
}

/// Calls `visit(raw_name, raw_value)` for each member until it answers false.
template <class Visit>
void for_each_query_member(std::string_view query, Visit visit) {
  while (!query.empty()) {
    const auto end = query.find('&');
    const auto member = query.substr(0, end);
    query = end == std::string_view::npos ? std::string_view{} : query.substr(end + 1);
    if (member.empty()) continue;
    const auto equals = member.find('=');
    const auto value =
        equals == std::string_view::npos ? std::string_view{} : member.substr(equals + 1);
    if (!visit(member.substr(0, equals), value)) return;
  }
}

}  // namespace

std::string_view to_string(Method method) {
  return kMethods.at(static_cast<std::size_t>(method));
}

bool iequals(std::string_view a, std::string_view b) {
  if (a.size() != b.size()) return false;
  for (std::size_t i = 0; i < a.size(); ++i) {
    if (a[i] != b[i] && lower(a[i]) != lower(b[i])) return false;
  }
  return true;
}

std::optional<std::string_view> Headers::find(std::string_view name) const {
  for (const Field& field : fields_) {
    if (iequals(field.name, name)) return field.value;
  }
  return std::nullopt;
}

std::vector<std::string_view> Headers::list(std::string_view name) const {
  std::vector<std::string_view> elements;
  for (const Field& field : fields_) {
    if (iequals(field.name, name)) split_list(field.value, elements);
  }
  return elements;
}

void Headers::add(std::string name, std::string value) {
  fields_.push_back(Field{std::move(name), std::move(value)});
}

void Headers::set(std::string_view name, std::string value) {
  remove(name);
  add(std::string(name), std::move(value));
}

void Headers::remove(std::string_view name) {
  std::erase_if(fields_, [name](const Field& field) { return iequals(field.name, name); });
}

std::string_view Request::param(std::string_view name) const {
  for (const auto& [key, value] : params) {
    if (key == name) return value;
  }
  return {};
}

std::optional<std::string> Request::query_value(std::string_view name) const {
  std::optional<std::string> found;
  for_each_query_member(query, [&](std::string_view key, std::string_view value) {
    if (percent_decode(key, true) != name) return true;
    found = percent_decode(value, true);
    return false;
  });
  return found;
}

std::vector<std::pair<std::string, std::string>> Request::query_values() const {
  std::vector<std::pair<std::string, std::string>> values;
  for_each_query_member(query, [&](std::string_view key, std::string_view value) {
    values.emplace_back(percent_decode(key, true), percent_decode(value, true));
    return true;
  });
  return values;
}

Response Response::text(int status, std::string body, std::string_view content_type) {
  Response response;
  response.status = status;
  response.headers.add("Content-Type", std::string(content_type));
  response.body = std::move(body);
  return response;
}

Response Response::json(int status, std::string body) {
  return text(status, std::move(body), "application/json");
}

std::string percent_decode(std::string_view text, bool plus_is_space) {
  if (!text.contains('%') && !plus_is_space) return std::string(text);
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (c == '%' && i + 2 < text.size()) {
      const int high = hex_digit(text[i + 1]);
      const int low = hex_digit(text[i + 2]);
      if (high >= 0 && low >= 0) {
        out.push_back(static_cast<char>(high * 16 + low));
        i += 2;
        continue;
      }
    }
    out.push_back(c == '+' && plus_is_space ? ' ' : c);
  }
  return out;
}

std::string percent_encode(std::string_view text) {
  constexpr std::string_view kHex = "0123456789ABCDEF";
  std::string out;
  out.reserve(text.size());
  for (const char c : text) {
    if (is_unreserved(c)) {
      out.push_back(c);
      continue;
    }
    const auto byte = static_cast<unsigned char>(c);
    out.push_back('%');
    out.push_back(kHex[byte >> 4U]);
    out.push_back(kHex[byte & 15U]);
  }
  return out;
}

}  // namespace flotilla::http
