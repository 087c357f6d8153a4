#include "host/state/replacement.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <fstream>
#include <iterator>

#include <fmt/format.h>

namespace weir::host {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kRestoredTitle = "epoch ";  // in kRestoredFile

fs::path beside(const fs::path& dir, const char* what) { return dir.parent_path() / (what + dir.filename().native()); }
fs::path aside(const fs::path& dir) { return beside(dir, ".replaced-"); }
fs::path gone(const fs::path& dir) { return beside(dir, ".removed-"); }

bool is_there(const fs::path& path) {
    std::error_code error;
    return fs::exists(fs::symlink_status(path, error));
}

Status remove_folder(const fs::path& path) {
    std::error_code error;
    fs::remove_all(path, error);
    return error ? Status::fatal(fmt::format("{}: cannot be removed: {}", path.native(), error.message())) : Status();
}

// Durable once it returns.
Status rename_to(const fs::path& from, const fs::path& to) {
    std::error_code error;
    fs::rename(from, to, error);
    if (const int failed = error ? error.value() : sync_folder(to.parent_path()); failed != 0)
        return system_failure(from, fmt::format("cannot become {}", to.native()), failed).status;
    return {};
}

Status put_back(const fs::path& dir) {
    std::error_code error;
    if (Status s = remove_folder(dir); !s.ok()) return s;
    const bool is_state = fs::exists(aside(dir) / "db", error) || fs::exists(aside(dir) / "identity", error);
    return is_state ? rename_to(aside(dir), dir) : remove_folder(aside(dir));
}

}  // namespace

fs::path StateReplacement::standing(const fs::path& dir) { return is_there(aside(dir)) ? aside(dir) : dir; }

Status StateReplacement::settle(const fs::path& dir) {
    if (!is_there(aside(dir))) return {};
    StoreDir lock;
    if (StoreFailure f = lock.open(aside(dir), false); !f.ok()) return f.status;
    return put_back(dir);
}

Result<std::unique_ptr<StateReplacement>> StateReplacement::begin(const fs::path& dir, const StoreOptions& options) {
    if (Status s = remove_folder(gone(dir)); !s.ok()) return s;
    auto lock = std::make_unique<StoreDir>();
    if (is_there(dir)) {
        StoreError why = StoreError::kNone;
        StoreOptions looking = options;
        looking.background_folding = false;
        auto opened = StateStore::open(dir, looking, &why);
        if (!opened && why != StoreError::kCorrupt && why != StoreError::kFormat) return opened.status();
        if (opened) opened->reset();
        if (StoreFailure f = lock->open(dir, false); !f.ok()) return f.status;
        if (Status s = rename_to(dir, aside(dir)); !s.ok()) return s;
    } else if (StoreFailure f = lock->open(aside(dir), false); !f.ok()) {
        return f.status;
    }
    std::unique_ptr<StateReplacement> begun(new StateReplacement(dir));
    begun->lock_ = std::move(lock);
    return begun;
}

// What cannot be put back now is by the next start, which says why where it cannot either.
StateReplacement::~StateReplacement() {
    if (!is_kept_) (void)put_back(dir_);
}

Status StateReplacement::keep() {
    if (Status s = rename_to(aside(dir_), gone(dir_)); !s.ok()) {
        // Renamed, perhaps, and not known to be durable: unless that can be undone, what is in the folder is all there is.
        std::error_code error;
        if (!is_there(aside(dir_))) fs::rename(gone(dir_), aside(dir_), error);
        is_kept_ = static_cast<bool>(error);
        return s;
    }
    is_kept_ = true;
    return remove_folder(gone(dir_));
}

Status mark_restored(const fs::path& dir, uint64_t epoch) {
    const fs::path path = dir / kRestoredFile;
    const std::string text = fmt::format("{}{}\n", kRestoredTitle, epoch);
    const int fd = ::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    if (fd < 0) return system_failure(path, "cannot be written", errno).status;
    errno = 0;
    const bool written = ::write(fd, text.data(), text.size()) == static_cast<ssize_t>(text.size()) && ::fsync(fd) == 0;
    int error = written ? 0 : errno == 0 ? ENOSPC : errno;
    ::close(fd);
    if (error == 0) error = sync_folder(dir);
    return error == 0 ? Status() : system_failure(path, "cannot be written", error).status;
}

std::optional<uint64_t> restored_at(const fs::path& dir) {
    std::ifstream file(dir / kRestoredFile, std::ios::binary);
    const std::string text{std::istreambuf_iterator<char>(file), {}};
    if (!text.starts_with(kRestoredTitle) || !text.ends_with('\n')) return {};
    const char *const begin = text.data() + kRestoredTitle.size(), *const end = text.data() + text.size() - 1;
    uint64_t epoch = 0;
    const auto read = std::from_chars(begin, end, epoch);
    return read.ec == std::errc() && read.ptr == end ? std::optional(epoch) : std::nullopt;
}

}  // namespace weir::host
