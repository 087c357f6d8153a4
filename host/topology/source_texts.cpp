#include "host/topology/source_texts.hpp"

#include <cerrno>
#include <cstring>
#include <system_error>

#include "host/topology/read_file.hpp"

namespace weir::host {

std::string SourceTexts::name_of(const std::filesystem::path& path) {
    std::error_code error;
    const auto absolute = std::filesystem::absolute(path, error);
    return (error ? path : absolute).lexically_normal().string();
}

std::optional<std::string> SourceTexts::read(const std::filesystem::path& path, std::size_t limit, std::string& problem) {
    const std::string name = name_of(path);
    if (const auto known = texts_.find(name); known != texts_.end()) return known->second;
    if (is_closed_) {
        problem = std::strerror(ENOENT);
        return std::nullopt;
    }
    auto text = read_file(path, limit, problem);
    if (text) texts_.emplace(name, *text);
    return text;
}

bool SourceTexts::has(const std::filesystem::path& path) const {
    if (texts_.contains(name_of(path))) return true;
    std::error_code error;
    return !is_closed_ && std::filesystem::is_regular_file(path, error);
}

std::optional<std::string> read_source(SourceTexts* texts, const std::filesystem::path& path, std::size_t limit, std::string& problem) {
    return texts ? texts->read(path, limit, problem) : read_file(path, limit, problem);
}

bool has_source(const SourceTexts* texts, const std::filesystem::path& path) {
    if (texts) return texts->has(path);
    std::error_code error;
    return std::filesystem::is_regular_file(path, error);
}

}  // namespace weir::host
