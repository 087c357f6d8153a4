// What travels on an edge: batches, and the control messages that keep their place among them.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <variant>

#include "host/engine/batch.hpp"

namespace weir::host {

struct Watermark {  // with the time of the last one, or none: somebody who was idle is no longer
    int64_t time;
};
struct Barrier {
    uint64_t epoch;
};
struct Idle {};  // no rows for now: watermarks need not wait for this channel until its next one
struct End {
    bool stopped = false;  // a source was told to end: there would be more, and event time stays where it was
};
struct SplitEnd {  // from a source to its own clauses: there are no more rows of that split
    uint64_t split;
    bool ended;  // false: another host or worker goes on with it
};
struct Combined {  // rows that were added up for another worker (weir/ext/combine.h), and the rows, should they be wanted after all
    BatchRef rows;
    std::shared_ptr<const std::string> sum;
};
using Item = std::variant<BatchRef, Watermark, Barrier, Idle, End, SplitEnd, Combined>;

// What an edge may hold before its emitter breaks its promise (one batch behind FULL, and one for each of
// process, on_watermark and finish that may be under way).
inline constexpr size_t kMaxQueuedBatches = 8;
// How many may wait for another worker before it is told.
inline constexpr size_t kQuietItems = 4;

}  // namespace weir::host
