#include "descriptor.hpp"

#include <cerrno>
#include <cstring>

namespace weir::file {
namespace {

void describe_file(const struct stat &from, FileInfo *out) {
    out->identity = {from.st_dev, from.st_ino};
    out->size = static_cast<uint64_t>(from.st_size);
    out->modified = from.st_mtim.tv_sec * int64_t{1'000'000'000} + from.st_mtim.tv_nsec;
    out->regular = S_ISREG(from.st_mode);
}

const char *advice(int code) {
    switch (code) {
        case ENOENT: return ". Check the path; a relative one begins where weir was started";
        case EACCES:
        case EPERM: return ". Give the user that runs weir the right to do that";
        case EISDIR: return ". Name a file";
        case ENOSPC:
        case EDQUOT: return ". Make room";
        default: return "";
    }
}

}  // namespace

bool look_at(const std::string &path, FileInfo *out) {
    struct stat found {};
    if (::stat(path.c_str(), &found)) return false;
    describe_file(found, out);
    return true;
}

bool look_at(const Descriptor &file, FileInfo *out) {
    struct stat found {};
    if (!file || ::fstat(file.number(), &found)) return false;
    describe_file(found, out);
    return true;
}

Status system_error(const std::string &path, const char *what, int code) {
    const std::string text = "`" + path + "`: " + what + ": " + std::strerror(code) + advice(code);
    switch (code) {
        case ENOSPC:
        case EDQUOT:
        case EIO:
        case EMFILE:
        case ENFILE:
        case ESTALE:
        case ETIMEDOUT: return Status::retryable(text);
        default: return Status::fatal(text);
    }
}

int64_t read_at(const Descriptor &file, char *to, size_t bytes, uint64_t offset) {
    size_t done = 0;
    while (done < bytes) {
        const ssize_t n = ::pread(file.number(), to + done, bytes - done, static_cast<off_t>(offset + done));
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) return -1;
        if (n == 0) break;
        done += static_cast<size_t>(n);
    }
    return static_cast<int64_t>(done);
}

}  // namespace weir::file
