// What the tests of the store share: a model of its content, epochs of random changes, folders that go away.
#pragma once

#include <stdlib.h>

#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "host/state/store.hpp"

namespace weir::host {

// node, state, kind, group, split
using StateId = std::tuple<std::string, uint32_t, uint32_t, uint32_t, std::string>;
using Entries = std::map<std::string, std::string>;
// What a store should hold. Ids without entries are not in it.
using Model = std::map<StateId, Entries>;

inline StateId keyed(const std::string& node, uint32_t group, uint32_t state = 0) {
    return {node, state, WEIR_STATE_KEYED, group, ""};
}

// Changes of one id: a value, or nothing for a deletion.
struct Change {
    StateId id;
    bool full = false;
    std::vector<std::pair<std::string, std::optional<std::string>>> entries;
    uint32_t version = 1;
};

struct EpochChanges {
    std::vector<std::string> replaced;       // nodes
    std::vector<std::vector<Change>> parts;  // by part
};

Status put(EpochPart& part, const Change& change);
Status prepare(StateStore& store, uint64_t epoch, const EpochChanges& changes);
// Prepare and commit of one part.
Status write(StateStore& store, uint64_t epoch, const std::vector<Change>& changes);
void apply_changes(Model& model, const EpochChanges& changes);
// All that the store has, read node by node. Throws what read returns as an error, and where an entry comes twice.
Model contents(const StateStore& store);
std::string record_of(uint64_t epoch);

// The changes of an epoch: the same for the same two numbers. Keys are few, so that they meet again.
EpochChanges random_changes(uint64_t seed, uint64_t epoch);
// The content after `epoch` epochs of random_changes.
Model model_after(uint64_t seed, uint64_t epoch);

// Small buffers, so that little data already becomes files.
StoreOptions small_store(bool background_folding = true);

class TemporaryFolder {
public:
    TemporaryFolder() {
        std::string pattern = (std::filesystem::temp_directory_path() / "weir-state-XXXXXX").native();
        if (!mkdtemp(pattern.data())) throw std::runtime_error("cannot make a temporary folder");
        path_ = pattern;
    }
    ~TemporaryFolder() { std::filesystem::remove_all(path_); }
    TemporaryFolder(const TemporaryFolder&) = delete;
    TemporaryFolder& operator=(const TemporaryFolder&) = delete;
    std::filesystem::path operator/(const std::string& name) const { return path_ / name; }

private:
    std::filesystem::path path_;
};

// Throws when it cannot be opened.
std::unique_ptr<StateStore> open_store(const std::filesystem::path& dir, StoreOptions options = small_store());

}  // namespace weir::host
