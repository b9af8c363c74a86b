// Rules about one value by itself: type, enum, const, numbers, strings.

#include <algorithm>
#include <array>
#include <limits>
#include <set>

#include "json/decimal_internal.h"
#include "json/json.h"
#include "json/schema_compile_internal.h"
#include "json/schema_format_internal.h"
#include "json/text_internal.h"

namespace flotilla::json {
namespace {

constexpr std::string_view kTypes[] = {"null",  "boolean", "number", "string",
                                       "array", "object",  "integer"};
constexpr unsigned kIntegerBit = 1U << 6U;
constexpr std::size_t kDivisorDigits = 400;
constexpr std::size_t kShownValues = 10;  // of an enum in a message

std::string_view with_article(std::string_view type) {
  constexpr auto kNames =
      std::to_array<std::pair<std::string_view, std::string_view>>({{"null", "null"},
                                                                    {"boolean", "a boolean"},
                                                                    {"number", "a number"},
                                                                    {"string", "a string"},
                                                                    {"array", "an array"},
                                                                    {"object", "an object"},
                                                                    {"integer", "an integer"}});
  return std::ranges::find(kNames, type, &std::pair<std::string_view, std::string_view>::first)
      ->second;
}

class TypeRule final : public Rule {
 public:
  explicit TypeRule(unsigned types) : types_(types) {}
  bool check(Run& run, const Subject& subject) const override {
    const auto kind = static_cast<unsigned>(subject.value.kind());
    if ((types_ >> kind & 1U) != 0) return true;
    if ((types_ & kIntegerBit) != 0 && is_integer(subject.value)) return true;
    if (!run.wants_faults()) return false;
    const bool fraction = (types_ & kIntegerBit) != 0 && subject.value.if_number() != nullptr;
    return run.refuse(subject, "type", "must be {}, but is {}", names(),
                      fraction ? excerpt(subject.value) : with_article(subject.value.type_name()));
  }

 private:
  [[nodiscard]] std::string names() const {
    std::string out;
    for (unsigned i = 0; i < std::size(kTypes); ++i) {
      if ((types_ >> i & 1U) == 0) continue;
      if (!out.empty()) out += " or ";
      out += with_article(kTypes[i]);
    }
    return out;
  }
  unsigned types_;  // bits in the order of kTypes
};

BuiltRule make_type(const Source& source) {
  const Value& value = *source.find("type");
  unsigned types = 0;
  const auto add = [&types](const Value& one) {
    const std::string* name = one.if_string();
    const auto* const known = name != nullptr ? std::ranges::find(kTypes, *name) : std::end(kTypes);
    if (known == std::end(kTypes)) return false;
    types |= 1U << static_cast<unsigned>(known - std::begin(kTypes));
    return true;
  };
  const Array* list = value.if_array();
  const bool known = list == nullptr ? add(value) : std::ranges::all_of(*list, add);
  if (!known || types == 0) {
    return source.fault("type",
                        "must be null, boolean, number, string, array, object or integer, or a "
                        "list of them");
  }
  return std::make_unique<TypeRule>(types);
}

/// `enum`, and `const` as an enum of one.
class EnumRule final : public Rule {
 public:
  EnumRule(std::string_view keyword, std::span<const Value> values) : keyword_(keyword) {
    for (const Value& value : values) {
      kinds_ |= 1U << static_cast<unsigned>(value.kind());
      if (const std::string* text = value.if_string()) {
        strings_.insert(*text);
      } else {
        keys_.insert(equality_key(value));
      }
      if (++count_ <= kShownValues) shown_.push_back(shown(value));
    }
  }

  bool check(Run& run, const Subject& subject) const override {
    if (has(run, subject.value)) return true;
    if (!run.wants_faults()) return false;
    const bool scalar = subject.value.if_array() == nullptr && subject.value.if_object() == nullptr;
    const std::string but = scalar ? ", but is " + excerpt(subject.value) : std::string();
    if (count_ == 1) return run.refuse(subject, keyword_, "must be {}{}", shown_.front(), but);
    return run.refuse(subject, keyword_, "must be one of {}{}{}", fmt::join(shown_, ", "),
                      count_ > kShownValues ? ", …" : "", but);
  }

 private:
  static std::string shown(const Value& value) {
    std::string text;
    write(value, text);
    return shorten(text);
  }
  [[nodiscard]] bool has(Run& run, const Value& value) const {
    if ((kinds_ >> static_cast<unsigned>(value.kind()) & 1U) == 0) return false;
    if (const std::string* text = value.if_string()) {
      return run.spend_bytes(text->size()) && strings_.contains(*text);
    }
    const std::string key = equality_key(value);
    return run.spend_bytes(key.size()) && keys_.contains(key);
  }
  std::string_view keyword_;
  unsigned kinds_ = 0;
  std::size_t count_ = 0;
  std::set<std::string> strings_;
  std::set<std::string> keys_;  // of all others
  std::vector<std::string> shown_;
};

BuiltRule make_enum(const Source& source) {
  TRY(values, source.array("enum"));
  return std::make_unique<EnumRule>("enum", *values);
}

BuiltRule make_const(const Source& source) {
  return std::make_unique<EnumRule>("const", std::span(source.find("const"), 1));
}

struct Bound {
  std::string_view keyword;
  bool (*holds)(std::strong_ordering);  // of the value compared with the limit
  std::string_view words;
};
constexpr auto kBounds = std::to_array<Bound>(
    {{"minimum", [](std::strong_ordering order) { return order >= 0; }, "at least"},
     {"maximum", [](std::strong_ordering order) { return order <= 0; }, "at most"},
     {"exclusiveMinimum", [](std::strong_ordering order) { return order > 0; }, "more than"},
     {"exclusiveMaximum", [](std::strong_ordering order) { return order < 0; }, "less than"}});

class BoundRule final : public Rule {
 public:
  BoundRule(const Bound& bound, const Number& limit)
      : bound_(bound), limit_(to_decimal(limit.text)), text_(shorten(limit.text)) {}
  bool check(Run& run, const Subject& subject) const override {
    const Number* number = subject.value.if_number();
    if (number == nullptr || !run.spend_bytes(number->text.size())) return number == nullptr;
    if (bound_.holds(compare(to_decimal(number->text), limit_))) return true;
    return run.refuse(subject, bound_.keyword, "must be {} {}, but is {}", bound_.words, text_,
                      shorten(number->text));
  }

 private:
  const Bound& bound_;
  Decimal limit_;
  std::string text_;
};

template <std::size_t kIndex>
BuiltRule make_bound(const Source& source) {
  const Bound& bound = kBounds[kIndex];
  const Number* limit = source.find(bound.keyword)->if_number();
  if (limit == nullptr) return source.fault(bound.keyword, "must be a number");
  return std::make_unique<BoundRule>(bound, *limit);
}

class MultipleRule final : public Rule {
 public:
  explicit MultipleRule(const Number& divisor)
      : divisor_(to_decimal(divisor.text)), text_(shorten(divisor.text)) {}
  bool check(Run& run, const Subject& subject) const override {
    const Number* number = subject.value.if_number();
    if (number == nullptr) return true;
    const std::size_t limbs = 1 + divisor_.digits.size() / 9;
    if (!run.spend_bytes((number->text.size() + divisor_.digits.size() * 4) * limbs)) return false;
    if (is_multiple(to_decimal(number->text), divisor_)) return true;
    return run.refuse(subject, "multipleOf", "must be a multiple of {}, but is {}", text_,
                      shorten(number->text));
  }

 private:
  Decimal divisor_;
  std::string text_;
};

BuiltRule make_multiple(const Source& source) {
  const Number* divisor = source.find("multipleOf")->if_number();
  const Decimal decimal = divisor != nullptr ? to_decimal(divisor->text) : Decimal{};
  if (decimal.is_zero() || decimal.negative) {
    return source.fault("multipleOf", "must be a number above 0");
  }
  if (decimal.digits.size() > kDivisorDigits) {
    return source.fault("multipleOf", fmt::format("must have at most {} digits", kDivisorDigits));
  }
  return std::make_unique<MultipleRule>(*divisor);
}

class LengthRule final : public Rule {
 public:
  LengthRule(std::size_t least, std::size_t most) : least_(least), most_(most) {}
  bool check(Run& run, const Subject& subject) const override {
    const std::string* text = subject.value.if_string();
    if (text == nullptr || !run.spend_bytes(text->size())) return text == nullptr;
    const std::size_t length = code_points(*text);
    bool fits = true;
    if (length < least_) {
      fits = run.refuse(subject, "minLength", "must have at least {} characters, but has {}",
                        least_, length);
    }
    if (length > most_) {
      fits = run.refuse(subject, "maxLength", "must have at most {} characters, but has {}", most_,
                        length);
    }
    return fits;
  }

 private:
  std::size_t least_;
  std::size_t most_;
};

BuiltRule make_length(const Source& source) {
  TRY(least, source.count("minLength", 0));
  TRY(most, source.count("maxLength", std::numeric_limits<std::size_t>::max()));
  return std::make_unique<LengthRule>(least, most);
}

class PatternRule final : public Rule {
 public:
  PatternRule(const Pattern& pattern, std::string text)
      : pattern_(pattern), text_(std::move(text)) {}
  bool check(Run& run, const Subject& subject) const override {
    const std::string* text = subject.value.if_string();
    if (text == nullptr || !run.spend(pattern_.cost(text->size()))) return text == nullptr;
    if (pattern_.matches(*text)) return true;
    return run.refuse(subject, "pattern", "must match the regular expression {}", text_);
  }

 private:
  const Pattern& pattern_;
  std::string text_;
};

BuiltRule make_pattern(const Source& source) {
  const std::string* text = source.find("pattern")->if_string();
  if (text == nullptr) return source.fault("pattern", "must be a string");
  TRY(pattern, source.compiler.pattern(*text, source.where("pattern")));
  return std::make_unique<PatternRule>(*pattern, shorten(*text));
}

class FormatRule final : public Rule {
 public:
  explicit FormatRule(const Format& format) : format_(format) {}
  bool check(Run& run, const Subject& subject) const override {
    const std::string* text = subject.value.if_string();
    if (text == nullptr || !run.spend_bytes(text->size())) return text == nullptr;
    if (format_.matches(*text)) return true;
    return run.refuse(subject, "format", "must be {}, but is {}", format_.words,
                      excerpt(subject.value));
  }

 private:
  const Format& format_;
};

BuiltRule make_format(const Source& source) {
  const std::string* name = source.find("format")->if_string();
  if (name == nullptr) return source.fault("format", "must be a string");
  const bool asserted = source.compiler.options().assert_formats ||
                        (source.resource.dialect.vocabularies & vocabulary::kFormatAssertion) != 0;
  const Format* format = asserted ? find_format(*name) : nullptr;
  if (format == nullptr) return nullptr;
  return std::make_unique<FormatRule>(*format);
}

constexpr auto kRules = std::to_array<RuleMaker>({
    {{"type"}, kBothDrafts, vocabulary::kValidation, make_type},
    {{"enum"}, kBothDrafts, vocabulary::kValidation, make_enum},
    {{"const"}, kBothDrafts, vocabulary::kValidation, make_const},
    {{"minimum"}, kBothDrafts, vocabulary::kValidation, make_bound<0>},
    {{"maximum"}, kBothDrafts, vocabulary::kValidation, make_bound<1>},
    {{"exclusiveMinimum"}, kBothDrafts, vocabulary::kValidation, make_bound<2>},
    {{"exclusiveMaximum"}, kBothDrafts, vocabulary::kValidation, make_bound<3>},
    {{"multipleOf"}, kBothDrafts, vocabulary::kValidation, make_multiple},
    {{"minLength", "maxLength"}, kBothDrafts, vocabulary::kValidation, make_length},
    {{"pattern"}, kBothDrafts, vocabulary::kValidation, make_pattern},
    {{"format"}, kBothDrafts, vocabulary::kCore, make_format},
});

}  // namespace

std::span<const RuleMaker> value_rules() {
  return kRules;
}

}  // namespace flotilla::json
