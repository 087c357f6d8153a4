// Test files, checked together and run case by case.
//
// Every case runs several times: first as it stands, on one worker, with all that is sent at once; then in orders that
// are drawn: on other numbers of workers, with other interleavings and batches. A seed gives the same orders again.
//
// Threads: host thread.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "host/test/case_run.hpp"

namespace weir::host::test {

struct SuiteOptions {
    std::string filter;      // only cases with this in `FILE: NAME`; empty: all
    uint64_t seed = 0;
    int64_t runs = 5;        // of each case; 1: as it stands alone
};

struct CaseResult {
    std::string file, name;
    std::vector<CaseFailure> failures;
    bool is_drawn = false;  // it failed in an order that was drawn, and not as it stands
    CaseOutcome outcome;    // as it stands
};

class Suite {
public:
    // `plugins` must outlive it.
    Suite(OperatorResolver& plugins, SuiteOptions options);
    ~Suite();
    Suite(const Suite&) = delete;
    Suite& operator=(const Suite&) = delete;

    // Reads and checks a file, its topology, and what its cases say.
    void load(const std::filesystem::path& path);
    const Diagnostics& diagnostics() const { return diagnostics_; }
    size_t cases() const { return cases_.size(); }

    // REQUIRES: diagnostics() has no errors. `done` is told of each case, in order.
    std::vector<CaseResult> run(const std::function<void(const CaseResult&)>& done);

private:
    struct Case;
    void load_case(const TestFile& file, const FileCase& of);
    bool check_settings(const TestFile& file, const FileCase& of);
    CaseResult run_one(Case& of);

    OperatorResolver& plugins_;
    const SuiteOptions options_;
    Diagnostics diagnostics_;
    std::vector<std::unique_ptr<TestFile>> files_;
    std::vector<std::unique_ptr<Case>> cases_;
    std::filesystem::path state_;  // where cases with a crash keep theirs
    uint64_t states_ = 0;
};

}  // namespace weir::host::test
