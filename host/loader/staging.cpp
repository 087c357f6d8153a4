#include "host/loader/staging.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <xxhash.h>

#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <vector>

#include <fmt/format.h>

namespace weir::host {
namespace {

constexpr size_t kChunkBytes = 1u << 20;

Status failed(const std::filesystem::path& path, const char* what) {
    return Status::fatal(fmt::format("{}: {}: {}", path.native(), what, std::strerror(errno)));
}

// A file descriptor that is closed with it.
class Descriptor {
public:
    explicit Descriptor(int fd) : fd_(fd) {}
    ~Descriptor() {
        if (fd_ >= 0) ::close(fd_);
    }
    Descriptor(const Descriptor&) = delete;
    Descriptor& operator=(const Descriptor&) = delete;
    int get() const { return fd_; }

private:
    int fd_;
};

bool write_all(int fd, const char* data, size_t size) {
    while (size > 0) {
        const ssize_t n = ::write(fd, data, size);
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) return false;
        data += n;
        size -= static_cast<size_t>(n);
    }
    return true;
}

std::string hex(XXH128_hash_t hash) { return fmt::format("{:016x}{:016x}", hash.high64, hash.low64); }

// Reads a regular file to its end, gives the hash, and writes what it reads to `copy` unless that is -1.
Result<std::string> hash_and_copy(const std::filesystem::path& from, int copy, const std::filesystem::path& to) {
    Descriptor in(::open(from.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));  // of a FIFO none would wait for a writer
    struct stat about {};
    if (in.get() < 0 || ::fstat(in.get(), &about) != 0) return failed(from, "cannot be read");
    if (!S_ISREG(about.st_mode)) return Status::config("", fmt::format("{}: is not a regular file", from.native()));
    std::unique_ptr<XXH3_state_t, XXH_errorcode (*)(XXH3_state_t*)> state(XXH3_createState(), XXH3_freeState);
    XXH3_128bits_reset(state.get());
    std::vector<char> chunk(kChunkBytes);
    for (;;) {
        const ssize_t n = ::read(in.get(), chunk.data(), chunk.size());
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) return failed(from, "cannot be read");
        if (n == 0) return hex(XXH3_128bits_digest(state.get()));
        XXH3_128bits_update(state.get(), chunk.data(), static_cast<size_t>(n));
        if (copy >= 0 && !write_all(copy, chunk.data(), static_cast<size_t>(n)))
            return failed(to, "cannot be written");
    }
}

// Whoever may write there may run code as this user.
bool is_ones_own(const struct stat& folder) { return folder.st_uid == ::geteuid() && (folder.st_mode & (S_IWGRP | S_IWOTH)) == 0; }

Status prepare_folder(const std::filesystem::path& folder) {
    std::error_code error;
    std::filesystem::create_directories(folder.parent_path(), error);
    if (!error && ::mkdir(folder.c_str(), 0700) != 0 && errno != EEXIST)
        return failed(folder, "cannot be made, for copies of plugins");
    struct stat about {};
    if (error || ::stat(folder.c_str(), &about) != 0) {
        if (error) errno = error.value();
        return failed(folder, "cannot be made, for copies of plugins");
    }
    if (is_ones_own(about)) return {};
    return Status::config("", fmt::format("{}: others than this user can write to the folder for copies of plugins; "
                                          "chmod 700 it, or set WEIR_STAGING_DIR to a folder of your own",
                                          folder.native()));
}

std::filesystem::path staged_name(const std::filesystem::path& file, const std::string& hash) {
    return file.stem().native() + "-" + hash + ".so";
}

bool is_called_by(const std::filesystem::path& file, const std::string& hash) { return file.stem().native().ends_with("-" + hash); }

}  // namespace

bool is_whole_copy(const std::filesystem::path& file) {
    struct stat folder {};
    if (::stat(file.parent_path().c_str(), &folder) != 0 || !is_ones_own(folder)) return false;
    auto hash = content_hash(file);
    return hash && is_called_by(file, *hash);
}

Result<std::string> content_hash(const std::filesystem::path& file) { return hash_and_copy(file, -1, {}); }

Result<StagedFile> stage(const std::filesystem::path& file, const std::filesystem::path& folder) {
    auto hash = content_hash(file);
    if (!hash) return hash.status();
    if (Status s = prepare_folder(folder); !s.ok()) return s;
    if (file.parent_path() == folder && is_called_by(file, *hash)) return StagedFile{file, *hash};
    std::error_code error;
    const auto present = folder / staged_name(file, *hash);
    if (std::filesystem::is_regular_file(present, error)) {
        auto there = content_hash(present);
        if (there && *there == *hash) return StagedFile{present, *hash};
    }

    std::string temporary = (folder / ".copy-XXXXXX").native();
    Descriptor out(::mkostemp(temporary.data(), O_CLOEXEC));
    if (out.get() < 0) return failed(folder, "cannot be written to");
    // Named by what was copied: the file may have changed since it was looked at first.
    auto copied = hash_and_copy(file, out.get(), temporary);
    Status status = copied ? Status() : copied.status();
    StagedFile staged;
    if (status.ok()) {
        staged = {folder / staged_name(file, *copied), *copied};
        if (::fchmod(out.get(), 0500) != 0 || ::rename(temporary.c_str(), staged.path.c_str()) != 0)
            status = failed(staged.path, "cannot be written");
    }
    if (!status.ok()) {
        ::unlink(temporary.c_str());
        return status;
    }
    return staged;
}

}  // namespace weir::host
