#include "agents/expression.h"

#include <chrono>
#include <string>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>

namespace flotilla::agents {
namespace {

struct Case {
  std::string_view text;
  std::string_view answer;
};

std::string answer(std::string_view text) {
  Result<std::string> result = calculate(text);
  if (result) return *result;
  EXPECT_EQ(result.error().code(), Code::invalid_argument);
  return "error: " + result.error().message();
}

void check(const std::vector<Case>& cases) {
  for (const Case& c : cases) EXPECT_EQ(answer(c.text), c.answer) << c.text;
}

TEST(Calculator, binds_operators_by_precedence) {
  check(
      {{"1 + 2 * 3", "7"},   {"(1 + 2) * 3", "9"}, {"10 - 4 - 3", "3"}, {"100 / 10 / 2", "5"},
       {"2 ^ 3 ^ 2", "512"}, {"2 ** 10", "1024"},  {"-2 ^ 2", "-4"},    {"(-2) ^ 2", "4"},
       {"2 ^ -2", "0.25"},   {"2 * -3", "-6"},     {"- - 5", "5"},      {"3 - -2", "5"},
       {"+7", "7"},          {"5!", "120"},        {"2 ^ 3!", "64"},    {"3!!", "720"},
       {"-3!", "-6"},        {"10 mod 3", "1"},    {"-7 mod 3", "2"},   {"2 + 10 mod 4 * 3", "8"}});
}

TEST(Calculator, is_exact_where_decimals_end) {
  check({{"0.1 + 0.2", "0.3"},
         {"0.1 * 3", "0.3"},
         {"1 / 8", "0.125"},
         {"1/3", "0.3333333333333333333333333333333333"},
         {"1/3*3", "1"},
         {"1/3+1/3+1/3-1", "0"},
         {"floor(1/3*3)", "1"},
         {"2/3", "0.6666666666666666666666666666666667"},
         {"10^30 + 1", "1000000000000000000000000000001"},
         {"1e400 / 1e399", "10"},
         {"25!", "15511210043330985984000000"},
         {"sqrt(2)^2", "2"},
         {"1.10 + 2.20", "3.3"}});
}

TEST(Calculator, percent_is_that_of_a_pocket_calculator) {
  check({{"50 + 10%", "55"},
         {"50 - 10%", "45"},
         {"50 * 10%", "5"},
         {"50 / 10%", "500"},
         {"10%", "0.1"},
         {"100 + 10% + 10%", "121"},
         {"10 + 5*10%", "10.5"},
         {"50 + (10%)", "50.1"},
         {"10% of 50", "5"},
         {"15 percent of 80", "12"},
         {"200 + 7.5%", "215"},
         {"10 % 3", "1"},
         {"10 % (2+2)", "2"},
         {"10%3 + 1", "2"},
         {"10% + 1", "1.1"},
         {"10%%", "0.001"},
         {"add 10% to 50", "55"},
         {"subtract 10% from 50", "45"}});
}

TEST(Calculator, knows_functions_and_constants) {
  check({{"sqrt(16)", "4"},
         {"SQRT(16)", "4"},
         {"sqrt 16 + 9", "13"},
         {"cbrt(27)", "3"},
         {"abs(-3.5)", "3.5"},
         {"round(2.5)", "3"},
         {"round(-2.5)", "-3"},
         {"round(3.14159, 2)", "3.14"},
         {"round(1234, -2)", "1200"},
         {"floor(-1.5)", "-2"},
         {"ceil(1.2)", "2"},
         {"min(3, 1, 2)", "1"},
         {"max(3,1,2)", "3"},
         {"max(1,000)", "1"},
         {"max((1,000), 2)", "1000"},
         {"sum(1,2,3,4)", "10"},
         {"avg(1, 2)", "1.5"},
         {"pow(2, 0.5)", "1.414213562373095048801688724209698"},
         {"ln(e)", "1"},
         {"log(1000)", "3"},
         {"log(8, 2)", "3"},
         {"log10(0.01)", "-2"},
         {"exp(1)", "2.718281828459045235360287471352662"},
         {"sin(pi/6)", "0.5"},
         {"cos(0)", "1"},
         {"tan(pi/4)", "1"},
         {"fact(5)", "120"},
         {"mod(10, 4)", "2"},
         {"2 * pi", "6.283185307179586476925286766559006"},
         {"2π", "error: unexpected word 'pi' at position 2"},
         {"√16", "4"},
         {"√(9) + 1", "4"},
         {"3² + 4²", "25"}});
}

TEST(Calculator, reads_numbers_in_their_forms) {
  check({{"1,000 + 1", "1001"},
         {"1,234,567.89", "1234567.89"},
         {"1.5e3", "1500"},
         {"2E-2", "0.02"},
         {".5 + .5", "1"},
         {"6 × 7", "42"},
         {"6 · 7", "42"},
         {"42 ÷ 6", "7"},
         {"7 − 2", "5"},
         {"25 x 4", "100"},
         {"25x4", "100"},
         {"1,00", "error: unexpected ',' at position 2; the decimal sign is '.'"},
         {"1,0000", "error: unexpected ',' at position 2; the decimal sign is '.'"},
         {"0,123", "error: unexpected ',' at position 2; the decimal sign is '.'"},
         {"1,000,5",
          "error: ambiguous ',' at position 6; write numbers without separators between thousands"},
         {"1.2.3", "error: a second decimal point in a number at position 4"}});
}

TEST(Calculator, understands_sentences) {
  check({{"Calculate 25 * 4", "100"},
         {"calculate: 2", "error: unexpected character ':' at position 10"},
         {"what is 2+2?", "4"},
         {"What's 2 + 2", "4"},
         {"what’s 2 + 2", "4"},
         {"Please compute 7 minus 2.", "5"},
         {"2 + 2 =", "4"},
         {"can you please tell me what is the sum of 1, 2 and 3?", "6"},
         {"add 3 and 4", "7"},
         {"Add 3, 4, and 5", "12"},
         {"add 5 to 10", "15"},
         {"add 1,000 and 2", "1002"},
         {"multiply 6 by 7", "42"},
         {"multiply 6 and 7", "42"},
         {"subtract 3 from 10", "7"},
         {"subtract 10 and 3", "7"},
         {"divide 10 by 4", "2.5"},
         {"divide 10 by 4 + 1", "2"},
         {"square root of 16", "4"},
         {"what is the square root of 16 plus 9", "13"},
         {"square 5", "25"},
         {"the square of 5", "25"},
         {"cube root of 27", "3"},
         {"5 squared plus 2 cubed", "33"},
         {"average of 1, 2 and 6", "3"},
         {"product of 2, 3 and 4", "24"},
         {"7 plus 3 times 2", "13"},
         {"10 divided by 4", "2.5"},
         {"3 multiplied by 4", "12"},
         {"2 to the power of 10", "1024"},
         {"2 raised to the power of 3", "8"},
         {"log of 100", "2"}});
}

TEST(Calculator, keywords_inside_words_mean_nothing) {
  check({{"address 3 and 4", "error: unknown word 'address' at position 1"},
         {"squared 5", "error: unknown word 'squared' at position 1"},
         {"well-known 5", "error: unknown word 'well' at position 1"},
         {"hello", "error: unknown word 'hello' at position 1"}});
}

TEST(Calculator, explains_faults_with_their_position) {
  check({
      {"", "error: there is nothing to calculate; try 25 * 4"},
      {"calculate", "error: there is nothing to calculate; try 25 * 4"},
      {"1 / 0", "error: division by zero at position 3"},
      {"5 mod 0", "error: division by zero: mod 0 at position 3"},
      {"(1 + 2", "error: unbalanced parenthesis: no ')' for the '(' at position 1"},
      {"1 + 2)", "error: unbalanced parenthesis: ')' without '(' at position 6"},
      {")", "error: unbalanced parenthesis: ')' without '(' at position 1"},
      {"()", "error: expected a number but found ')' at position 2"},
      {"sqr(4)", "error: unknown function 'sqr' at position 1; did you mean 'sqrt'?"},
      {"2 + flor(4)", "error: unknown function 'flor' at position 5; did you mean 'floor'?"},
      {"frobnicate(4)", "error: unknown function 'frobnicate' at position 1"},
      {"sin 5", "error: 'sin' needs parentheses at position 1; write sin(…)"},
      {"2 $ 3", "error: unexpected character '$' at position 3"},
      {"2 € 3", "error: unexpected character '€' at position 3"},
      {"× 2", "error: expected a number but found '*' at position 1"},
      {"2 × 2 € 3", "error: unexpected character '€' at position 7"},
      {"2 \xff 3", "error: unexpected character byte 0xff at position 3"},
      {std::string_view("2 \0 3", 5), "error: unexpected character byte 0x00 at position 3"},
      {"2 3", "error: missing operator before '3' at position 3"},
      {"2(3)", "error: missing operator before '(' at position 2; write 2*(3), not 2(3)"},
      {"2 +", "error: the calculation ends too early at position 4; a number is missing"},
      {"2 + * 3", "error: expected a number but found '*' at position 5"},
      {"min()", "error: 'min' takes at least 1 arguments, not 0 at position 1"},
      {"sqrt(1, 2)", "error: 'sqrt' takes 1 argument, not 2 at position 1"},
      {"round(1, 2, 3)", "error: 'round' takes 1 or 2 arguments, not 3 at position 1"},
      {"sqrt(-1)", "error: the square root of a negative number is not real at position 1"},
      {"ln(0)", "error: a logarithm needs a number above zero at position 1"},
      {"0^-1", "error: division by zero: 0 to a negative power at position 2"},
      {"1001!", "error: the factorial is limited to 1000 at position 5"},
      {"add 3",
       "error: the second number is missing at position 6; write for example: add 3 and 4, "
       "divide 10 by 4"},
      {"subtract 3 and 4 from 10", "error: unexpected word 'from' at position 18"},
      {"10 = 5", "error: unexpected '=' at position 4"},
  });
}

TEST(Calculator, depth_and_size_are_bounded) {
  auto nested = [](std::size_t n) { return std::string(n, '(') + "1" + std::string(n, ')'); };
  EXPECT_EQ(answer(nested(100)), "1");
  EXPECT_EQ(answer(nested(101)), "error: nested deeper than 100 levels at position 102");
  EXPECT_TRUE(answer(std::string(4000, '(')).starts_with("error: nested deeper"));
  std::string powers = "1";
  for (int i = 0; i < 300; ++i) powers += "^1";
  EXPECT_TRUE(answer(powers).starts_with("error: nested deeper"));
  std::string roots;
  for (int i = 0; i < 300; ++i) roots += "√";
  EXPECT_TRUE(answer(roots + "1").starts_with("error: nested deeper"));
  EXPECT_EQ(answer(std::string(4094, '-') + "1"), "1");
  EXPECT_EQ(answer(std::string(4097, '1')),
            "error: the calculation has 4097 bytes; at most 4096 are accepted");
  EXPECT_EQ(answer("2^99999999999"),
            "error: the result is too large (above 1e10000) at position 2");
  EXPECT_EQ(answer("9^9^9^9"), "error: the result is too large (above 1e10000) at position 4");
}

TEST(Calculator, long_work_is_refused_not_done) {
  auto repeated = [](std::string_view part, std::string_view last) {
    std::string text;
    while (text.size() + part.size() + last.size() <= 4096) text += part;
    return text + std::string(last);
  };
  for (std::string_view part : {"9^3141*", "9^3000+", "1.7^0.3+", "ln(3)+", "log(7)-",
                                "1000!/1000!*", "999!+", "cbrt(5)+", "tan(1)*"}) {
    std::string text = repeated(part, "1");
    auto start = std::chrono::steady_clock::now();
    std::string result = answer(text);
    auto took = std::chrono::steady_clock::now() - start;
    EXPECT_TRUE(result.find("too much work") != std::string::npos ||
                result.find("too large") != std::string::npos)
        << part << " " << result;
    // Ten milliseconds are promised; sanitizers on a busy machine need far more.
    EXPECT_LT(took, std::chrono::seconds(5)) << part;
  }
  EXPECT_EQ(answer(repeated("1+", "1")), "2048");
  EXPECT_EQ(answer(repeated("0.5*2*", "1")), "1");
}

}  // namespace
}  // namespace flotilla::agents
