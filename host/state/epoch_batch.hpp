// The parts of an epoch as one batch for the database.
//
// Internal to host/state. One thread at a time.
#pragma once

#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "host/state/epoch_part.hpp"
#include "host/state/store_impl.hpp"

namespace weir::host {

class EpochBatch {
public:
    // `number`: gives the number of a node by its name.
    EpochBatch(uint64_t epoch, std::function<uint32_t(std::string_view)> number)
        : epoch_(epoch), number_(std::move(number)) {}

    // Seals the parts and collects their ids. They must outlive this.
    void add(std::span<EpochPart> parts);
    // The numbers of the nodes that are replaced as a whole.
    const std::unordered_set<uint32_t>& replaced() const { return replaced_; }
    // An id that a replaced node has; it becomes empty unless the epoch has entries for it.
    void add_replaced(const std::string& id) { ids_[id]; }

    // Upper bound of what write adds to a batch.
    size_t bytes() const { return bytes_; }
    // Adds blobs and runs to the batch, and the runs to `runs`, those of ids that `has_lookups` with their index.
    // WEIR_E_FATAL where parts have an id in two versions.
    Status write(rocksdb::WriteBatch& batch, std::vector<PlacedRun>& runs,
                 const std::function<bool(std::string_view id)>& has_lookups) const;

private:
    struct Source {
        const EpochPart* part;
        const EpochPart::Id* id;
    };

    // An id that several parts have: their entries as one run.
    static void merge(const std::vector<Source>& sources, const std::string& id, rocksdb::WriteBatch& batch, Run& run,
                      std::vector<std::string>& first_keys, RunIndex* content);

    uint64_t epoch_;
    std::function<uint32_t(std::string_view)> number_;
    std::unordered_map<std::string, std::vector<Source>> ids_;
    std::unordered_set<uint32_t> replaced_;
    size_t bytes_ = 0;
};

}  // namespace weir::host
