// Topologies whose graph is changed while they run.
#pragma once

#include <stdlib.h>

#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <random>
#include <set>
#include <stdexcept>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "host/engine/supervisor.hpp"
#include "tests/unit/engine/cluster_operators.hpp"
#include "tests/unit/engine/engine_fixture.hpp"

namespace weir::host::testing {

// Numbers are doubled and counted by themselves: what most changes begin from.
inline const std::string kCountedNodes = R"(
nodes:
  numbers_in: { numbers: {} }
  doubled: { from: numbers_in, twice: {} }
  counted: { from: doubled, key: n, tally: {} }
  out: { from: counted, collect: {} }
)";
inline const std::string kCountedGraph = "name: t\nworkers: 2\ncheckpoint: 20us" + kCountedNodes;
// The same exactly once, to the cluster, by the operator `counting`.
inline std::string sent_graph(const std::string& counting) {
    return fmt::format(R"(
name: t
workers: 2
checkpoint: 20us
delivery: exactly_once
connections: {{ cluster: here }}
nodes:
  numbers_in: {{ numbers: {{}} }}
  doubled: {{ from: numbers_in, twice: {{}} }}
  counted: {{ from: doubled, key: n, {}: {{}} }}
  out: {{ from: counted, sent: counts }}
)",
                       counting);
}

class Changed : public EngineFixture {
protected:
    Changed() {
        char name[] = "/tmp/weir-change-XXXXXX";
        if (!mkdtemp(name)) throw std::runtime_error("no temporary folder");
        folder_ = name;
    }
    ~Changed() override {
        supervisor_.reset();  // its store removes files of its own
        std::filesystem::remove_all(folder_);
    }

    Graph graph(const std::string& text) {
        Diagnostics diagnostics;
        auto topology = load_topology_text("test.yaml", text, {}, resolver_.catalog(), diagnostics);
        if (!topology) throw std::runtime_error(diagnostics.text(false));
        auto shared = std::make_shared<const Topology>(std::move(*topology));
        graphs_.push_back(shared);
        return {shared, [this, shared]() -> Result<std::unique_ptr<Plan>> {
                    if (on_plan_) on_plan_();
                    Diagnostics found;
                    auto plan = Plan::build(*shared, resolver_, {}, found);
                    if (!plan) return Status::config("", found.text(false));
                    return plan;
                }};
    }

    // With what the running graph has, where hands_over_ says so.
    Change change_to(const std::string& text, std::vector<std::string> allow_loss = {}) {
        Change change{graph(text), nullptr, std::move(allow_loss), std::chrono::microseconds(0),
                      [this](const Applied& outcome) {
                          const std::lock_guard lock(world_mutex());
                          outcomes_.push_back(outcome);
                          std::erase_if(graphs_, [](const auto& one) { return one.expired(); });
                          held_.push_back(graphs_.size());
                      }};
        PlanOptions options;
        if (hands_over_) options.running = supervisor_->connections();
        Diagnostics found;
        change.plan = Plan::build(*change.graph.topology, resolver_, options, found);
        if (!change.plan) throw std::runtime_error(found.text(false));
        return change;
    }

    // With the call of `twice` of that number, counted over all graphs.
    void change_at(int call, const std::string& text, std::vector<std::string> allow_loss = {}) {
        world().at_call[call] = [this, text, allow_loss] { supervisor_->apply(change_to(text, allow_loss)); };
    }

    std::filesystem::path state(uint64_t seed) const { return folder_ / fmt::format("s{}", seed); }

    // To its end; the failure's text, or "". What the restarts say is in said_.
    std::string run(const std::string& text, uint64_t seed) {
        SupervisorOptions options;
        if (!has_threads_) options.run.simulate = seed;
        if (keeps_state_) options.run.epochs.dir = state(seed);
        options.graph = graph(text);
        options.on_failure = [this](const RestartNotice& n) {
            said_.push_back(n.failure);
            if (on_failure_) on_failure_();
        };
        auto plan = options.graph.plan_again();
        supervisor_ = std::make_unique<Supervisor>(std::move(*plan), std::move(options));
        const std::atomic<bool> no_stop{false};
        const Status status = supervisor_->connect(no_stop);
        if (!status.ok()) return status.message();
        supervisor_->start();
        supervisor_->join();
        return supervisor_->failure() ? supervisor_->failure()->text() : "";
    }

    void fill(std::mt19937_64& random) {
        counts_.clear();
        world().splits.clear();
        for (const char* split : {"a", "b", "c"}) {
            auto& values = world().splits[split];
            for (int i = 0; i < 80; ++i) values.push_back(static_cast<int64_t>(random() % 7));
            for (int64_t n : values) ++counts_[2 * n];
        }
    }

    // Rows may come again, at-least-once; each count is there, and none beyond.
    void expect_all_counted(uint64_t seed) {
        std::map<int64_t, std::set<int64_t>> seen;
        for (const std::string& row : world().sunk) {
            long long n = 0, count = 0;
            ASSERT_EQ(sscanf(row.c_str(), "{\"n\":%lld,\"count\":%lld}", &n, &count), 2) << row;
            seen[n].insert(count);
        }
        for (const auto& [n, count] : counts_) {
            EXPECT_EQ(seen[n].size(), static_cast<size_t>(count)) << "seed " << seed << ", n " << n;
            EXPECT_EQ(*seen[n].rbegin(), count) << "seed " << seed << ", n " << n;
        }
    }

    // Each number with the counts 1, 2, ..., each once, in what readers see of `counts`.
    void expect_each_once(uint64_t seed, const char* column = "count") {
        std::multiset<std::string> expected;
        for (const auto& [n, count] : counts_)
            for (int64_t i = 1; i <= count; ++i) expected.insert(fmt::format("{{\"n\":{},\"{}\":{}}}", n, column, i));
        const auto& seen = cluster().seen["counts"];
        EXPECT_EQ(std::multiset<std::string>(seen.begin(), seen.end()), expected) << "seed " << seed;
    }

    std::filesystem::path folder_;
    bool keeps_state_ = true;
    bool hands_over_ = true;
    bool has_threads_ = false;  // then it is no simulation
    std::unique_ptr<Supervisor> supervisor_;
    std::vector<Applied> outcomes_;
    std::vector<std::weak_ptr<const Topology>> graphs_;  // that somebody holds
    std::vector<size_t> held_;                           // how many of them, at each outcome
    std::map<int64_t, int64_t> counts_;
    std::vector<std::string> said_;
    std::function<void()> on_failure_;
    std::function<void()> on_plan_;  // before a supervisor plans its graph
};

inline std::string replaced(std::string text, const std::string& from, const std::string& to) {
    return text.replace(text.find(from), from.size(), to);
}

}  // namespace weir::host::testing
