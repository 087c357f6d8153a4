// `weir why NODE@PARTITION:OFFSET`: what became of one record of a topology that runs.
//
// Threads: any.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <weir/result.hpp>

#include "host/admin/why.hpp"
#include "host/cli/candidate.hpp"
#include "host/engine/supervisor.hpp"

namespace weir::host {

struct RecordName {
    std::string node;   // a source
    std::string split;  // TOPIC/PARTITION, or PARTITION
    int64_t offset = 0;
};

// nullopt: it is none.
std::optional<RecordName> parse_record_name(std::string_view text);

// How many of the last dead letters of each partition are looked at for it.
inline constexpr int64_t kLettersLookedAt = 10'000;

// About `position`, `record`, `node`s and `letter`s, in this order. What could not be found out is a finding, too. `again` is what runs,
// planned beside it. Not ok: the name is of no source, or of one whose records have no offsets. Asks servers, and blocks on them.
Result<std::vector<Finding>> what_became_of(const RecordName& record, const Supervisor& run, Candidate& again, int64_t now);

}  // namespace weir::host
