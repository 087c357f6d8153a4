#include "rotation.hpp"

#include <algorithm>
#include <filesystem>

namespace weir::file {

bool is_rotated(std::string_view path, std::string_view live) {
    if (path.size() < live.size() + 2 || !path.starts_with(live)) return false;
    const std::string_view rest = path.substr(live.size());
    if (rest[0] != '.' && rest[0] != '-') return false;
    return rest[1] >= '0' && rest[1] <= '9' && rest.find_first_not_of("0123456789.-_:T", 1) == rest.npos;
}

std::vector<std::string> rotated_files(const std::string &live) {
    const std::filesystem::path path(live);
    const std::filesystem::path folder = path.has_parent_path() ? path.parent_path() : ".";
    std::vector<std::pair<int64_t, std::string>> found;
    std::error_code error;
    for (std::filesystem::directory_iterator at(folder, error), end; !error && at != end; at.increment(error)) {
        const std::string name = path.has_parent_path() ? at->path().string() : at->path().filename().string();
        FileInfo info;
        if (is_rotated(name, live) && look_at(name, &info) && info.regular) found.emplace_back(info.modified, name);
    }
    std::sort(found.begin(), found.end());
    std::vector<std::string> names;
    for (auto &[modified, name] : found) names.push_back(std::move(name));
    return names;
}

std::optional<std::string> find_rotated(const std::string &live, const Identity &identity) {
    for (std::string &name : rotated_files(live)) {
        FileInfo info;
        if (look_at(name, &info) && info.identity == identity) return std::move(name);
    }
    return std::nullopt;
}

std::string next_in_rotation(const std::string &live, const FileInfo &read) {
    for (std::string &name : rotated_files(live)) {
        FileInfo info;
        if (look_at(name, &info) && info.identity != read.identity && info.modified > read.modified) return std::move(name);
    }
    return live;
}

}  // namespace weir::file
