// Whether a graph has stood its trial: judged at the barrier of its first epoch, before anything of that is decided.
//
// Threads: the coordinator's, or before it runs.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "host/engine/run_stats.hpp"
#include "host/engine/sources.hpp"
#include "host/topology/trial.hpp"

namespace weir::host {

class Plan;

struct TrialTerms {
    std::chrono::microseconds length{0};  // at least
    std::optional<double> max_errors;     // the share of records that may fail; none: kMoreErrors above `errors_before`
    double errors_before = 0;             // that failed in the graph before
    bool judges_time = true;              // event time has to move; not where sources read what is older on purpose
};

class Trial {
public:
    // Of fewer records nothing is said.
    static constexpr int64_t kMinRecords = 20;
    // Without a record it ends after that.
    static constexpr std::chrono::microseconds kPatience{std::chrono::seconds(5)};

    Trial(Plan& plan, const TrialTerms& terms, RunProgress before) : plan_(plan), terms_(terms), before_(std::move(before)) {}

    // Why it has failed, or "". `records` were read since it began, up to the barrier, where it had come to `now`; of the rows that
    // failed, `foreseen` many were told before.
    std::string judge(int64_t records, int64_t foreseen, const RunProgress& now) const;

private:
    struct Clock;
    std::string judge_errors(const std::vector<NodeStats>& nodes, int64_t records, int64_t foreseen) const;
    std::vector<Clock> clocks_at(const RunProgress& now) const;
    std::string judge_node(const NodeTime& now, const std::vector<Clock>& clocks) const;

    Plan& plan_;
    const TrialTerms terms_;
    const RunProgress before_;
};

// The bound of a transaction that a trial of that length would break, and what to do; "": there is none. Of a plan under exactly_once.
std::string too_long(const Plan& plan, std::chrono::microseconds trial);

}  // namespace weir::host
