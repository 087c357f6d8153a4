// The views of one topology, as requests ask for them: rows of nodes out of tables in memory, queries by the connection's
// plugin, with typed arguments.
//
// They outlive the runs of a topology that begins again: tables keep their rows, queries are refused meanwhile.
// Threads: create on one; answers on any; the tap's thread shows rows.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <semaphore>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "host/engine/plan.hpp"
#include "host/engine/shared_connections.hpp"
#include "host/engine/tap.hpp"
#include "host/serve/arguments.hpp"
#include "host/serve/latest_table.hpp"
#include "host/serve/problem.hpp"

namespace weir::host {

inline constexpr uint64_t kMaxQueryRows = 10'000;
inline constexpr uint64_t kMaxQueryBytes = uint64_t{16} << 20;
inline constexpr std::chrono::microseconds kQueryTimeout{10'000'000};
inline constexpr int kMaxQueries = 4;  // at once, of a topology


class Views : private TapReader {
public:
    // `plan` is looked at now, and not kept; its topology outlives this.
    explicit Views(const Plan& plan);
    ~Views() override;

    // For the runs of the topology.
    Taps& taps() { return *taps_; }
    SharedConnections& connections() { return connections_; }

    Answer answer(std::string_view view, const RequestParameters& parameters);
    // All views, with arguments and columns, as JSON.
    Json describe();
    Json dashboard();

    // Where a follower of some `latest` views is.
    struct Follower {
        std::vector<std::pair<size_t, uint64_t>> views;  // index, and the version that it has seen
    };
    // nullopt: there is no such view, or it has no live rows; `why` is the answer then.
    std::optional<Follower> follow(const std::vector<std::string>& names, Answer& why) const;
    // What is new, as server-sent events; empty when nothing came for so long, or after stop.
    std::string next(Follower& follower, std::chrono::milliseconds patience);
    // Ends what waits in next.
    void stop();

    const Topology& topology() const { return topology_; }

private:
    struct Served {
        const ViewSpec* spec = nullptr;
        PlannedView planned;
        std::unique_ptr<LatestTable> table;  // of `latest`
        std::vector<size_t> taps;
        std::optional<Json> columns;  // of a query, once it was described
    };

    void on_rows(size_t tap, const Schema& schema, const weir_batch& rows) override;
    void on_shown() override;
    Served* find(std::string_view name);
    const Served* find(std::string_view name) const;
    Answer no_view(std::string_view name) const;
    Answer answer_latest(const Served& view, const RequestParameters& parameters) const;
    Answer answer_query(const Served& view, const RequestParameters& parameters);
    Json describe_one(Served& view);
    std::optional<Json> describe_columns(const Served& view);

    const Topology& topology_;
    std::vector<Served> views_;
    std::vector<size_t> view_of_tap_;
    SharedConnections connections_;
    std::counting_semaphore<kMaxQueries> queries_{kMaxQueries};
    std::mutex columns_;  // guards Served::columns

    std::mutex mutex_;
    std::condition_variable changed_;
    uint64_t shown_ = 0;  // how often rows came; guarded by mutex_
    bool stopped_ = false;

    std::unique_ptr<Taps> taps_;  // its thread ends before what it shows goes
};

}  // namespace weir::host
