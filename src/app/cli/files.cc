#include "app/cli/files.h"

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <utility>

namespace flotilla::app {

namespace {
constexpr std::pair<std::string_view, std::string_view> kMediaTypes[] = {
    {".txt", "text/plain"},        {".log", "text/plain"},        {".md", "text/markdown"},
    {".csv", "text/csv"},          {".html", "text/html"},        {".xml", "application/xml"},
    {".json", "application/json"}, {".yaml", "application/yaml"}, {".yml", "application/yaml"},
    {".pdf", "application/pdf"},   {".png", "image/png"},         {".jpg", "image/jpeg"},
    {".jpeg", "image/jpeg"},       {".gif", "image/gif"},         {".webp", "image/webp"},
    {".svg", "image/svg+xml"},     {".wav", "audio/wav"},         {".mp3", "audio/mpeg"},
    {".mp4", "video/mp4"},         {".zip", "application/zip"},   {".gz", "application/gzip"},
};

Error unreadable(const std::string& path, const std::string& why) {
  return Error(Code::failed_precondition, "cannot read " + path + ": " + why);
}
}  // namespace

Result<std::string> read_file(const std::string& path, std::size_t limit) {
  std::error_code failed;
  const auto status = std::filesystem::status(path, failed);
  if (status.type() == std::filesystem::file_type::not_found)
    return fail(Error(Code::not_found, path + ": no such file"));
  if (std::filesystem::is_directory(status)) return fail(unreadable(path, "it is a directory"));
  std::ifstream file(path, std::ios::binary);
  if (!file) return fail(unreadable(path, std::strerror(errno)));
  std::string text;
  char piece[std::size_t{16} << 10];
  while (file.read(piece, sizeof piece) || file.gcount() > 0) {
    text.append(piece, static_cast<std::size_t>(file.gcount()));
    if (text.size() > limit)
      return fail(unreadable(path, "larger than " + std::to_string(limit) + " bytes"));
  }
  if (file.bad()) return fail(unreadable(path, std::strerror(errno)));
  return text;
}

std::string media_type_of(const std::string& path) {
  std::string ending = std::filesystem::path(path).extension().string();
  for (char& c : ending) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  for (const auto& [known, type] : kMediaTypes) {
    if (ending == known) return std::string(type);
  }
  return "application/octet-stream";
}

}  // namespace flotilla::app
