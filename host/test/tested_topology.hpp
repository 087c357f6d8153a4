// A topology with stand-ins in place of its sources, sinks and connections, and taps where a test looks.
//
// Ownership: the plugins' resolver and the World must outlive it, and it the plans made of it. Threads: host thread.
#pragma once

#include <deque>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "host/engine/plan.hpp"
#include "host/test/stand_in.hpp"

namespace weir::host::test {

// What expectations of failed rows are about: those of the topology's `dead_letters:`.
inline constexpr const char* kDeadLetters = "dead_letters";

// The node that taps; none of a file can be called so.
inline constexpr const char* kTapNode = "weir test";

class TestedTopology : public OperatorResolver {
public:
    // `real`: nodes that stay as they are. What cannot be tested is in `diagnostics` afterwards.
    TestedTopology(Topology topology, const std::set<std::string>& real, OperatorResolver& plugins, World& world,
                   Diagnostics& diagnostics);
    TestedTopology(const TestedTopology&) = delete;
    TestedTopology& operator=(const TestedTopology&) = delete;

    // Notes what the port emits as the output of that name. Once a port, before the first plan.
    void tap(size_t node, const std::string& port, const std::string& output);

    const Topology& topology() const { return topology_; }
    bool is_stand_in(size_t node) const { return stands_in_.contains(topology_.nodes[node].op); }
    // Whether failed rows come to the output `dead_letters`.
    bool has_dead_letters() const { return has_dead_letters_; }
    // The plan of a run with so many workers, if the topology does not say how many; null and diagnostics if there is
    // none.
    std::unique_ptr<Plan> plan(int64_t workers, bool check_only, Diagnostics& diagnostics);

    Result<ResolvedOperator> resolve(const OperatorInfo& info) override;
    const Catalog& catalog() const override { return plugins_.catalog(); }

private:
    const OperatorInfo* replace(const OperatorInfo& info);
    void tap_dropped_errors();

    OperatorResolver& plugins_;
    World& world_;
    Topology topology_;
    const int64_t workers_;  // as the file says; 0: it does not
    std::deque<OperatorInfo> infos_;
    std::map<const OperatorInfo*, const OperatorInfo*> stands_in_;  // a copy, and what it is of
    std::map<const OperatorInfo*, std::unique_ptr<StandIn>> made_;
    OperatorInfo tap_info_;
    std::unique_ptr<StandIn> tap_;
    std::vector<Tap> taps_;
    bool has_dead_letters_ = false;
};

}  // namespace weir::host::test
