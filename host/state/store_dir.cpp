#include "host/state/store_dir.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>
#include <xxhash.h>

#include <cerrno>
#include <charconv>
#include <cstdio>
#include <cstring>

#include <fmt/format.h>

#include <weir/failpoint.hpp>

namespace weir::host {
namespace {

constexpr std::string_view kIdentityTitle = "weir state store\n";
constexpr size_t kSmallFileBytes = 64u << 10;

std::optional<std::string> read_small_file(int fd) {
    std::string text(kSmallFileBytes, '\0');
    const ssize_t n = ::pread(fd, text.data(), text.size(), 0);
    if (n < 0) return {};
    text.resize(static_cast<size_t>(n));
    return text;
}

// The number behind `name` at the front of `text`, up to the end of the line; both are taken away.
bool take_number(std::string_view& text, std::string_view name, uint64_t& value) {
    if (!text.starts_with(name)) return false;
    text.remove_prefix(name.size());
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc() || end == text.data() + text.size() || *end != '\n') return false;
    text.remove_prefix(static_cast<size_t>(end - text.data()) + 1);
    return true;
}

std::string progress_text(const Progress& progress) {
    const std::string text =
        fmt::format("committed {:020}\nprepared {:020}\n", progress.committed, progress.prepared);
    return fmt::format("{}check {:016x}\n", text, XXH3_64bits(text.data(), text.size()));
}

std::string holder(int fd) {
    const auto text = read_small_file(fd);
    if (!text || text->find_first_not_of("0123456789\n") != std::string::npos || text->size() < 2) return "unknown";
    return text->substr(0, text->find('\n'));
}

}  // namespace

int sync_folder(const std::filesystem::path& dir) {
    const int fd = ::open(dir.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0) return errno;
    const int error = ::fsync(fd) == 0 ? 0 : errno;
    ::close(fd);
    return error;
}

StoreFailure store_failure(StoreError kind, const std::filesystem::path& path, const std::string& what) {
    std::string message = fmt::format("{}: {}", path.native(), what);
    const bool config = kind == StoreError::kInUse || kind == StoreError::kForeign || kind == StoreError::kFormat;
    return {kind, config ? Status::config("", std::move(message)) : Status::fatal(std::move(message))};
}

StoreFailure system_failure(const std::filesystem::path& path, const std::string& doing, int error) {
    if (error == ENOSPC || error == EDQUOT)
        return store_failure(StoreError::kNoSpace, path,
                             fmt::format("{}: {}; make room, then start again", doing, std::strerror(error)));
    return store_failure(StoreError::kIo, path,
                         fmt::format("{}: {}; check the folder, its rights and its disk", doing, std::strerror(error)));
}

std::string encode_identity(const Identity& identity) {
    return fmt::format("{}format {}\ntopology {}\n", kIdentityTitle, identity.format, identity.topology);
}

StoreFailure parse_identity(const std::filesystem::path& from, const std::string& content, Identity& identity) {
    constexpr std::string_view kTopology = "topology ";
    const auto corrupt = [&] {
        return store_failure(StoreError::kCorrupt, from,
                             "does not say whose state this is; restore a savepoint, or remove the folder to begin "
                             "without state");
    };
    std::string_view text = content;
    uint64_t format = 0;
    if (!text.starts_with(kIdentityTitle)) return corrupt();
    text.remove_prefix(kIdentityTitle.size());
    if (!take_number(text, "format ", format) || format == 0) return corrupt();
    if (format > kStoreFormat)
        return store_failure(StoreError::kFormat, from,
                             fmt::format("the state has format {}, this weir knows formats up to {}; use the weir that "
                                         "wrote it, or a newer one",
                                         format, kStoreFormat));
    if (!text.starts_with(kTopology) || !text.ends_with('\n')) return corrupt();
    text.remove_prefix(kTopology.size());
    text.remove_suffix(1);
    if (text.find('\n') != text.npos) return corrupt();
    identity = {static_cast<uint32_t>(format), std::string(text)};
    return {};
}

StoreDir::~StoreDir() {
    if (progress_ >= 0) ::close(progress_);
    if (lock_ >= 0) ::close(lock_);
}

StoreFailure StoreDir::open(const std::filesystem::path& dir, bool read_only) {
    dir_ = dir;
    if (!read_only) {
        std::error_code error;
        if (dir.has_parent_path()) std::filesystem::create_directories(dir.parent_path(), error);
        if (error) return system_failure(dir.parent_path(), "cannot be made", error.value());
        if (::mkdir(dir.c_str(), 0700) != 0 && errno != EEXIST) return system_failure(dir, "cannot be made", errno);
    }
    const auto path = dir / "lock";
    lock_ = ::open(path.c_str(), read_only ? O_RDONLY | O_CLOEXEC : O_RDWR | O_CREAT | O_CLOEXEC, 0644);
    if (lock_ < 0 && read_only && errno == ENOENT) return {};
    if (lock_ < 0) return system_failure(path, "cannot be opened", errno);
    if (::flock(lock_, (read_only ? LOCK_SH : LOCK_EX) | LOCK_NB) != 0) {
        if (errno != EWOULDBLOCK) return system_failure(path, "cannot be locked", errno);
        return store_failure(StoreError::kInUse, dir,
                             fmt::format("the state is in use by process {}; stop it, or name another folder (--data-dir)",
                                         holder(lock_)));
    }
    if (read_only) return {};
    const std::string pid = fmt::format("{}\n", ::getpid());
    if (::ftruncate(lock_, 0) != 0 || ::pwrite(lock_, pid.data(), pid.size(), 0) < 0)
        return system_failure(path, "cannot be written", errno);
    return {};
}

StoreFailure StoreDir::look_at(const std::filesystem::path& dir) {
    dir_ = dir;
    return {};
}

StoreFailure StoreDir::read_identity(std::optional<Identity>& identity) const {
    const int fd = ::open(identity_path().c_str(), O_RDONLY | O_CLOEXEC);
    if (fd >= 0) {
        const auto text = read_small_file(fd);
        const int error = errno;
        ::close(fd);
        if (!text) return system_failure(identity_path(), "cannot be read", error);
        return parse_identity(identity_path(), *text, identity.emplace());
    }
    if (errno != ENOENT) return system_failure(identity_path(), "cannot be read", errno);
    std::error_code error;
    for (std::filesystem::directory_iterator it(dir_, error), end; !error && it != end; it.increment(error)) {
        const std::string name = it->path().filename().native();
        if (name == "lock" || name == "db" || name == "identity.new") continue;
        return store_failure(StoreError::kForeign, dir_,
                             fmt::format("is no state store, and holds `{}`; name a new or an empty folder", name));
    }
    return error ? system_failure(dir_, "cannot be read", error.value()) : StoreFailure();
}

StoreFailure StoreDir::write_identity(const std::filesystem::path& dir, const Identity& identity) {
    const auto temporary = dir / "identity.new";
    const std::string text = encode_identity(identity);
    const int fd = ::open(temporary.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    if (fd < 0) return system_failure(temporary, "cannot be written", errno);
    errno = 0;
    const bool written = ::write(fd, text.data(), text.size()) == static_cast<ssize_t>(text.size()) && ::fsync(fd) == 0;
    int error = written ? 0 : errno == 0 ? ENOSPC : errno;
    ::close(fd);
    WEIR_FAILPOINT("store.identity.written");
    if (error == 0 && ::rename(temporary.c_str(), (dir / "identity").c_str()) != 0) error = errno;
    WEIR_FAILPOINT("store.identity.renamed");
    if (error == 0) error = sync_folder(dir);
    return error == 0 ? StoreFailure() : system_failure(temporary, "cannot be written", error);
}

std::optional<Progress> StoreDir::read_progress() const {
    const int fd = ::open((dir_ / "epochs").c_str(), O_RDONLY | O_CLOEXEC);
    if (fd < 0) return {};
    const auto content = read_small_file(fd);
    ::close(fd);
    Progress progress;
    std::string_view text = content ? std::string_view(*content) : std::string_view();
    if (!take_number(text, "committed ", progress.committed)) return {};
    if (!take_number(text, "prepared ", progress.prepared)) return {};
    return progress_text(progress) == *content ? std::optional(progress) : std::nullopt;
}

StoreFailure StoreDir::write_progress(const Progress& progress) {
    const auto path = dir_ / "epochs";
    if (progress_ < 0) progress_ = ::open(path.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
    if (progress_ < 0) return system_failure(path, "cannot be written", errno);
    const std::string text = progress_text(progress);  // of one length always: written in place
    if (::pwrite(progress_, text.data(), text.size(), 0) == static_cast<ssize_t>(text.size())) return {};
    return system_failure(path, "cannot be written", errno);
}

}  // namespace weir::host
