// Topologies of operators that keep state by key, with a folder for it.
#pragma once

#include <stdlib.h>

#include <filesystem>
#include <map>
#include <random>
#include <string>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "tests/unit/engine/engine_fixture.hpp"

namespace weir::host::testing {

class KeyedStates : public EngineFixture {
protected:
    void SetUp() override {
        EngineFixture::SetUp();
        std::string name = (std::filesystem::temp_directory_path() / "weir-keyed-XXXXXX").string();
        ASSERT_NE(mkdtemp(name.data()), nullptr);
        folder_ = name;
    }
    void TearDown() override { std::filesystem::remove_all(folder_); }

    RunOptions options(std::optional<uint64_t> seed) {
        RunOptions out;
        out.simulate = seed;
        out.epochs.dir = folder_ / "state";
        return out;
    }
    // `totals_...` is a version of one operator, totals_v1.
    static std::string topology(std::string op, int64_t workers, const std::string& more = "",
                                const std::string& key = "n") {
        if (op.starts_with("totals_")) world().acts_as["totals_v1"] = std::exchange(op, "totals_v1");
        return fmt::format("name: t\nworkers: {}\ncheckpoint: 20us\nnodes:\n  numbers_in: {{ numbers: {{}} }}\n"
                           "  counted: {{ from: numbers_in, key: {}, {}: {{}} }}\n  out: {{ from: counted, collect: {{}} }}\n{}",
                           workers, key, op, more);
    }
    // The last row of each n.
    static std::map<int64_t, std::string> last_rows() {
        std::map<int64_t, std::string> out;
        for (const std::string& row : world().sunk) out[std::stoll(row.substr(5))] = row;
        return out;
    }
    // Random numbers in random splits.
    static void random_input(std::mt19937_64& random) {
        reset_world();
        world().splits.clear();
        world().batch = 1 + static_cast<int64_t>(random() % 7);
        const auto keys = static_cast<int64_t>(1 + random() % 40);
        for (uint64_t s = 0; s < 1 + random() % 4; ++s) {
            auto& split = world().splits[fmt::format("s{}", s)];
            for (uint64_t i = random() % 120; i > 0; --i)
                split.push_back(static_cast<int64_t>(random()) % keys);
        }
    }

    std::filesystem::path folder_;
};

// An operator whose last row for a key depends on all rows of the key and on nothing else.
inline void expect_same_after_crashes(const std::map<int64_t, std::string>& expected, const std::map<int64_t, std::string>& got,
                               uint64_t seed) {
    for (const auto& [n, row] : expected) {
        auto found = got.find(n);
        // What was decided before a crash need not come again behind it.
        ASSERT_TRUE(found != got.end()) << "seed " << seed << ": nothing came of " << n;
        ASSERT_EQ(found->second, row) << "seed " << seed;
    }
}

}  // namespace weir::host::testing
