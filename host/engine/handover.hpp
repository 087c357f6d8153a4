// What a run leaves to the graph that takes its place at an epoch: open, and as of that epoch. What is not taken is closed or
// dropped, and read back from the store; so is all of it where the graph before comes back.
//
// Threads: one host thread at a time.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "host/engine/keyed_state.hpp"
#include "host/engine/plan.hpp"
#include "host/state/store.hpp"

namespace weir::host {

struct Handover {
    // The keyed state of a node's instances, by worker. Their plugin need not be there any more.
    struct Keyed {
        std::string op;
        std::vector<std::shared_ptr<KeyedState>> of;
    };

    Connections connections;            // open, of which the next graph's plan has some
    ConnectionInstance* decider = nullptr;  // of the run's epochs; only to be compared
    std::unique_ptr<StateStore> store;  // null: it keeps none
    int64_t memory_limit = 0;           // that the store and the keyed state were made for
    std::map<std::string, Keyed> keyed;  // by node
};

}  // namespace weir::host
