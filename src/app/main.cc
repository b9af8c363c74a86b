#include <exception>
#include <iostream>

#include "app/cli/cli.h"

int main(int count, char** values) {
  auto io = flotilla::app::process_io();
  try {
    const auto exit = flotilla::app::run_cli({values + 1, values + count}, io);
    return static_cast<int>(exit);
  } catch (const std::exception& error) {
    io.err << "flotilla: " << error.what() << std::endl;
    return static_cast<int>(flotilla::app::Exit::error);
  }
}
