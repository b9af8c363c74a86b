#pragma once

#include <string>

#include "app/cli/command_tree.h"
#include "base/config.h"

namespace flotilla::app {

/// Why a word has no place after the command, and what was probably meant.
std::string explain_unexpected(const Command& command, const std::string& word);

// Checks of single values: what was expected, or empty when the text will do.
std::string check_count(const std::string& text);
std::string check_duration(const std::string& text);
std::string check_shell(const std::string& text);

/// What help shows for a key's value: `a|b` where there are few, else a word.
std::string value_name(const config::Key& key);

/// docs/configuration.md: every key of the server.
std::string configuration_page(const config::Registry& keys);

}  // namespace flotilla::app
