// Asks sources which splits there are: at the start, and again when a source wakes.
//
// A source is asked by its instance on worker 0. Threads: that worker; before it runs, the thread that made it.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "host/engine/dataflow.hpp"

namespace weir::host {

// How long at least lies between two questions to a source that keeps waking.
inline constexpr int64_t kDiscoverInterval = 100'000;  // microseconds

class Discovery {
public:
    // `complete`: there will be no other splits.
    using Found = std::function<void(size_t node, std::vector<std::string> ids, bool complete)>;
    Discovery(Plan& plan, Dataflow& dataflow, Found found);

    // Asks every source. False if one failed (the dataflow says why).
    bool ask_all(int64_t now);
    void on_wake(size_t node);
    // Asks those that woke and whose time has come. True if any.
    bool step(int64_t now);
    std::optional<int64_t> next_time() const;

private:
    struct Source {
        size_t node = 0;
        Instance* instance = nullptr;
        std::optional<std::vector<std::string>> last;  // the last answer
        bool complete = false;
        bool due = false;
        int64_t asked_at = 0;
    };
    bool ask(Source& source, int64_t now);

    Dataflow& dataflow_;
    Found found_;
    std::deque<Source> sources_;
};

}  // namespace weir::host
