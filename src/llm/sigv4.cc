#include <fmt/format.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <algorithm>
#include <array>

#include "base/assert.h"
#include "base/hash.h"
#include "llm/sigv4_internal.h"

namespace flotilla::llm {
namespace {

using Pairs = std::vector<std::pair<std::string, std::string>>;

std::string hmac(std::string_view key, std::string_view text) {
  std::array<unsigned char, 32> out{};
  unsigned int size = 0;
  const auto* done =
      HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()),
           reinterpret_cast<const unsigned char*>(text.data()), text.size(), out.data(), &size);
  FLOTILLA_ASSERT(done != nullptr && size == out.size(), "SHA-256 is always there");
  return {reinterpret_cast<const char*>(out.data()), out.size()};
}

bool is_unreserved(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
         c == '.' || c == '_' || c == '~';
}

std::string encode(std::string_view text, std::string_view kept) {
  std::string out;
  for (const char c : text) {
    if (is_unreserved(c) || kept.contains(c)) {
      out += c;
    } else {
      fmt::format_to(std::back_inserter(out), "%{:02X}", static_cast<unsigned char>(c));
    }
  }
  return out;
}

// The query is sent encoded, so that sorting is all that is left to do.
std::string canonical_query(std::string_view query) {
  Pairs pairs;
  while (!query.empty()) {
    const auto end = query.find('&');
    const auto pair = query.substr(0, end);
    query = end == std::string_view::npos ? std::string_view() : query.substr(end + 1);
    if (pair.empty()) continue;
    const auto equals = pair.find('=');
    pairs.emplace_back(pair.substr(0, equals),
                       equals == std::string_view::npos ? "" : pair.substr(equals + 1));
  }
  std::ranges::sort(pairs);
  std::string out;
  for (const auto& [name, value] : pairs) {
    if (!out.empty()) out += '&';
    out += name + "=" + value;
  }
  return out;
}

std::string lower(std::string_view text) {
  std::string out(text);
  std::ranges::transform(out, out.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  });
  return out;
}

// Outer blanks dropped, runs of inner ones made one.
std::string canonical_value(std::string_view value) {
  std::string out;
  for (const char c : value) {
    const bool blank = c == ' ' || c == '\t';
    if (blank && (out.empty() || out.back() == ' ')) continue;
    out += blank ? ' ' : c;
  }
  if (out.ends_with(' ')) out.pop_back();
  return out;
}

Pairs canonical_headers(const SigV4Request& request, const Pairs& added) {
  Pairs out;
  out.emplace_back("host", request.host);
  for (const auto& list : {&request.headers, &added}) {
    for (const auto& [name, value] : *list) out.emplace_back(lower(name), canonical_value(value));
  }
  std::ranges::sort(out);
  return out;
}

// 20150830T123600Z
std::string basic_time(Time now) {
  std::string text = format_time(now).substr(0, 19);
  std::erase_if(text, [](char c) { return c == '-' || c == ':'; });
  return text + "Z";
}

}  // namespace

std::string uri_encode(std::string_view text) {
  return encode(text, "");
}

Pairs sign_v4(const SigV4Request& request, std::string_view region, std::string_view service,
              const AwsCredentials& credentials, Time now) {
  const std::string at = basic_time(now);
  const std::string day = at.substr(0, 8);
  Pairs out{{"X-Amz-Date", at}};
  if (credentials.session_token) {
    out.emplace_back("X-Amz-Security-Token", credentials.session_token->reveal());
  }
  std::string headers;
  std::string names;
  for (const auto& [name, value] : canonical_headers(request, out)) {
    headers += name + ":" + value + "\n";
    if (!names.empty()) names += ';';
    names += name;
  }
  const auto question = request.target.find('?');
  const auto query =
      question == std::string_view::npos ? std::string_view() : request.target.substr(question + 1);
  const std::string canonical = fmt::format(
      "{}\n{}\n{}\n{}\n{}\n{}", request.method, encode(request.target.substr(0, question), "/"),
      canonical_query(query), headers, names, hex(sha256(request.body)));
  const std::string scope = fmt::format("{}/{}/{}/aws4_request", day, region, service);
  const std::string to_sign =
      fmt::format("AWS4-HMAC-SHA256\n{}\n{}\n{}", at, scope, hex(sha256(canonical)));
  // Each a key of its own: wiped when they die.
  const Secret start("AWS4" + credentials.secret_access_key.reveal());
  const Secret of_day(hmac(start.reveal(), day));
  const Secret of_region(hmac(of_day.reveal(), region));
  const Secret of_service(hmac(of_region.reveal(), service));
  const Secret key(hmac(of_service.reveal(), "aws4_request"));
  out.emplace_back(
      "Authorization",
      fmt::format("AWS4-HMAC-SHA256 Credential={}/{}, SignedHeaders={}, Signature={}",
                  credentials.access_key_id, scope, names, hex(hmac(key.reveal(), to_sign))));
  return out;
}

}  // namespace flotilla::llm
