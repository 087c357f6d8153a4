// A topology's state on its way to be replaced: what was there is set aside until the new one holds, so that a start that is
// refused, fails or is killed leaves it as it was.
//
// What is set aside lies beside the topology's folder DIR, in `.replaced-NAME`. While that exists it is the state, and DIR is
// a draft; an empty one says that there was none. One rename decides.
//
// Threads: one at a time. Whoever else opens the state meanwhile is refused (kInUse), also across processes.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>

#include <weir/result.hpp>

#include "host/state/store.hpp"
#include "host/state/store_dir.hpp"

namespace weir::host {

class StateReplacement {
public:
    // Where the state of `dir` lies for those who only read it: there, or aside.
    static std::filesystem::path standing(const std::filesystem::path& dir);
    // Puts back what somebody who was killed left aside. Before anybody opens `dir` for writing.
    static Status settle(const std::filesystem::path& dir);

    // Sets aside the store in `dir`, be it damaged or too new; one that is in use, or a folder that is anything else,
    // is refused and stays. `options`: whose store it is. After settle.
    static Result<std::unique_ptr<StateReplacement>> begin(const std::filesystem::path& dir, const StoreOptions& options);
    // Unless it was kept, removes what is in `dir` and puts the old state back. REQUIRES: no store is open in `dir`.
    ~StateReplacement();
    StateReplacement(const StateReplacement&) = delete;
    StateReplacement& operator=(const StateReplacement&) = delete;

    // From now on the state is what is in `dir`, durably; the old one is removed. Where it fails the old one is still there, or
    // the next start removes it.
    Status keep();

private:
    explicit StateReplacement(std::filesystem::path dir) : dir_(std::move(dir)) {}

    const std::filesystem::path dir_;
    std::unique_ptr<StoreDir> lock_;
    bool is_kept_ = false;
};

// A state that took another's place says so, by a file of this name in its folder, and as of which epoch it did: 0, that it began
// anew. A server that decides epochs may be further than that. Behind the next epoch it says nothing any more.
inline constexpr const char* kRestoredFile = "restored";
// Durable once it returns. REQUIRES: a store is in `dir`.
Status mark_restored(const std::filesystem::path& dir, uint64_t epoch);
// Nothing where there is no such file, or it says nothing.
std::optional<uint64_t> restored_at(const std::filesystem::path& dir);

}  // namespace weir::host
