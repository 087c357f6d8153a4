// The keys of the database, and what stands under those that are not pages.
//
//   "c"                                    the committed epoch and a fingerprint of the runs that are live in it
//   "f"                                    the identity: format and name of the topology, as in the file `identity`
//   "n" node                               the node's name
//   "r" epoch                              the record of an epoch, opaque
//   "i" id ~newest oldest                  a run: the entries of one id from epochs oldest to newest
//   "d" id ~newest oldest page             a page of that run, numbered from 0
//
//   id: node, state (u32 each), kind (u8), and for keyed state the group (u8), for split state the split, in which
//   a byte 0 stands as 0 255 and which ends with 0 1. No id is the beginning of another.
//
// Numbers are big-endian; `newest` is inverted, so that the runs of an id stand newest first. An epoch writes a run
// with newest = oldest; folding replaces neighbours by one run that spans them, whose key no other run can have.
//
// Internal to host/state. Plain values and functions.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "host/state/run_index.hpp"

namespace weir::host {

inline constexpr std::string_view kCommittedKey = "c";
inline constexpr std::string_view kIdentityKey = "f";

void append_u32(std::string& to, uint32_t value);
void append_u64(std::string& to, uint64_t value);
uint32_t load_u32(const char* from);
uint64_t load_u64(const char* from);

// What an id says, apart from the node.
struct IdParts {
    uint32_t node = 0;
    uint32_t state = 0;
    uint32_t kind = 0;   // WEIR_STATE_*
    uint32_t group = 0;  // keyed
    std::string split;   // split
};

// The part of an id behind the node, appended to `to`. The kind is one of the four, the group below 256.
void append_id_tail(std::string& to, uint32_t state, uint32_t kind, uint32_t group, std::string_view split);
// Nothing if it is no id.
std::optional<IdParts> parse_id(std::string_view id);
// "node `n`, state 0, group 7": for messages.
std::string describe_id(std::string_view id, std::string_view node);

// The prefix of an id's runs ('i') or pages ('d').
std::string id_prefix(char letter, std::string_view id);
std::string node_key(uint32_t node);
std::string record_key(uint64_t epoch);

// One run: its key, and what stands under it.
struct Run {
    uint64_t newest = 0;
    uint64_t oldest = 0;
    uint64_t bytes = 0;    // of its pages
    uint64_t entries = 0;  // deletions included
    uint64_t deletions = 0;
    uint32_t version = 0;  // state_version of all of its entries
    uint32_t pages = 0;
    bool full = false;         // hides the older runs of its id
    uint64_t fingerprint = 0;  // of key and value as they stand in the database; not itself stored
    std::shared_ptr<const RunIndex> content{};  // where keys are looked up in it

    bool same_place(const Run& other) const { return newest == other.newest && oldest == other.oldest; }
};

std::string run_key(std::string_view id, const Run& run);
std::string page_key(std::string_view id, const Run& run, uint32_t page);

// The value under a run's key: u8 format 1, u8 flags (1: full), bytes, entries, deletions (u64), version, pages (u32);
// then the first keys of all pages but the first, each behind its length (u32).
std::string encode_run(const Run& run, const std::vector<std::string>& first_keys);
// Fills all of `run` from key (without the letter and the id, 16 bytes) and value, and the first keys where they
// are wanted. False if it does not parse.
bool parse_run(std::string_view key, std::string_view value, Run& run, std::vector<std::string>* first_keys);
// Over the whole key and its value.
uint64_t run_fingerprint(std::string_view key, std::string_view value);

// What stands under kCommittedKey.
struct Committed {
    uint64_t epoch = 0;
    uint64_t runs = 0;         // how many live runs there are
    uint64_t fingerprint = 0;  // the sum of theirs
};
std::string encode_committed(const Committed& committed);
std::optional<Committed> parse_committed(std::string_view value);

}  // namespace weir::host
