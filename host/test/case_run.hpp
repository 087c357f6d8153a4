// One run of a case: the topology under a clock of its own, step by step, in the order that a seed draws.
//
// A step is over when everything has come to rest and its epoch is committed. A crash ends the run as if it had been
// killed; the next one begins from what the epochs kept, as any start does.
//
// Threads: host thread.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "host/test/comparison.hpp"
#include "host/test/script.hpp"
#include "host/test/tested_topology.hpp"

namespace weir::host::test {

// What differs from run to run.
struct RunOrder {
    uint64_t seed = 0;
    int64_t workers = 1;      // of topologies that do not say how many
    uint64_t most_rows = WEIR_BATCH_MAX_ROWS;  // that a source gives at once: of several, drawn
};

// Something that is not as the case says. `place`: of what said so.
struct CaseFailure {
    Place place;
    std::string summary;  // one line
    std::string detail;   // further lines, with ends
};

// An expectation, and the rows that it was held against.
struct Held {
    const Expectation* expectation = nullptr;
    std::vector<Row> rows;
    std::vector<Schema> schemas;
    Comparison comparison;
};

struct CaseOutcome {
    std::vector<CaseFailure> failures;
    std::vector<Held> held;
    bool has_stopped = false;  // before its last step
};

// `state`: a folder that is not there, for a case with a crash; removed afterwards.
CaseOutcome run_case(const FileCase& of, const Script& script, TestedTopology& tested, World& world,
                     const RunOrder& order, const std::filesystem::path& state);

}  // namespace weir::host::test
