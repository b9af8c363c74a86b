#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

namespace flotilla::json {

class Value;

/// A number as it was written: `10.00` stays `10.00`.
struct Number {
  std::string text;
  bool operator==(const Number&) const = default;
};

/// Members in the order they were written. Lookup is linear: objects of messages are small.
/// Equality ignores the order of members (RFC 8259 section 4).
class Object {
 public:
  using Member = std::pair<std::string, Value>;
  Object() = default;
  /// The names must be distinct.
  Object(std::initializer_list<Member> members);
  explicit Object(std::vector<Member> members);

  [[nodiscard]] const Value* find(std::string_view name) const;
  [[nodiscard]] Value* find(std::string_view name);
  /// Replaces or appends.
  void set(std::string name, Value value);
  void erase(std::string_view name);
  [[nodiscard]] bool empty() const;
  [[nodiscard]] std::size_t size() const;
  [[nodiscard]] const std::vector<Member>& members() const;
  /// For changing values in place; the names must stay distinct.
  [[nodiscard]] std::vector<Member>& members();
  bool operator==(const Object&) const;
  // append without a search: for parsers that reject duplicates themselves
  void append(std::string name, Value value);

 private:
  std::vector<Member> members_;
};

using Array = std::vector<Value>;

/// In the order of Value's alternatives.
enum class Kind : std::uint8_t { null, boolean, number, string, array, object };

/// A JSON value that a user or an agent owns: number text and member order survive a round trip.
/// Not the way to read messages: those are structs (json/map.h). Copies are deep; not thread-safe
/// for writing.
class Value {
 public:
  Value();  // null
  Value(std::nullptr_t);
  Value(bool value);
  Value(std::int64_t value);
  Value(std::uint64_t value);
  Value(int value);
  /// The other integer types.
  template <std::integral T>
    requires(!std::same_as<T, bool> && !std::same_as<T, char> && !std::same_as<T, int> &&
             !std::same_as<T, std::int64_t> && !std::same_as<T, std::uint64_t>)
  Value(T value)
      : Value(static_cast<std::conditional_t<std::is_signed_v<T>, std::int64_t, std::uint64_t>>(
            value)) {}
  /// Must be finite; anything else becomes null, which is all that JSON can say.
  Value(double value);
  /// The text must be a JSON number.
  Value(Number value);
  Value(const char* value);
  Value(std::string_view value);
  Value(std::string value);
  Value(Array value);
  Value(Object value);
  /// Other pointers would silently become true.
  Value(const void*) = delete;

  [[nodiscard]] Kind kind() const;
  [[nodiscard]] bool is_null() const;
  [[nodiscard]] const bool* if_bool() const;
  [[nodiscard]] const Number* if_number() const;
  [[nodiscard]] const std::string* if_string() const;
  [[nodiscard]] const Array* if_array() const;
  [[nodiscard]] const Object* if_object() const;
  [[nodiscard]] std::string* if_string();
  [[nodiscard]] Array* if_array();
  [[nodiscard]] Object* if_object();
  /// The number as an integer when it is one (`10.00` and `1e1` are) and fits.
  [[nodiscard]] std::optional<std::int64_t> as_int64() const;
  [[nodiscard]] std::optional<std::uint64_t> as_uint64() const;
  [[nodiscard]] std::optional<double> as_double() const;
  /// `string`, `number`, … as messages say it.
  [[nodiscard]] std::string_view type_name() const;
  bool operator==(const Value&) const;

  /// Replaces the content by an empty T (bool, Number, std::string, Array or Object) to be filled.
  template <class T>
  T& emplace();

 private:
  std::variant<std::nullptr_t, bool, Number, std::string, Array, Object> data_;
};

// What needs the complete Value; inline because parsing and mapping live on these.

inline Object::Object(std::vector<Member> members) : members_(std::move(members)) {}
inline bool Object::empty() const {
  return members_.empty();
}
inline std::size_t Object::size() const {
  return members_.size();
}
inline const std::vector<Object::Member>& Object::members() const {
  return members_;
}
inline std::vector<Object::Member>& Object::members() {
  return members_;
}
inline void Object::append(std::string name, Value value) {
  members_.emplace_back(std::move(name), std::move(value));
}

inline Value::Value() : data_(nullptr) {}
inline Value::Value(std::nullptr_t) : data_(nullptr) {}
inline Value::Value(bool value) : data_(value) {}
inline Value::Value(Number value) : data_(std::move(value)) {}
inline Value::Value(const char* value) : data_(std::string(value)) {}
inline Value::Value(std::string_view value) : data_(std::string(value)) {}
inline Value::Value(std::string value) : data_(std::move(value)) {}
inline Value::Value(Array value) : data_(std::move(value)) {}
inline Value::Value(Object value) : data_(std::move(value)) {}

inline Kind Value::kind() const {
  return static_cast<Kind>(data_.index());
}
inline bool Value::is_null() const {
  return data_.index() == 0;
}
inline const bool* Value::if_bool() const {
  return std::get_if<bool>(&data_);
}
inline const Number* Value::if_number() const {
  return std::get_if<Number>(&data_);
}
inline const std::string* Value::if_string() const {
  return std::get_if<std::string>(&data_);
}
inline const Array* Value::if_array() const {
  return std::get_if<Array>(&data_);
}
inline const Object* Value::if_object() const {
  return std::get_if<Object>(&data_);
}
inline std::string* Value::if_string() {
  return std::get_if<std::string>(&data_);
}
inline Array* Value::if_array() {
  return std::get_if<Array>(&data_);
}
inline Object* Value::if_object() {
  return std::get_if<Object>(&data_);
}

template <class T>
T& Value::emplace() {
  return data_.template emplace<T>();
}

}  // namespace flotilla::json
