// The request reader on arbitrary bytes: however they are cut, it reads the same requests.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <string>
#include <string_view>

#include "http/request_reader_internal.h"

namespace {

using flotilla::http::ReadLimits;
using flotilla::http::Request;
using flotilla::http::RequestReader;

std::string read(std::string_view input, std::size_t step) {
  RequestReader reader(ReadLimits{.header = 2048, .body = 4096});
  Request request;
  std::string log;
  while (!input.empty()) {
    const auto room = reader.prepare();
    const std::size_t size = std::min({room.size(), input.size(), step});
    std::memcpy(room.data(), input.data(), size);
    reader.commit(size);
    input.remove_prefix(size);
    auto progress = reader.parse(request);
    for (; progress == RequestReader::Progress::done; progress = reader.parse(request)) {
      log += std::string(to_string(request.method)) + request.path + "?" + request.query + "\n" +
             request.body + "\n";
    }
    // A fault may show later when less has come, but no request may be read differently.
    if (progress == RequestReader::Progress::failed) return log;
  }
  return log;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view input(reinterpret_cast<const char*>(data) + 1, size - 1);
  if (read(input, 1 << 20) != read(input, data[0] % 32 + 1)) std::abort();
  return 0;
}
