#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <set>
#include <utility>

#include "auth/sealing.h"
#include "auth/sealing_file_internal.h"
#include "base/hash.h"
#include "base/log.h"

namespace flotilla::auth {
namespace {

constexpr Log kLog("auth");
constexpr std::size_t kKeySize = 32;
constexpr std::string_view kHead =
    "# Flotilla's sealing keys: the last one seals, all open. Without this file what it sealed is "
    "lost.\n";

class File {
 public:
  File(const std::string& path, int flags) : fd_(::open(path.c_str(), flags | O_CLOEXEC, 0600)) {}
  File(const File&) = delete;
  File& operator=(const File&) = delete;
  ~File() {
    if (fd_ >= 0) ::close(fd_);
  }
  [[nodiscard]] int fd() const { return fd_; }

 private:
  int fd_;
};

Error fault(const std::string& path, const std::string& what) {
  return Error(Code::invalid_argument, reason::kInvalidConfig,
               "sealing key file " + path + ": " + what);
}

Error system_fault(const std::string& path, std::string_view action) {
  const int number = errno;
  return Error(
      Code::failed_precondition, reason::kStorageFailed,
      fmt::format("sealing key file {}: cannot {}: {}", path, action, std::strerror(number)));
}

Result<> write_all(const File& file, const std::string& path, std::string_view text) {
  while (!text.empty()) {
    const auto written = ::write(file.fd(), text.data(), text.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return fail(system_fault(path, "write"));
    text.remove_prefix(static_cast<std::size_t>(written));
  }
  if (::fsync(file.fd()) != 0) return fail(system_fault(path, "write"));
  return ok();
}

Result<Secret> read_all(const File& file, const std::string& path) {
  std::string text(kSealingKeyFileLimit + 1, '\0');
  std::size_t size = 0;
  while (size < text.size()) {
    const auto got = ::read(file.fd(), text.data() + size, text.size() - size);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return fail(system_fault(path, "read"));
    if (got == 0) break;
    size += static_cast<std::size_t>(got);
  }
  if (size > kSealingKeyFileLimit) return fail(fault(path, "is larger than 64 KiB"));
  text.resize(size);
  return Secret(std::move(text));
}

std::string_view trimmed(std::string_view line) {
  line = line.substr(0, line.find('#'));
  constexpr std::string_view kSpace = " \t\r";
  const auto from = line.find_first_not_of(kSpace);
  if (from == std::string_view::npos) return {};
  return line.substr(from, line.find_last_not_of(kSpace) - from + 1);
}

Result<std::vector<Secret>> parse(std::string_view text, const std::string& path) {
  std::vector<Secret> keys;
  std::set<Sha256Digest> seen;
  for (std::size_t number = 1; !text.empty(); ++number) {
    const auto end = text.find('\n');
    const auto line = trimmed(text.substr(0, end));
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    if (line.empty()) continue;
    auto bytes = decode_base64(line);
    if (!bytes || bytes->size() != kKeySize)
      return fail(fault(path, fmt::format("line {}: expected 32 bytes in base64 (openssl rand "
                                          "-base64 32)",
                                          number)));
    if (!seen.insert(sha256(*bytes)).second)
      return fail(fault(path, fmt::format("line {}: is there twice", number)));
    keys.emplace_back(std::move(*bytes));
  }
  if (keys.empty()) return fail(fault(path, "has no key; openssl rand -base64 32 makes one"));
  if (keys.size() > kSealingKeysMax)
    return fail(fault(path, fmt::format("has more than {} keys", kSealingKeysMax)));
  return keys;
}

Result<std::vector<Secret>> read_key_file(const File& file, const std::string& path) {
  struct stat info{};
  if (::fstat(file.fd(), &info) == 0 && (info.st_mode & (S_IRWXG | S_IRWXO)) != 0)
    kLog.warn("sealing key file is open to others than its owner, use mode 0600", {{"file", path}});
  TRY(text, read_all(file, path));
  return parse(text.reveal(), path);
}

/// A name in the same directory, so that the last step is one rename or link.
std::string temporary_of(const std::string& path) {
  return fmt::format("{}.{}.tmp", path, ::getpid());
}

Result<> write_temporary(const std::string& temporary, const std::string& path,
                         const std::vector<Secret>& keys) {
  ::unlink(temporary.c_str());
  const File file(temporary, O_WRONLY | O_CREAT | O_EXCL);
  if (file.fd() < 0) return fail(system_fault(path, "write"));
  std::string text(kHead);
  text.reserve(kHead.size() + keys.size() * (2 * kKeySize));
  for (const auto& key : keys) text += base64(key.reveal()) + "\n";
  const Secret wiped(std::move(text));
  return write_all(file, path, wiped.reveal());
}

void sync_directory(const std::string& path) {
  auto directory = std::filesystem::path(path).parent_path().string();
  const File file(directory.empty() ? "." : directory, O_RDONLY | O_DIRECTORY);
  if (file.fd() >= 0) ::fsync(file.fd());
}

}  // namespace

Secret make_sealing_key(Random& random) {
  std::string bytes(kKeySize, '\0');
  random.fill(bytes.data(), bytes.size());
  return Secret(std::move(bytes));
}

Result<std::vector<Secret>> load_key_file(const std::string& path, Random& random) {
  {
    const File file(path, O_RDONLY);
    if (file.fd() >= 0) return read_key_file(file, path);
    if (errno != ENOENT) return fail(system_fault(path, "read"));
  }
  const auto temporary = temporary_of(path);
  const std::vector<Secret> keys{make_sealing_key(random)};
  TRY_VOID(write_temporary(temporary, path, keys));
  // link, not rename: who made the file a moment earlier keeps theirs.
  const bool made = ::link(temporary.c_str(), path.c_str()) == 0;
  if (!made && errno != EEXIST) {
    auto failed = system_fault(path, "write");
    ::unlink(temporary.c_str());
    return fail(std::move(failed));
  }
  ::unlink(temporary.c_str());
  sync_directory(path);
  if (made) kLog.info("sealing key file made", {{"file", path}});
  const File file(path, O_RDONLY);
  if (file.fd() < 0) return fail(system_fault(path, "read"));
  return read_key_file(file, path);
}

Result<> replace_key_file(const std::string& path, const std::vector<Secret>& keys) {
  const auto temporary = temporary_of(path);
  TRY_VOID(write_temporary(temporary, path, keys));
  if (::rename(temporary.c_str(), path.c_str()) != 0) {
    auto failed = system_fault(path, "write");
    ::unlink(temporary.c_str());
    return fail(std::move(failed));
  }
  sync_directory(path);
  return ok();
}

}  // namespace flotilla::auth
