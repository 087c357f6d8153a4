#include "host/topology/read_file.hpp"

#include <cerrno>
#include <cstring>
#include <fstream>

namespace weir::host {

std::optional<std::string> read_file(const std::filesystem::path& path, std::size_t limit,
                                     std::string& problem) {
    std::error_code error;
    const auto status = std::filesystem::status(path, error);
    if (error) {
        problem = error.message();
        return std::nullopt;
    }
    if (status.type() != std::filesystem::file_type::regular) {
        problem = status.type() == std::filesystem::file_type::not_found ? std::strerror(ENOENT)
                                                                         : "not a regular file";
        return std::nullopt;
    }
    errno = 0;
    std::ifstream in(path, std::ios::binary);
    std::string text(limit + 1, '\0');
    if (in) in.read(text.data(), static_cast<std::streamsize>(text.size()));
    if (!in && !in.eof()) {
        problem = errno != 0 ? std::strerror(errno) : "cannot be read";
        return std::nullopt;
    }
    text.resize(static_cast<std::size_t>(in.gcount()));
    return text;
}

}  // namespace weir::host
