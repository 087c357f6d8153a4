// How far a partition was read, as the host keeps it: OFFSET@CLUSTER#LAST:FINGERPRINT. Without @ where the cluster has no id,
// and without # where nothing was read yet, or weir of before wrote it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace weir::kafka {

// The last record before a position: whether it lies there still tells a topic from one that was made anew under its name.
struct LastRecord {
    int64_t offset = 0;
    uint64_t fingerprint = 0;  // Records::fingerprint
};

struct Position {
    int64_t next = 0;
    std::string cluster;  // empty: not known
    std::optional<LastRecord> last;

    std::string text() const;
    // nullopt: it is none.
    static std::optional<Position> parse(std::string_view text);
};

}  // namespace weir::kafka
