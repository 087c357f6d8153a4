// A case with its steps checked against the topology: what is sent has the columns of its source, what is expected
// those of its output.
//
// Ownership: plain values; nodes and places share the test file. Threads: const access from any.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "host/test/test_file.hpp"
#include "host/test/tested_topology.hpp"
#include "host/test/world.hpp"

namespace weir::host::test {

enum class Match {
    kInOrder,   // these rows, in this order
    kAnyOrder,  // these rows
    kContains,  // these rows among others
};

struct ExpectedRow {
    const YamlNode* written = nullptr;
    bool is_map = false;                 // columns; otherwise a payload
    std::optional<std::string> payload;  // none: a tombstone
    // By input of the output the values that are expected of its columns, as JSON text; empty where the input does not
    // have the columns. A column without a value is not compared.
    std::vector<std::vector<std::optional<std::string>>> values;
};

struct Expectation {
    std::string output;
    Place place;  // of the output's name
    const YamlNode* list = nullptr;
    Match match = Match::kInOrder;
    std::vector<ExpectedRow> rows;
};

struct Sending {
    std::string source;
    int32_t partition = 0;
    Message message;
};

struct ScriptStep {
    const FileStep* written = nullptr;
    std::vector<Sending> sendings;
    std::map<std::string, int64_t> watermarks;  // by source
    std::vector<Expectation> expectations;
    bool keep_open = false;  // its epoch is not committed: a crash comes before
};

struct Script {
    std::map<std::string, std::set<int32_t>> partitions;  // by source: those that are sent to, and what the case says of
    std::vector<ScriptStep> steps;
    bool has_crash = false;
};

// Checks the case, taps what it looks at, and plans the topology once to know the schemas. nullopt after an error.
std::optional<Script> check_script(const FileCase& of, TestedTopology& tested, World& world, OperatorResolver& plugins,
                                   Diagnostics& diagnostics);

}  // namespace weir::host::test
