#include "agents/decimal.h"

#include <string>
#include <string_view>

#include <gtest/gtest.h>

#include "agents/decimal_functions.h"

namespace flotilla::agents {
namespace {

Decimal number(std::string_view text) {
  bool negative = text.starts_with('-');
  if (negative) text.remove_prefix(1);
  Decimal value = Decimal::parse(text).value();
  return negative ? value.negated() : value;
}

std::string shown(const Result<Decimal>& result) {
  return result ? result->to_string() : "error: " + result.error().message();
}

TEST(Decimal, reads_and_shows_numbers) {
  struct Case {
    std::string_view in;
    std::string_view out;
  };
  for (const Case& c : {Case{"0", "0"},
                        {"0.0", "0"},
                        {"007", "7"},
                        {"1.50", "1.5"},
                        {".25", "0.25"},
                        {"5.", "5"},
                        {"1e3", "1000"},
                        {"1.5E-3", "0.0015"},
                        {"1e+2", "100"},
                        {"123456789012345678901234567890", "123456789012345678901234567890"},
                        {"1e21", "1000000000000000000000"},
                        {"1e22", "1e22"},
                        {"12e30", "1.2e31"},
                        {"1e-15", "0.000000000000001"},
                        {"1e-16", "1e-16"},
                        {"1.25e-20", "1.25e-20"},
                        {"1e10000", "1e10000"}}) {
    EXPECT_EQ(shown(Decimal::parse(c.in)), c.out) << c.in;
  }
  EXPECT_EQ(number("-2.50").to_string(), "-2.5");
}

TEST(Decimal, refuses_what_is_no_number) {
  for (std::string_view text : {"", ".", "e5", "1e", "1e+", "1.2.3", "12a", "-1", "1e10001",
                                "1e-10001", "1e99999999999999999999", " 1", "0x10"}) {
    EXPECT_FALSE(Decimal::parse(text)) << text;
  }
}

TEST(Decimal, sums_and_products_are_exact) {
  EXPECT_EQ(shown(add(number("0.1"), number("0.2"))), "0.3");
  EXPECT_EQ(shown(subtract(number("1"), number("0.9"))), "0.1");
  EXPECT_EQ(shown(add(number("1e30"), number("1e-30"))),
            "1000000000000000000000000000000.000000000000000000000000000001");
  EXPECT_EQ(shown(multiply(number("1.1"), number("-1.1"))), "-1.21");
  EXPECT_EQ(shown(multiply(number("99999999999999999999"), number("99999999999999999999"))),
            "9999999999999999999800000000000000000001");
  EXPECT_EQ(shown(subtract(number("0.3"), number("0.3"))), "0");
}

TEST(Decimal, a_sum_over_too_wide_a_range_is_rounded) {
  Result<Decimal> sum = add(number("1e5000"), number("1e-5000"));
  ASSERT_TRUE(sum);
  EXPECT_TRUE(sum->rounded());
  EXPECT_EQ(sum->to_string(), "1e5000");
}

TEST(Decimal, a_terminating_quotient_is_exact) {
  EXPECT_EQ(shown(divide(number("10"), number("4"))), "2.5");
  EXPECT_EQ(shown(divide(number("-1"), number("8"))), "-0.125");
  EXPECT_EQ(shown(divide(number("0.3"), number("-0.1"))), "-3");
  Result<Decimal> small = divide(Decimal(1), power(Decimal(2), Decimal(100)).value());
  EXPECT_FALSE(small.value().rounded());
  EXPECT_EQ(shown(multiply(small.value(), power(Decimal(2), Decimal(100)).value())), "1");
}

TEST(Decimal, other_quotients_show_34_digits) {
  EXPECT_EQ(shown(divide(Decimal(1), Decimal(3))), "0.3333333333333333333333333333333333");
  EXPECT_EQ(shown(divide(Decimal(2), Decimal(3))), "0.6666666666666666666666666666666667");
  EXPECT_EQ(shown(divide(number("1e50"), Decimal(3))), "3.333333333333333333333333333333333e49");
  Decimal third = divide(Decimal(1), Decimal(3)).value();
  EXPECT_EQ(shown(multiply(third, Decimal(3))), "1");
  EXPECT_EQ(shown(round(multiply(third, Decimal(3)).value(), 0, Rounding::down)), "1");
}

TEST(Decimal, cancelled_rounding_errors_are_zero) {
  Decimal third = divide(Decimal(1), Decimal(3)).value();
  Decimal almost = add(add(third, third).value(), third).value();
  EXPECT_EQ(shown(subtract(almost, Decimal(1))), "0");
  Decimal root = square_root(Decimal(2)).value();
  EXPECT_EQ(shown(subtract(multiply(root, root).value(), Decimal(2))), "0");
}

TEST(Decimal, limits_are_errors_or_rounding) {
  EXPECT_EQ(shown(divide(Decimal(1), Decimal(0))), "error: division by zero");
  EXPECT_EQ(shown(multiply(number("1e9999"), number("1e9999"))),
            "error: the result is too large (above 1e10000)");
  EXPECT_EQ(shown(multiply(number("1e-9999"), number("1e-9999"))),
            "error: the result is too close to zero (below 1e-10000)");
  Decimal wide = number(std::string(Decimal::kExactDigits, '7'));
  EXPECT_FALSE(wide.rounded());
  EXPECT_TRUE(number(std::string(Decimal::kExactDigits + 1, '7')).rounded());
}

TEST(Decimal, modulo_has_the_sign_of_the_divisor) {
  EXPECT_EQ(shown(modulo(Decimal(10), Decimal(3))), "1");
  EXPECT_EQ(shown(modulo(Decimal(-7), Decimal(3))), "2");
  EXPECT_EQ(shown(modulo(Decimal(7), Decimal(-3))), "-2");
  EXPECT_EQ(shown(modulo(number("5.5"), number("0.2"))), "0.1");
  EXPECT_EQ(shown(modulo(Decimal(6), Decimal(-3))), "0");
  EXPECT_FALSE(modulo(Decimal(1), Decimal(0)));
  EXPECT_FALSE(modulo(number("1e9000"), number("1e-9000")));
}

TEST(Decimal, rounds_to_places) {
  struct Case {
    std::string_view in;
    std::int64_t places;
    std::string_view nearest;
    std::string_view down;
    std::string_view up;
  };
  for (const Case& c : {Case{"2.5", 0, "3", "2", "3"},
                        {"-2.5", 0, "-3", "-3", "-2"},
                        {"2.345", 2, "2.35", "2.34", "2.35"},
                        {"-0.4", 0, "0", "-1", "0"},
                        {"149", -2, "100", "100", "200"},
                        {"0.0001", 0, "0", "0", "1"},
                        {"7", 3, "7", "7", "7"},
                        {"1e-500", 2, "0", "0", "0.01"}}) {
    EXPECT_EQ(shown(round(number(c.in), c.places, Rounding::half_away_from_zero)), c.nearest)
        << c.in;
    EXPECT_EQ(shown(round(number(c.in), c.places, Rounding::down)), c.down) << c.in;
    EXPECT_EQ(shown(round(number(c.in), c.places, Rounding::up)), c.up) << c.in;
  }
}

TEST(Decimal, compares_by_value) {
  EXPECT_EQ(compare(number("1.0"), number("1")), 0);
  EXPECT_LT(compare(number("-2"), number("1")), 0);
  EXPECT_LT(compare(number("-200"), number("-1")), 0);
  EXPECT_GT(compare(number("1e100"), number("9e99")), 0);
  EXPECT_LT(compare(number("0"), number("1e-100")), 0);
  EXPECT_GT(compare(number("0.10001"), number("0.1")), 0);
}

TEST(Decimal, counts_digits_at_every_power_of_ten) {
  for (std::int64_t n = 1; n <= 400; ++n) {
    ASSERT_EQ(digit_count(power_of_ten(n)), n + 1);
    ASSERT_EQ(digit_count(power_of_ten(n) - 1), n);
    ASSERT_EQ(digit_count(1 - power_of_ten(n)), n);
  }
}

TEST(DecimalFunctions, roots) {
  EXPECT_EQ(shown(square_root(Decimal(16))), "4");
  EXPECT_EQ(shown(square_root(number("0.0625"))), "0.25");
  EXPECT_EQ(shown(square_root(number("1e-10"))), "0.00001");
  EXPECT_EQ(shown(square_root(number("1e101"))), "3.162277660168379331998893544432719e50");
  EXPECT_EQ(shown(square_root(Decimal(2))), "1.414213562373095048801688724209698");
  EXPECT_FALSE(square_root(Decimal(-1)));
  EXPECT_FALSE(square_root(Decimal(16)).value().rounded());
  EXPECT_EQ(shown(cube_root(Decimal(-27))), "-3");
  EXPECT_EQ(shown(cube_root(Decimal(2))), "1.259921049894873164767210607278228");
}

TEST(DecimalFunctions, powers) {
  EXPECT_EQ(shown(power(Decimal(2), Decimal(100))), "1267650600228229401496703205376");
  EXPECT_EQ(shown(power(number("1.1"), Decimal(3))), "1.331");
  EXPECT_EQ(shown(power(Decimal(2), Decimal(-2))), "0.25");
  EXPECT_EQ(shown(power(Decimal(-2), Decimal(3))), "-8");
  EXPECT_EQ(shown(power(Decimal(4), number("0.5"))), "2");
  EXPECT_EQ(shown(power(Decimal(0), Decimal(0))), "1");
  EXPECT_EQ(shown(power(Decimal(-1), number("1e30"))), "1");
  EXPECT_EQ(shown(power(Decimal(-1), number("1000000000000001"))), "-1");
  EXPECT_EQ(shown(power(Decimal(2), Decimal(30000))), "7.940903519132960324132517843492703e9030");
  EXPECT_EQ(shown(power(number("1.0000000001"), number("1e10"))),
            "2.718281828323131143949794001297229");
  for (const Result<Decimal>& refused :
       {power(Decimal(0), Decimal(-1)), power(Decimal(-2), number("0.5")),
        power(Decimal(2), number("1e9")), power(Decimal(2), number("-1e9")),
        power(Decimal(9), number("1e9999")), power(number("0.5"), number("1e5"))}) {
    EXPECT_FALSE(refused);
  }
}

TEST(DecimalFunctions, known_values) {
  EXPECT_EQ(pi().to_string(), "3.141592653589793238462643383279503");
  EXPECT_EQ(euler().to_string(), "2.718281828459045235360287471352662");
  EXPECT_EQ(shown(exponential(Decimal(0))), "1");
  EXPECT_EQ(shown(exponential(Decimal(1))), "2.718281828459045235360287471352662");
  EXPECT_EQ(shown(exponential(Decimal(-5))), "0.006737946999085467096636048423148424");
  EXPECT_EQ(shown(natural_logarithm(Decimal(10))), "2.302585092994045684017991454684364");
  EXPECT_EQ(shown(natural_logarithm(euler())), "1");
  EXPECT_EQ(shown(natural_logarithm(number("1e-9000"))), "-20723.26583694641115616192309215928");
  EXPECT_EQ(shown(logarithm(Decimal(1000), Decimal(10))), "3");
  EXPECT_EQ(shown(logarithm(Decimal(8), Decimal(2))), "3");
  EXPECT_EQ(shown(factorial(Decimal(20))), "2432902008176640000");
  EXPECT_EQ(shown(factorial(Decimal(0))), "1");
}

TEST(DecimalFunctions, trigonometry) {
  Decimal sixth = divide(pi(), Decimal(6)).value();
  EXPECT_EQ(shown(sine(Decimal(0))), "0");
  EXPECT_EQ(shown(sine(sixth)), "0.5");
  EXPECT_EQ(shown(sine(pi())), "0");
  EXPECT_EQ(shown(cosine(pi())), "-1");
  EXPECT_EQ(shown(cosine(Decimal(1))), "0.5403023058681397174009366074429766");
  EXPECT_EQ(shown(sine(number("1e-40"))), "1e-40");
  EXPECT_EQ(shown(tangent(divide(pi(), Decimal(4)).value())), "1");
  EXPECT_FALSE(tangent(divide(pi(), Decimal(2)).value()));
  EXPECT_FALSE(sine(number("1e16")));
}

TEST(DecimalFunctions, domains_are_checked) {
  EXPECT_FALSE(natural_logarithm(Decimal(0)));
  EXPECT_FALSE(natural_logarithm(Decimal(-1)));
  EXPECT_FALSE(logarithm(Decimal(5), Decimal(1)));
  EXPECT_FALSE(factorial(Decimal(-1)));
  EXPECT_FALSE(factorial(number("2.5")));
  EXPECT_FALSE(factorial(Decimal(kMaxFactorial + 1)));
  EXPECT_FALSE(exponential(Decimal(100000)));
  EXPECT_FALSE(exponential(number("1e9000")));
  EXPECT_FALSE(exponential(number("1e9000").negated()));
}

}  // namespace
}  // namespace flotilla::agents
