#include "host/state/replacement.hpp"

#include <cerrno>

#include <fmt/format.h>

namespace weir::host {
namespace {

namespace fs = std::filesystem;

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
    if (Status s = rename_to(aside(dir_), gone(dir_)); !s.ok()) return s;
    is_kept_ = true;
    return remove_folder(gone(dir_));
}

}  // namespace weir::host
