// A window over rows { k: string, t: timestamp, v: int64? }, driven as the engine would.
#pragma once

#include <gtest/gtest.h>

#include "../built_plugin.hpp"

namespace weir::testing {

constexpr int64_t kSecond = 1'000'000;
inline const std::string kSum = R"~(,"columns":{"n":"count()","sum":"sum(v)"})~";

class WindowTest : public ::testing::Test {
protected:
    using Lines = std::vector<std::string>;

    static Schema input();
    // Of the members of a window's configuration, as JSON without braces. Started.
    void make(const std::string &config, HarnessOptions options = {});
    Status start(const std::string &config, HarnessOptions options = {});
    // Rows of (key, seconds, value).
    void send(const std::string &rows);
    void watermark(double seconds) { ASSERT_EQ(h_->watermark(at(seconds)).message(), ""); }
    static int64_t at(double seconds) { return static_cast<int64_t>(seconds * kSecond); }
    // What came out: the values of the columns, in their order, bounds in seconds.
    Lines out(uint32_t port = 0);
    // A new instance with what a snapshot of this one has.
    void crash_and_restore(uint32_t mode = WEIR_SNAPSHOT_FULL);

    std::unique_ptr<Harness> h_;
    std::string config_;
    std::map<std::tuple<uint32_t, uint32_t, std::string>, std::string> kept_;  // by state, group, key: of snapshots of changes
    uint32_t version_ = 0;  // of the state
};

}  // namespace weir::testing
