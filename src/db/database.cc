#include "db/database.h"

#include <fmt/format.h>

#include <utility>

namespace flotilla::db {

namespace {

constexpr std::size_t kUsualSteps = 8;  // of a message that is answered at once, and room for one

std::size_t size_of(const Value& value) {
  if (const auto* text = std::get_if<std::string>(&value)) return text->size();
  if (const auto* blob = std::get_if<Blob>(&value)) return blob->bytes.size();
  return 0;
}

std::size_t size_of(const std::vector<Value>& values) {
  std::size_t total = sizeof(Batch::Step) + values.size() * sizeof(Value);
  for (const Value& value : values) total += size_of(value);
  return total;
}

template <class T>
const T& typed_at(const Row& row, std::size_t column, const char* type) {
  if (column < row.size()) {
    if (const T* value = std::get_if<T>(&row[column])) return *value;
  }
  throw WrongColumn(fmt::format("column {} of {} is no {}", column, row.size(), type));
}

bool is_null(const Row& row, std::size_t column) {
  return column < row.size() && std::holds_alternative<std::monostate>(row[column]);
}

}  // namespace

Batch& Batch::add(const Statement& statement, std::vector<Value> parameters) {
  if (steps_.capacity() == 0) steps_.reserve(kUsualSteps);
  bytes_ += size_of(parameters);
  steps_.push_back({&statement, std::move(parameters), std::nullopt});
  return *this;
}

Batch& Batch::add(const Statement& statement, std::vector<Value> parameters, Expect expect) {
  if (steps_.capacity() == 0) steps_.reserve(kUsualSteps);
  bytes_ += size_of(parameters);
  steps_.push_back({&statement, std::move(parameters), std::move(expect)});
  return *this;
}

Batch& Batch::add(Batch more) {
  bytes_ += more.bytes_;
  if (steps_.empty()) steps_.swap(more.steps_);
  for (Step& step : more.steps_) steps_.push_back(std::move(step));
  return *this;
}

std::int64_t int_at(const Row& row, std::size_t column) {
  return typed_at<std::int64_t>(row, column, "integer");
}

const std::string& text_at(const Row& row, std::size_t column) {
  return typed_at<std::string>(row, column, "text");
}

std::optional<std::int64_t> optional_int_at(const Row& row, std::size_t column) {
  if (is_null(row, column)) return std::nullopt;
  return int_at(row, column);
}

std::optional<std::string> optional_text_at(const Row& row, std::size_t column) {
  if (is_null(row, column)) return std::nullopt;
  return text_at(row, column);
}

}  // namespace flotilla::db
