#include "base/secret.h"

#include <openssl/crypto.h>

#include <utility>

namespace flotilla {
namespace {

void wipe(std::string& text) {
  text.resize(text.capacity());
  OPENSSL_cleanse(text.data(), text.size());
  text.clear();
}

}  // namespace

// A moved-from string may keep short contents in place: each source is wiped.
Secret::Secret(std::string value) : value_(value) {
  wipe(value);
}

Secret::Secret(Secret&& other) noexcept {
  value_.swap(other.value_);
}

Secret& Secret::operator=(const Secret& other) {
  if (this != &other) {
    wipe(value_);
    value_ = other.value_;
  }
  return *this;
}

Secret& Secret::operator=(Secret&& other) noexcept {
  if (this != &other) {
    wipe(value_);
    value_.swap(other.value_);
  }
  return *this;
}

Secret::~Secret() {
  wipe(value_);
}

bool Secret::equals(std::string_view candidate) const {
  return equal_in_constant_time(value_, candidate);
}

bool equal_in_constant_time(std::string_view a, std::string_view b) {
  return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

}  // namespace flotilla
