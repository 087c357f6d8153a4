// The views of one topology, as requests ask for them: rows of nodes out of tables in memory, queries by the connection's
// plugin, with typed arguments.
//
// They outlive the runs of a topology that begins again: tables keep their rows, queries are refused meanwhile. A topology that is
// changed while it runs brings its views along; those that are as they were keep their rows.
// Threads: create on one; answers on any; the tap's thread shows rows.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <map>
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
#include "host/http/answer.hpp"

namespace weir::host {

inline constexpr uint64_t kMaxQueryRows = 10'000;
inline constexpr uint64_t kMaxQueryBytes = uint64_t{16} << 20;
inline constexpr std::chrono::microseconds kQueryTimeout{10'000'000};
inline constexpr int kMaxQueries = 4;  // at once, of a topology

class Views : private TapReader {
public:
    // `plan` is looked at now, and not kept.
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
        struct One {
            std::string name;
            std::shared_ptr<const LatestTable> table;
            uint64_t seen = 0;  // version
        };
        std::vector<One> views;
        uint64_t generation = 0;
    };
    // nullopt: there is no such view, or it has no live rows; `why` is the answer then.
    std::optional<Follower> follow(const std::vector<std::string>& names, Answer& why) const;
    // What is new, as server-sent events; empty when nothing came for so long. nullopt: it is over, since the views are others now, or
    // after stop.
    std::optional<std::string> next(Follower& follower, std::chrono::milliseconds patience);
    // Ends what waits in next.
    void stop();

private:
    struct Served {
        ViewSpec spec;
        PlannedView planned;
        std::shared_ptr<LatestTable> table;  // of `latest`
        std::vector<TapPoint> taps;
    };
    // The views of a graph. Constant.
    struct Shown {
        std::string topology;
        std::optional<DashboardSpec> dashboard;
        std::vector<Served> views;

        const Served* find(std::string_view name) const;
        Answer no_view(std::string_view name) const;
    };

    static std::shared_ptr<const Shown> make(const Plan& plan, const Shown* before);
    std::shared_ptr<const Shown> shown() const;
    static Json dashboard_of(const Shown& shown);
    static bool is_same(const Shown& a, const Shown& b);
    std::vector<TapPoint> begin(const Plan& plan) override;
    void on_rows(size_t tap, const Schema& schema, const weir_batch& rows) override;
    void on_shown() override;
    static Answer answer_latest(const Served& view, const RequestParameters& parameters);
    template <class F>
    Status ask(const Served& view, F&& f);
    Answer answer_query(const Served& view, const RequestParameters& parameters);
    Json describe_one(const Served& view);
    Json columns_of_query(const Served& view);
    std::optional<Json> describe_columns(const Served& view);

    SharedConnections connections_;
    std::counting_semaphore<kMaxQueries> queries_{kMaxQueries};
    std::mutex describing_;
    std::map<std::string, Json> columns_;  // of queries that were described, by connection and text; guarded by describing_
    std::vector<std::shared_ptr<LatestTable>> tables_;  // by tap; used by one thread at a time, as TapReader says

    mutable std::mutex mutex_;  // guards what follows
    std::condition_variable changed_;
    std::shared_ptr<const Shown> shown_;
    uint64_t generation_ = 0;  // how many graphs were shown
    uint64_t rows_came_ = 0;   // how often
    bool stopped_ = false;

    std::unique_ptr<Taps> taps_;  // its thread ends before what it shows goes
};

}  // namespace weir::host
