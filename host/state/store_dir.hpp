// The files of a store beside the database: who has it open, whose it is, how far it has come.
//
// Internal to host/state. One thread at a time.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

#include <weir/result.hpp>

#include "host/state/store.hpp"

namespace weir::host {

inline constexpr uint32_t kStoreFormat = 1;

// A Status and which of the errors it is.
struct StoreFailure {
    StoreError kind = StoreError::kNone;
    Status status;

    bool ok() const { return kind == StoreError::kNone; }
};
// "<path>: <what>", as WEIR_E_CONFIG or WEIR_E_FATAL by its kind.
StoreFailure store_failure(StoreError kind, const std::filesystem::path& path, const std::string& what);
// Makes the names in a folder durable. errno; 0: done.
int sync_folder(const std::filesystem::path& dir);
// What errno says of a call that failed.
StoreFailure system_failure(const std::filesystem::path& path, const std::string& doing, int error);

struct Identity {
    uint32_t format = kStoreFormat;
    std::string topology;
};
std::string encode_identity(const Identity& identity);
// kFormat for a newer format, kCorrupt for what is no identity. `from`: for the message.
StoreFailure parse_identity(const std::filesystem::path& from, const std::string& text, Identity& identity);

// How far a store has come. The file never claims more than is durable; it may claim less.
struct Progress {
    uint64_t committed = 0;
    uint64_t prepared = 0;  // 0: none
};

class StoreDir {
public:
    StoreDir() = default;
    ~StoreDir();  // gives the lock up
    StoreDir(const StoreDir&) = delete;
    StoreDir& operator=(const StoreDir&) = delete;

    // Makes the folder if it is to be written, and takes the lock: exclusive, or, read-only and where there is a
    // lock file, shared.
    StoreFailure open(const std::filesystem::path& dir, bool read_only);
    // Takes no lock: for looking at a store that somebody has open.
    StoreFailure look_at(const std::filesystem::path& dir);
    std::filesystem::path database() const { return dir_ / "db"; }
    std::filesystem::path identity_path() const { return dir_ / "identity"; }

    // Nothing where there is no such file; then a folder that holds anything but a database is kForeign.
    StoreFailure read_identity(std::optional<Identity>& identity) const;
    // Durable once it returns, and there as a whole or not at all.
    static StoreFailure write_identity(const std::filesystem::path& dir, const Identity& identity);

    // Nothing where there is no file, or it does not parse.
    std::optional<Progress> read_progress() const;
    // Not synced: the file is a witness, not the truth.
    StoreFailure write_progress(const Progress& progress);

private:
    std::filesystem::path dir_;
    int lock_ = -1;
    int progress_ = -1;
};

}  // namespace weir::host
