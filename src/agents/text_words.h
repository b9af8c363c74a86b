#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace flotilla::agents {

/// Letters and words of UTF-8 text. Pure; a byte that is not UTF-8 is one character, no letter.

struct Character {
  char32_t value = 0xfffd;
  std::size_t bytes = 1;
};

/// The first character of a text that is not empty.
Character first_character(std::string_view text);
bool is_word_character(char32_t c);  // letters, digits, combining marks
bool is_digit_character(char32_t c);
/// Scripts without spaces: each such character counts as a word.
bool is_ideograph(char32_t c);
bool is_white_space(char32_t c);
/// Simple lower case for Latin, Greek, Cyrillic and Armenian; others unchanged.
char32_t lower_case(char32_t c);
void append_utf8(std::string& out, char32_t c);

/// What a reader meets, in order.
struct TextEvent {
  enum class Kind : std::uint8_t { word, mark, space, line_end, end };
  Kind kind = Kind::end;
  /// Of a word: lower case, with inner apostrophes as ' and inner hyphens.
  std::string word;
  /// Of a word: its letters and digits, and the digits among them.
  std::size_t letters = 0;
  std::size_t digits = 0;
  /// Of a mark or space: the character.
  char32_t mark = 0;
};

class TextReader {
 public:
  /// The text must outlive the reader.
  explicit TextReader(std::string_view text) : text_(text) {}

  TextEvent next();
  /// Characters read so far.
  [[nodiscard]] std::size_t characters() const { return characters_; }

 private:
  TextEvent read_word();
  bool joins(char32_t joint, bool after_digit) const;
  Character take();

  std::string_view text_;
  std::size_t at_ = 0;
  std::size_t characters_ = 0;
};

}  // namespace flotilla::agents
