#include "json/value.h"

#include <algorithm>
#include <cmath>

#include "json/number_internal.h"

namespace flotilla::json {
namespace {

constexpr std::size_t kLinearMembers = 16;

template <class T>
Number to_number(T value) {
  Number number;
  append_number(value, number.text);
  return number;
}

using Members = std::vector<Object::Member>;

std::vector<const Object::Member*> by_name(const Members& members) {
  std::vector<const Object::Member*> sorted;
  sorted.reserve(members.size());
  for (const Object::Member& member : members) sorted.push_back(&member);
  std::ranges::sort(
      sorted, {}, [](const Object::Member* member) -> const std::string& { return member->first; });
  return sorted;
}

/// For large objects of another order: the quadratic way would be an attacker's lever.
bool equal_sorted(const Members& left, const Members& right) {
  return std::ranges::equal(
      by_name(left), by_name(right),
      [](const Object::Member* a, const Object::Member* b) { return *a == *b; });
}

}  // namespace

Object::Object(std::initializer_list<Member> members) : members_(members) {}

const Value* Object::find(std::string_view name) const {
  for (const Member& member : members_) {
    if (member.first == name) return &member.second;
  }
  return nullptr;
}

Value* Object::find(std::string_view name) {
  for (Member& member : members_) {
    if (member.first == name) return &member.second;
  }
  return nullptr;
}

void Object::set(std::string name, Value value) {
  if (Value* present = find(name)) {
    *present = std::move(value);
  } else {
    append(std::move(name), std::move(value));
  }
}

void Object::erase(std::string_view name) {
  std::erase_if(members_, [name](const Member& member) { return member.first == name; });
}

bool Object::operator==(const Object& other) const {
  if (size() != other.size()) return false;
  if (std::ranges::equal(members_, other.members_, {}, &Member::first, &Member::first)) {
    return std::ranges::equal(members_, other.members_, {}, &Member::second, &Member::second);
  }
  if (size() > kLinearMembers) return equal_sorted(members_, other.members_);
  return std::ranges::all_of(members_, [&other](const Member& member) {
    const Value* match = other.find(member.first);
    return match != nullptr && *match == member.second;
  });
}

Value::Value(std::int64_t value) : data_(to_number(value)) {}
Value::Value(std::uint64_t value) : data_(to_number(value)) {}
Value::Value(int value) : data_(to_number(std::int64_t{value})) {}
Value::Value(double value) : data_(nullptr) {
  if (std::isfinite(value)) data_ = to_number(value);
}

std::optional<std::int64_t> Value::as_int64() const {
  const Number* number = if_number();
  if (number == nullptr) return std::nullopt;
  return number_to_int64(number->text);
}

std::optional<std::uint64_t> Value::as_uint64() const {
  const Number* number = if_number();
  if (number == nullptr) return std::nullopt;
  return number_to_uint64(number->text);
}

std::optional<double> Value::as_double() const {
  const Number* number = if_number();
  if (number == nullptr) return std::nullopt;
  return number_to_double(number->text);
}

std::string_view Value::type_name() const {
  switch (kind()) {
    case Kind::null:
      return "null";
    case Kind::boolean:
      return "boolean";
    case Kind::number:
      return "number";
    case Kind::string:
      return "string";
    case Kind::array:
      return "array";
    case Kind::object:
      return "object";
  }
  return "null";
}

bool Value::operator==(const Value& other) const {
  return data_ == other.data_;
}

}  // namespace flotilla::json
