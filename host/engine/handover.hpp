// What a run leaves to the graph that takes its place at an epoch: open, and as of that epoch. What is not taken is closed or
// dropped, and read back from the store; so is all of it where the graph before comes back. Instances of nodes that both graphs
// declare alike are moved into the next plan by Plan::move; what belongs to them is here.
//
// Threads: one host thread at a time.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "host/engine/epochs.hpp"
#include "host/engine/keyed_state.hpp"
#include "host/engine/plan.hpp"
#include "host/engine/splits.hpp"
#include "host/engine/worker.hpp"
#include "host/state/store.hpp"

namespace weir::host {

struct Handover {
    // The keyed state of a node's instances, by worker. Their plugin need not be there any more.
    struct Keyed {
        std::string op;
        std::vector<std::shared_ptr<KeyedState>> of;
    };

    bool fits = true;                   // the plan was made with these connections, and not with some that are gone
    Connections connections;            // open, of which the next graph's plan has some
    ConnectionInstance* decider = nullptr;  // of the run's epochs; only to be compared
    std::unique_ptr<StateStore> store;  // null: it keeps none
    std::optional<LeftEpoch> epoch;     // the last one, where it is to be committed yet
    int64_t memory_limit = 0;           // that the store and the keyed state were made for
    std::map<std::string, Keyed> keyed;  // by node
    // Of moved nodes, by their index in the next plan: what each worker had of them. And where the splits of all sources were; the
    // pairs are moved sources, (before, next).
    std::map<size_t, std::vector<MovedNode>> moved;
    std::optional<SplitTable> splits;
    std::vector<std::pair<size_t, size_t>> sources;
};

}  // namespace weir::host
