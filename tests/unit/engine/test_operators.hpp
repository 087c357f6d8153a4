// Operators for the engine's tests, written against the SDK, and a resolver that knows them by name.
#pragma once

#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include <weir/testing/rows.hpp>
#include <weir/weir.hpp>

#include "host/loader/resolver.hpp"

namespace weir::host::testing {

// What the operators of one test share: the script of the sources and what the sinks saw.
struct World {
    // numbers: per split, the values to emit; `batch` at a time.
    std::map<std::string, std::vector<int64_t>> splits{{"s0", {}}};
    int64_t batch = 3;
    int64_t wait_before = 0;                 // microseconds from the first poll to the first row
    bool watermarks = false;                 // the source says that no number is smaller than its last one
    bool endless = false;                    // splits go dry instead of ending
    std::vector<std::string> sunk;           // rows as JSON, in order of arrival
    std::vector<std::string> events;         // prepare, committed, finish, ...
    int sink_full_every = 0;                 // every n-th process returns MORE once
    int prepare_pending = 0;                 // so many prepares answer PENDING (and wake)
    std::map<std::string, std::string> committed;  // split -> position
    bool marked_ahead = false;  // a source was asked for its position before it knew that the last epoch is committed
    std::set<int> retryable_calls;           // which calls of `twice`, counted from 1 over restarts, fail so
    int twice_calls = 0;
    std::map<int, std::function<void()>> at_call;  // what is done in such a call of `twice`
    bool unreachable = false;                // `collect` cannot be opened
    std::map<std::string, int> tally_calls;        // opened, restored, closed, woken: how often instances of `tally` were
    int64_t tally_wakes = 0;                       // microseconds between the wakes that they ask for; 0: for none
    int crash_after = 0;                           // so many calls of a keyed operator, then it throws
    std::map<uint64_t, std::set<std::string>> versions;  // epoch -> what instances of `ruled` had of their rules
    // timed: per split, rows with their time, or none, and silences in between (microseconds).
    struct TimedStep {
        std::optional<int64_t> time;
        int64_t silence = 0;
    };
    std::map<std::string, std::vector<TimedStep>> timed;
    std::vector<std::string> seen;                 // by watch
    std::map<uint32_t, int64_t> watermarks_of;     // worker -> the last one of its watch
    // An operator's name -> whose code it has now: another version of it.
    std::map<std::string, std::string> acts_as;
    std::string throw_in;                    // name of an operator whose process throws
    // boxes: a server that takes each box once, whatever is sent again.
    std::set<std::string> boxes;             // that arrived
    int box_pending_every = 0;               // every n-th commit answers PENDING once (and wakes)
    size_t box_limit = SIZE_MAX;             // of rows; larger boxes are replaced by halves
    std::string box_refused;                 // a row in which this stands is refused of sinks that are no `letters`: halves, then `errors`
    int box_prepare_pending = 0;             // each prepare of one node answers PENDING so often (and wakes)
    std::string box_prepare_pending_of = "letters";  // of which
    size_t box_slow = 0;                     // a box is taken after less than so many PENDINGs
    int boxes_until_failure = -1;            // so many commits, then the server is gone for good
    int boxes_sent = 0;
    int64_t drowse = 0;                      // drowsy: so many microseconds it has nobody disturb it behind each batch
    // timely: timers of each row, the first so long behind n, the others ten behind each other.
    int64_t timers_a_row = 1, timer_delay = 10;
    enum class OnTimer { kNothing, kRemoveNext, kSetNextAgain, kWake } on_timer = OnTimer::kNothing;  // of a key's first timer
    std::map<int64_t, int64_t> timers_at;    // time -> how many fired then
    // place: a server, and what `placed`, a sink over it, finds there.
    std::string place;                       // its id; empty: it has none
    std::optional<Status> place_fault;       // why it is not reached
    std::vector<Check::Finding> findings;
    std::optional<Status> look_fault;
};
World& world();
void reset_world();
// Held by the operators while they use the world; for topologies of several workers.
std::recursive_mutex& world_mutex();

// Descriptors and OperatorInfos by name; see test_operators.cpp for what each does:
//   numbers (source, port out), twice (n -> 2n), odd_fails (odd rows to errors), sum2 (a join of two inputs: passes
//   both on), collect (sink), many_sink (takes several inputs), bad_shape, bad_code, hoarder (holds rows until
//   finish, emits one batch a resume), tally (n and how often it came, by key), boxes (sink whose rows of an epoch
//   are a committable), placed (collect, over the connection `place`), and those of keyed_operators.hpp,
//   broadcast_operators.hpp, cluster_operators.hpp, flow_operators.hpp and timed_operators.hpp
class TestResolver : public OperatorResolver {
public:
    TestResolver();
    Result<ResolvedOperator> resolve(const OperatorInfo& info) override;
    const Catalog& catalog() const override { return catalog_; }

private:
    Catalog catalog_;
};

}  // namespace weir::host::testing
