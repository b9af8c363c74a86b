#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <sstream>
#include <string>
#include <vector>

#include "telemetry/metrics.h"

namespace flotilla::telemetry {
namespace {

/// The fields of /proc/self/stat after the command name, which may contain spaces; field N of
/// proc(5) is at N - 3. Empty where /proc is not mounted.
std::vector<std::string> process_stat() {
  std::ifstream file("/proc/self/stat");
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  const std::size_t name_end = text.rfind(')');
  if (name_end == std::string::npos) return {};
  std::istringstream rest(text.substr(name_end + 1));
  return {std::istream_iterator<std::string>(rest), {}};
}

double stat_field(std::size_t number) {
  const auto fields = process_stat();
  return fields.size() > number - 3 ? std::stod(fields[number - 3]) : 0;
}

double resident_bytes() {
  return stat_field(24) * static_cast<double>(::sysconf(_SC_PAGESIZE));
}

double cpu_seconds() {
  timespec spent{};
  ::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &spent);
  return static_cast<double>(spent.tv_sec) + static_cast<double>(spent.tv_nsec) * 1e-9;
}

double open_files() {
  std::error_code error;
  const std::filesystem::directory_iterator files("/proc/self/fd", error);
  if (error) return 0;
  // One of them is the listing itself.
  return static_cast<double>(std::distance(begin(files), end(files)) - 1);
}

double max_files() {
  rlimit limit{};
  ::getrlimit(RLIMIT_NOFILE, &limit);
  return static_cast<double>(limit.rlim_cur);
}

/// Boot time plus the process's start in clock ticks after boot.
double start_seconds() {
  std::ifstream file("/proc/stat");
  std::string word;
  double boot = 0;
  while (file >> word) {
    if (word == "btime") file >> boot;
  }
  return boot + stat_field(22) / static_cast<double>(::sysconf(_SC_CLK_TCK));
}

}  // namespace

void add_process_metrics(Registry& registry) {
  registry.observed_gauge("process_resident_memory_bytes", "Resident memory size in bytes",
                          resident_bytes);
  registry.observed_counter("process_cpu_seconds_total", "User and system CPU time in seconds",
                            cpu_seconds);
  registry.observed_gauge("process_open_fds", "Open file descriptors", open_files);
  registry.observed_gauge("process_max_fds", "Limit of open file descriptors", max_files);
  registry.observed_gauge("process_threads", "Threads", [] { return stat_field(20); });
  const double start = start_seconds();
  registry.observed_gauge("process_start_time_seconds", "Start of the process, Unix time",
                          [start] { return start; });
}

}  // namespace flotilla::telemetry
