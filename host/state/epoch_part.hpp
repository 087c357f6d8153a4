// What one worker adds to an epoch: the changed entries of its nodes, ready to be written.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include <weir/abi.h>
#include <weir/result.hpp>

namespace weir::host {

// Collects the blocks of snapshots; StateStore::prepare writes it. One thread at a time, no locks: a worker fills
// its own during the snapshots of an epoch, seals it, and hands it to whoever prepares. Nothing is borrowed from
// the blocks once put has returned. Errors are WEIR_E_FATAL and name node, state and what is wrong; after one, the
// part is of no use and is to be cleared.
//
// An id is (node, state, kind, and group or split). Entries of one id merge, however many blocks and parts of an
// epoch bring them: of two with the same key the one put later wins, of two parts the later one in the span.
class EpochPart {
public:
    EpochPart() = default;
    EpochPart(EpochPart&&) = default;
    EpochPart& operator=(EpochPart&&) = default;

    // Adds the entries of a block. `mode` is the snapshot's: WEIR_SNAPSHOT_CHANGES, or WEIR_SNAPSHOT_FULL for
    // entries that take the place of everything that earlier epochs hold of this id. A full snapshot may come in
    // several blocks; a block without entries empties the id. All blocks of an id in an epoch have one version.
    // Keys and values have at most 1 GiB each.
    Status put(std::string_view node, const weir_state_block& block, uint32_t mode = WEIR_SNAPSHOT_CHANGES);

    // Everything that earlier epochs hold of the node goes, whatever its ids: for a full snapshot of a whole node,
    // which says nothing of groups and splits that have become empty.
    void replace(std::string_view node);

    // Sorts and encodes what was put. prepare does so too; a worker that does it spares the preparing thread the
    // time. After that, put begins anew only once the part is cleared.
    void seal();

    bool empty() const { return ids_.empty() && replaced_.empty(); }
    // Of keys and values put so far, those that a later one replaced included.
    size_t bytes() const { return bytes_; }
    // Empties it and keeps up to 8 MiB of its memory for the next epoch.
    void clear();

private:
    friend class EpochBatch;

    // A copied entry: the key, and behind it the value.
    struct Item {
        uint64_t prefix;  // the key's first eight bytes as a number, so that most comparisons are one
        const char* data;
        uint32_t key_bytes;
        uint32_t value_bytes;  // kDeleted: none
        uint32_t order;        // of its put, within the id
    };
    struct Page {
        size_t at, bytes;  // in encoded_
        std::string first_key;
    };
    struct Id {
        std::string node;
        std::string tail;  // of the id in the database
        uint32_t version = 0;
        bool full = false;
        bool sorted = true;
        std::vector<Item> items;
        uint64_t entries = 0;  // once sealed: without those that were replaced
        uint64_t deletions = 0;
        std::vector<Page> pages;
    };

    static bool before(const Item& a, const Item& b);
    static bool same_key(const Item& a, const Item& b);
    Id& find(std::string_view node, const weir_state_block& block);
    const char* copy(const weir_str& key, const weir_str& value);
    void encode(Id& id);

    std::vector<Id> ids_;
    std::unordered_map<std::string, size_t> by_name_;
    std::vector<std::string> replaced_;  // nodes
    std::vector<std::pair<std::unique_ptr<char[]>, size_t>> chunks_;  // and their sizes
    size_t used_chunks_ = 0;
    char* free_ = nullptr;  // in the last used chunk
    size_t free_bytes_ = 0;
    size_t bytes_ = 0;
    std::string scratch_;
    std::string encoded_;
    bool sealed_ = false;
};

}  // namespace weir::host
