#pragma once

#include <cstdint>
#include <memory>
#include <string>

namespace weir::clickhouse {

// A block as it travels: it never changes, so that every time it is sent it is the same.
struct SealedBlock {
    std::string token;  // names it for good
    std::string sql;    // INSERT ... FORMAT Native
    int64_t rows = 0;
    int64_t made_at = 0;  // before it was sent, by the host's clock, microseconds since 1970; 0: not known
    std::shared_ptr<const std::string> body;  // compressed
};

}  // namespace weir::clickhouse
