// What a topology makes of one record, found out beside the run: the record goes through its source's codec and clauses, and through
// the nodes behind that keep nothing, with stand-ins for all that reaches outside (host/test). A node that has state, or reads what
// others send as well, is where it ends: what such a node does depends on more than the record.
//
// Threads: one at a time.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <weir/result.hpp>

#include "host/cli/dead_letters.hpp"
#include "host/engine/plan.hpp"

namespace weir::host {

// What a node does with it.
struct ReplayedNode {
    enum class Kind {
        kGives,    // these rows
        kRefuses,  // to `errors`
        kDrops,    // nothing comes of it
        kTakes,    // rows come to it, and here it ends
    };
    std::string node;
    Kind kind = Kind::kGives;
    std::string text;               // a sentence for people
    std::vector<std::string> rows;  // kGives: as JSON, at most kMostRows
    int64_t count = 0;              // kGives: how many there are
};

inline constexpr size_t kMostRows = 5;

// In the order of the nodes. `topic`: that it is of; `now`: the clock, in microseconds since 1970. WEIR_E_UNSUPPORTED: the topology cannot
// be run so; the message says why. `plan` is of the topology, and `plugins` have made it.
Result<std::vector<ReplayedNode>> replay_record(const Plan& plan, OperatorResolver& plugins, size_t source, const Letter& record,
                                                const std::string& topic, int64_t now);

}  // namespace weir::host
