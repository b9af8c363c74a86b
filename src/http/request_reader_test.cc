#include "http/request_reader_internal.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>

#include "http/limits.h"

namespace flotilla::http {
namespace {

using Progress = RequestReader::Progress;

void feed(RequestReader& reader, std::string_view bytes) {
  while (!bytes.empty()) {
    const auto room = reader.prepare();
    const std::size_t size = std::min(room.size(), bytes.size());
    std::memcpy(room.data(), bytes.data(), size);
    reader.commit(size);
    bytes.remove_prefix(size);
  }
}

TEST(RequestReader, fills_the_request) {
  RequestReader reader({.header = 1000, .body = 1000});
  Request request;
  feed(reader,
       "PATCH /a%20b?c=d?e HTTP/1.1\r\nHost: h\r\nX-A:  v w \r\nContent-Length: 2\r\n\r\nhi");
  ASSERT_EQ(reader.parse(request), Progress::done);
  EXPECT_EQ(request.method, Method::patch);
  EXPECT_EQ(request.target, "/a%20b?c=d?e");
  EXPECT_EQ(request.path, "/a%20b");
  EXPECT_EQ(request.query, "c=d?e");
  EXPECT_EQ(request.headers.find("x-a"), "v w");
  EXPECT_EQ(request.body, "hi");
  EXPECT_TRUE(reader.keep_alive());
  EXPECT_FALSE(reader.in_message());
}

TEST(RequestReader, drops_the_former_request_and_trailers) {
  RequestReader reader({.header = 1000, .body = 1000});
  Request request;
  feed(reader,
       "POST /a?q HTTP/1.1\r\nHost: h\r\nX: 1\r\nTransfer-Encoding: chunked\r\n\r\n"
       "1\r\nz\r\n0\r\nAuthorization: stolen\r\n\r\nGET /b HTTP/1.1\r\nHost: h\r\n\r\n");
  ASSERT_EQ(reader.parse(request), Progress::done);
  EXPECT_EQ(request.body, "z");
  EXPECT_EQ(request.headers.find("Authorization"), std::nullopt);
  ASSERT_EQ(reader.parse(request), Progress::done);
  EXPECT_EQ(request.path, "/b");
  EXPECT_EQ(request.query, "");
  EXPECT_EQ(request.body, "");
  EXPECT_EQ(request.headers.fields().size(), 1U);
}

TEST(RequestReader, limits_of_chunk_lines_do_not_depend_on_how_they_arrive) {
  const std::string head = "POST /a HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n";
  const auto trailers = [&](std::size_t size) {
    return "0\r\nX: " + std::string(size, 'x') + "\r\n\r\n";
  };
  const auto extension = [&](std::size_t size) {
    return "1;e=" + std::string(size, 'x') + "\r\nz\r\n0\r\n\r\n";
  };
  const auto ends = [&](const std::string& body, std::size_t step) {
    RequestReader reader({.header = 1000, .body = 1000});
    Request request;
    std::string_view rest = body;
    feed(reader, head);
    Progress progress = reader.parse(request);
    for (; progress == Progress::need_more && !rest.empty(); progress = reader.parse(request)) {
      feed(reader, rest.substr(0, step));
      rest.remove_prefix(std::min(step, rest.size()));
    }
    return progress;
  };
  for (const std::size_t step : {std::size_t{1}, std::size_t{100}, std::size_t{100'000}}) {
    EXPECT_EQ(ends(trailers(kChunkLineLimit - 20), step), Progress::done) << step;
    EXPECT_EQ(ends(trailers(kChunkLineLimit), step), Progress::failed) << step;
    EXPECT_EQ(ends(extension(kChunkLineLimit - 20), step), Progress::done) << step;
    EXPECT_EQ(ends(extension(kChunkLineLimit), step), Progress::failed) << step;
  }
}

TEST(RequestReader, empty_chunked_body_may_come_byte_by_byte) {
  constexpr std::string_view kRequest =
      "POST /a HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n"
      "0\r\nX: trailer\r\n\r\n";
  RequestReader reader({.header = 1000, .body = 1000});
  Request request;
  for (std::size_t i = 0; i < kRequest.size(); ++i) {
    feed(reader, kRequest.substr(i, 1));
    const auto wanted = i + 1 < kRequest.size() ? Progress::need_more : Progress::done;
    ASSERT_EQ(reader.parse(request), wanted) << i;
  }
  EXPECT_EQ(request.body, "");
}

TEST(RequestReader, gives_its_buffer_back_but_keeps_what_was_read_ahead) {
  RequestReader reader({.header = 1000, .body = 1000});
  Request request;
  feed(reader, "GET /a HTTP/1.1\r\nHost: h\r\n\r\nGET /b HTTP/1.1\r\n");
  ASSERT_EQ(reader.parse(request), Progress::done);
  reader.release();
  EXPECT_EQ(reader.buffered(), 17U);
  ASSERT_EQ(reader.parse(request), Progress::need_more);
  feed(reader, "Host: h\r\n\r\n");
  ASSERT_EQ(reader.parse(request), Progress::done);
  EXPECT_EQ(request.path, "/b");
  reader.release();
  EXPECT_FALSE(reader.has_buffer());
}

TEST(RequestReader, a_long_body_does_not_keep_a_large_buffer) {
  RequestReader reader({.header = 1000, .body = 1 << 20});
  Request request;
  feed(reader, "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 500000\r\n\r\n");
  ASSERT_EQ(reader.parse(request), Progress::need_more);
  std::size_t largest = 0;
  Progress progress = Progress::need_more;
  for (std::size_t left = 500'000; left > 0;) {
    const auto room = reader.prepare();
    largest = std::max(largest, room.size());
    const std::size_t size = std::min(room.size(), left);
    std::fill_n(room.begin(), size, 'x');
    reader.commit(size);
    left -= size;
    progress = reader.parse(request);
  }
  EXPECT_EQ(progress, Progress::done);
  EXPECT_EQ(request.body.size(), 500'000U);
  EXPECT_EQ(largest, kBodyReadBuffer);
  EXPECT_EQ(reader.prepare().size(), kReadBuffer);
}

TEST(RequestReader, never_holds_more_than_its_limits) {
  RequestReader reader({.header = 5000, .body = 1000});
  Request request;
  feed(reader, "GET / HTTP/1.1\r\n");
  std::size_t sent = 16;
  Progress progress = Progress::need_more;
  while (progress == Progress::need_more) {
    feed(reader, "X: y\r\n");
    sent += 6;
    progress = reader.parse(request);
  }
  EXPECT_EQ(progress, Progress::failed);
  EXPECT_EQ(reader.fault().status, 431);
  EXPECT_LE(sent, 5006U);
}

}  // namespace
}  // namespace flotilla::http
