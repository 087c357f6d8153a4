#include "part.hpp"

#include <fcntl.h>

#include <cerrno>
#include <cstdio>
#include <filesystem>

namespace weir::file {

Result<Part> Part::open(const std::string &path, bool existing) {
    Part part;
    part.path_ = path;
    const int how = O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC | (existing ? 0 : O_EXCL);
    part.file_ = Descriptor(::open(path.c_str(), how, 0666));
    if (!part.file_) return system_error(path, "cannot be opened for writing", errno);
    return part;
}

uint64_t Part::size() const {
    FileInfo info;
    return look_at(file_, &info) ? info.size : 0;
}

Status Part::append(std::string_view bytes) {
    const uint64_t before = size();
    while (!bytes.empty()) {
        const ssize_t n = ::write(file_.number(), bytes.data(), bytes.size());
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) {
            const int code = errno;
            if (::ftruncate(file_.number(), static_cast<off_t>(before)))
                return Status::fatal(system_error(path_, "cannot be written", code).message() + "; a torn line is left at its end");
            return system_error(path_, "cannot be written", code);
        }
        bytes.remove_prefix(static_cast<size_t>(n));
    }
    return {};
}

Status Part::sync() {
    if (::fdatasync(file_.number()) && errno != EINVAL) return system_error(path_, "cannot be written to the disk", errno);
    return {};
}

Result<bool> Part::end_last_line() {
    const uint64_t bytes = size();
    char last = '\n';
    if (bytes > 0 && read_at(file_, &last, 1, bytes - 1) < 0) return system_error(path_, "cannot be read", errno);
    if (last == '\n') return false;
    Status status = append("\n");
    if (!status.ok()) return status;
    return true;
}

Status sync_folder_of(const std::string &path) {
    std::string folder = std::filesystem::path(path).parent_path().string();
    if (folder.empty()) folder = ".";
    Descriptor opened(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (!opened || (::fsync(opened.number()) && errno != EINVAL)) return system_error(folder, "cannot be written to the disk", errno);
    return {};
}

Status move_into_place(const std::string &from, const std::string &to) {
    int failed = ::renameat2(AT_FDCWD, from.c_str(), AT_FDCWD, to.c_str(), RENAME_NOREPLACE);
    if (failed && (errno == EINVAL || errno == ENOSYS)) {  // a file system that cannot promise it
        FileInfo info;
        errno = look_at(to, &info) ? EEXIST : 0;
        failed = errno || ::rename(from.c_str(), to.c_str());
    }
    if (failed && errno == ENOENT) {
        FileInfo info;
        if (look_at(to, &info)) return sync_folder_of(to);  // done before
        return Status::fatal("`" + from + "` is gone, which held rows of an epoch that is decided: they are lost. Put it back, "
                             "or begin anew (--reset)");
    }
    if (failed && errno == EEXIST) {
        FileInfo info;
        if (!look_at(from, &info)) return sync_folder_of(to);  // done before
        return Status::fatal("`" + to + "` is there already and is not what weir wrote. Move it away: `" + from + "` takes its place");
    }
    if (failed) return system_error(to, "cannot be put in place", errno);
    return sync_folder_of(to);
}

}  // namespace weir::file
