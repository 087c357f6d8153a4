// Exactly once: sealed blocks as bytes that the host keeps until the server has taken them, and how far inserts may run ahead.
//
// A server knows its last W inserts again. A block that it took while the answer was lost is sent again, and must then still be
// among them: so no block is sent that would be W/2 or more behind the oldest one that is not acknowledged, and at most W/2
// are not acknowledged at all, since a crash forgets which of these were sent. After it they are sent first.
#pragma once

#include <cstdint>
#include <map>
#include <mutex>
#include <set>
#include <string>
#include <string_view>

#include <weir/abi.h>
#include <weir/result.hpp>

#include "inserter.hpp"

namespace weir::clickhouse {

std::string pack(const SealedBlock &block);
// The token of a packed block; empty: it is none.
std::string_view token_of(std::string_view packed);
Result<SealedBlock> unpack(std::string_view packed);

// Of all instances of a node. Any thread.
class InsertWindow {
public:
    // Half of what the table knows again.
    void set_limit(uint64_t blocks);
    uint64_t limit();

    // Blocks that were handed to the host.
    void add(size_t bytes);
    void remove(size_t bytes);
    uint64_t blocks();
    size_t bytes();

    // Whether a block may be sent for the first time. True: it counts as sent under this token.
    bool send(const std::string &token);
    void acknowledged(const std::string &token);

private:
    std::mutex mutex_;
    uint64_t limit_ = UINT64_MAX;
    uint64_t blocks_ = 0;
    size_t bytes_ = 0;
    uint64_t sent_ = 0;                     // first sends, ever
    std::map<std::string, uint64_t> open_;  // not acknowledged: by token, the number of the first send
    std::set<uint64_t> numbers_;            // of these
};

}  // namespace weir::clickhouse
