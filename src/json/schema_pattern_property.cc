#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

#include "json/schema_pattern_internal.h"

namespace flotilla::json {
namespace {

using Alias = std::pair<std::string_view, std::string_view>;
/// General categories by their long names (ECMA-262 table 68).
constexpr std::array kCategories = std::to_array<Alias>({
    {"Cased_Letter", "LC"},
    {"Close_Punctuation", "Pe"},
    {"Connector_Punctuation", "Pc"},
    {"Control", "Cc"},
    {"Currency_Symbol", "Sc"},
    {"Dash_Punctuation", "Pd"},
    {"Decimal_Number", "Nd"},
    {"Enclosing_Mark", "Me"},
    {"Final_Punctuation", "Pf"},
    {"Format", "Cf"},
    {"Initial_Punctuation", "Pi"},
    {"Letter", "L"},
    {"Letter_Number", "Nl"},
    {"Line_Separator", "Zl"},
    {"Lowercase_Letter", "Ll"},
    {"Mark", "M"},
    {"Combining_Mark", "M"},
    {"Math_Symbol", "Sm"},
    {"Modifier_Letter", "Lm"},
    {"Modifier_Symbol", "Sk"},
    {"Nonspacing_Mark", "Mn"},
    {"Number", "N"},
    {"Open_Punctuation", "Ps"},
    {"Other", "C"},
    {"Other_Letter", "Lo"},
    {"Other_Number", "No"},
    {"Other_Punctuation", "Po"},
    {"Other_Symbol", "So"},
    {"Paragraph_Separator", "Zp"},
    {"Private_Use", "Co"},
    {"Punctuation", "P"},
    {"Separator", "Z"},
    {"Space_Separator", "Zs"},
    {"Spacing_Mark", "Mc"},
    {"Surrogate", "Cs"},
    {"Symbol", "S"},
    {"Titlecase_Letter", "Lt"},
    {"Uppercase_Letter", "Lu"},
    {"cntrl", "Cc"},
    {"digit", "Nd"},
    {"punct", "P"},
});
constexpr std::string_view kScripts[] = {"Script=", "sc="};
constexpr std::string_view kGeneral[] = {"General_Category=", "gc="};

bool is_letter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

}  // namespace

std::string pattern_property(std::string_view name, bool negated) {
  const auto strip = [&name](std::string_view prefix) {
    if (!name.starts_with(prefix)) return false;
    name.remove_prefix(prefix.size());
    return true;
  };
  const char kind = negated ? 'P' : 'p';
  // RE2 refuses scripts that it does not know.
  if (std::ranges::any_of(kScripts, strip)) return fmt::format("\\{}{{{}}}", kind, name);
  if (!std::ranges::any_of(kGeneral, strip)) {
    if (name == "ASCII") return negated ? R"(\x{80}-\x{10ffff})" : R"(\x{0}-\x{7f})";
    if (name == "Any" && !negated) return R"(\x{0}-\x{10ffff})";
  }
  const auto* const alias = std::ranges::find(kCategories, name, &Alias::first);
  if (alias != kCategories.end()) name = alias->second;
  if (name == "LC") return negated ? "" : R"(\p{Lu}\p{Ll}\p{Lt})";
  // One or two letters are a category; RE2 takes scripts without their prefix too, ECMA-262 does
  // not.
  const bool category = !name.empty() && name.size() <= 2 && std::ranges::all_of(name, is_letter);
  return category ? fmt::format("\\{}{{{}}}", kind, name) : std::string();
}

}  // namespace flotilla::json
