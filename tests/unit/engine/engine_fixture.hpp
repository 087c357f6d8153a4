// Topologies of the test operators, planned and run from their text.
#pragma once

#include <atomic>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "host/engine/host_services.hpp"
#include "host/engine/run.hpp"
#include "tests/unit/engine/test_operators.hpp"
#include "tests/unit/seeds.hpp"

namespace weir::host::testing {

class EngineFixture : public ::testing::Test {
protected:
    void SetUp() override {
        reset_world();
        HostServices::get().set_log([this](uint32_t, std::string_view text) { log_.append(text) += "\n"; });
    }

    // Plans the text, on one worker unless it says otherwise; empty and the messages in fault_ when it does not.
    std::unique_ptr<TopologyRun> plan(const std::string& text, RunOptions options = {}) {
        Diagnostics diagnostics;
        topology_ = load_topology_text("test.yaml", text, {}, resolver_.catalog(), diagnostics);
        std::unique_ptr<Plan> made;
        if (topology_ && topology_->workers == 0) topology_->workers = 1;  // an order that tests can rely on
        if (topology_) made = Plan::build(*topology_, resolver_, {}, diagnostics);
        fault_ = diagnostics.text(false);
        return made ? std::make_unique<TopologyRun>(std::move(made), std::move(options)) : nullptr;
    }
    // Runs to the end; the failure's text, or "".
    std::string run(const std::string& text, RunOptions options = {}) {
        auto made = plan(text, std::move(options));
        if (!made) return "not planned: " + fault_;
        const std::atomic<bool> stop{false};
        const Status connected = made->connect(stop);
        if (!connected.ok()) return "not connected: " + connected.message();
        made->start();
        made->join();
        stats_ = made->stats();
        EXPECT_FALSE(world().marked_ahead);
        return made->failure() ? made->failure()->text() : "";
    }
    static std::vector<std::string> rows(std::initializer_list<int> values) {
        std::vector<std::string> out;
        for (int n : values) out.push_back("{\"n\":" + std::to_string(n) + "}");
        return out;
    }

    TestResolver resolver_;
    std::optional<Topology> topology_;
    RunStats stats_;
    std::string fault_, log_;
};

}  // namespace weir::host::testing
