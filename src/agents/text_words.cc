#include "agents/text_words.h"

#include <algorithm>
#include <array>
#include <span>

#include "base/utf8.h"

namespace flotilla::agents {
namespace {

struct Range {
  char32_t first;
  char32_t last;
};

bool within(std::span<const Range> ranges, char32_t c) {
  const auto found = std::ranges::lower_bound(ranges, c, {}, &Range::last);
  return found != ranges.end() && c >= found->first;
}

// Blocks of punctuation, symbols, controls and pictures above ASCII; all else there is a letter.
constexpr std::array kNoLetters = {
    Range{0x80, 0xa9},       Range{0xab, 0xb4},        Range{0xb6, 0xb9},
    Range{0xbb, 0xbf},       Range{0xd7, 0xd7},        Range{0xf7, 0xf7},
    Range{0x2c2, 0x2df},     Range{0x37e, 0x37e},      Range{0x387, 0x387},
    Range{0x55a, 0x55f},     Range{0x589, 0x58a},      Range{0x5be, 0x5be},
    Range{0x5c0, 0x5c0},     Range{0x5f3, 0x5f4},      Range{0x600, 0x60f},
    Range{0x61b, 0x61f},     Range{0x66a, 0x66d},      Range{0x6d4, 0x6d4},
    Range{0x964, 0x965},     Range{0xe3f, 0xe3f},      Range{0x1360, 0x1368},
    Range{0x1680, 0x1680},   Range{0x2000, 0x206f},    Range{0x207a, 0x207e},
    Range{0x208a, 0x208e},   Range{0x20a0, 0x20cf},    Range{0x2100, 0x2101},
    Range{0x2103, 0x2106},   Range{0x2116, 0x2117},    Range{0x2120, 0x2123},
    Range{0x2190, 0x2bff},   Range{0x2e00, 0x2e7f},    Range{0x3000, 0x3004},
    Range{0x3008, 0x3020},   Range{0x3030, 0x3030},    Range{0x303d, 0x303f},
    Range{0x30fb, 0x30fb},   Range{0xe000, 0xf8ff},    Range{0xfe00, 0xfe6f},
    Range{0xfeff, 0xff0f},   Range{0xff1a, 0xff20},    Range{0xff3b, 0xff40},
    Range{0xff5b, 0xff65},   Range{0xffe0, 0xffff},    Range{0x1d000, 0x1d3ff},
    Range{0x1f000, 0x1faff}, Range{0xe0000, 0x10ffff},
};

constexpr std::array kIdeographs = {
    Range{0xe00, 0xe7f},  // Thai: no spaces either
    Range{0x3005, 0x3007}, Range{0x3040, 0x30ff}, Range{0x3400, 0x4dbf},
    Range{0x4e00, 0x9fff}, Range{0xf900, 0xfaff}, Range{0x20000, 0x3fffd},
};

}  // namespace

Character first_character(std::string_view text) {
  std::size_t size = utf8_sequence(text);
  if (size == 0) return Character{};
  auto lead = static_cast<unsigned char>(text[0]);
  if (size == 1) return Character{lead, 1};
  char32_t value = lead & (0xffU >> (size + 1));
  for (std::size_t i = 1; i < size; ++i) {
    value = value << 6U | (static_cast<unsigned char>(text[i]) & 0x3fU);
  }
  return Character{value, size};
}

bool is_digit_character(char32_t c) {
  return c >= '0' && c <= '9';
}

bool is_ideograph(char32_t c) {
  return c >= 0xe00 && within(kIdeographs, c);
}

bool is_word_character(char32_t c) {
  if (c < 0x80) return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || is_digit_character(c);
  return !within(kNoLetters, c);
}

bool is_white_space(char32_t c) {
  return c == ' ' || (c >= '\t' && c <= '\r') || c == 0x85 || c == 0xa0 || c == 0x1680 ||
         (c >= 0x2000 && c <= 0x200a) || c == 0x2028 || c == 0x2029 || c == 0x202f || c == 0x205f ||
         c == 0x3000;
}

char32_t lower_case(char32_t c) {
  if (c < 0x80) return c >= 'A' && c <= 'Z' ? c + 32 : c;
  if (c >= 0xc0 && c <= 0xde && c != 0xd7) return c + 32;
  if (c == 0x130) return 'i';
  if (c == 0x178) return 0xff;
  bool even_upper = (c >= 0x100 && c <= 0x137) || (c >= 0x14a && c <= 0x177) ||
                    (c >= 0x1e00 && c <= 0x1eff && (c < 0x1e96 || c > 0x1e9f)) ||
                    (c >= 0x460 && c <= 0x481) || (c >= 0x48a && c <= 0x4bf);
  bool odd_upper = (c >= 0x139 && c <= 0x148) || (c >= 0x179 && c <= 0x17e);
  if (even_upper && c != 0x131) return c | 1U;
  if (odd_upper && c % 2 == 1) return c + 1;
  if (c >= 0x391 && c <= 0x3ab && c != 0x3a2) return c + 32;
  if (c >= 0x410 && c <= 0x42f) return c + 32;
  if (c >= 0x400 && c <= 0x40f) return c + 80;
  if (c >= 0x531 && c <= 0x556) return c + 48;
  return c;
}

void append_utf8(std::string& out, char32_t c) {
  auto put = [&out](char32_t byte) { out += static_cast<char>(byte); };
  if (c < 0x80) {
    put(c);
    return;
  }
  if (c < 0x800) {
    put(0xc0 | c >> 6U);
  } else {
    if (c < 0x10000) {
      put(0xe0 | c >> 12U);
    } else {
      put(0xf0 | c >> 18U);
      put(0x80 | (c >> 12U & 0x3fU));
    }
    put(0x80 | (c >> 6U & 0x3fU));
  }
  put(0x80 | (c & 0x3fU));
}

Character TextReader::take() {
  Character c = first_character(text_.substr(at_));
  at_ += c.bytes;
  ++characters_;
  return c;
}

TextEvent TextReader::next() {
  TextEvent event;
  if (at_ >= text_.size()) return event;
  Character c = first_character(text_.substr(at_));
  if (is_word_character(c.value)) return read_word();
  take();
  event.mark = c.value;
  event.kind = c.value == '\n'           ? TextEvent::Kind::line_end
               : is_white_space(c.value) ? TextEvent::Kind::space
                                         : TextEvent::Kind::mark;
  return event;
}

// Apostrophes and hyphens join letters, points and commas join digits, if more follows.
bool TextReader::joins(char32_t joint, bool after_digit) const {
  bool in_word = joint == '\'' || joint == 0x2019 || joint == '-' || joint == 0x2010;
  bool in_number = after_digit && (joint == '.' || joint == ',');
  if (!in_word && !in_number) return false;
  std::string_view rest = text_.substr(at_ + first_character(text_.substr(at_)).bytes);
  if (rest.empty()) return false;
  char32_t following = first_character(rest).value;
  return in_number ? is_digit_character(following)
                   : is_word_character(following) && !is_ideograph(following);
}

TextEvent TextReader::read_word() {
  TextEvent event;
  event.kind = TextEvent::Kind::word;
  bool after_digit = false;
  while (at_ < text_.size()) {
    char32_t c = first_character(text_.substr(at_)).value;
    bool part = is_word_character(c);
    if (part && is_ideograph(c) && event.letters > 0) break;
    if (!part && !joins(c, after_digit)) break;
    take();
    append_utf8(event.word, c == 0x2019 ? U'\'' : c == 0x2010 ? U'-' : lower_case(c));
    if (!part) continue;
    after_digit = is_digit_character(c);
    event.digits += after_digit ? 1 : 0;
    // A combining mark belongs to the letter before it.
    bool combining = c >= 0x300 && c <= 0x36f;
    if (!combining) ++event.letters;
    if (is_ideograph(c)) break;
  }
  return event;
}

}  // namespace flotilla::agents
