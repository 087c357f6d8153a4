// A server with transactions, in memory, that outlives the runs which reach it: a connection that decides epochs, and a sink
// over it, for TestResolver. What its commits and openings come to is scripted.
//
//   cluster (connection, decider): `cluster: NAME`. Who fences ends whatever transaction was open, as a broker does.
//   sent (sink): `sent: TOPIC`. Exactly once its rows of an epoch join the open transaction as it prepares, and are seen once
//   that is committed; at least once they are seen at once.
#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <weir/abi.h>
#include <weir/result.hpp>

namespace weir::host::testing {

// What becomes of a commit.
enum class CommitEnd {
    kDone,
    kUnheard,  // it is done, and its answer is lost: RETRYABLE
    kLost,     // it is not done: RETRYABLE
    kHangs,    // it is not done, and pends until it is cancelled
};

struct Cluster {
    using Topics = std::map<std::string, std::vector<std::string>>;  // rows as JSON
    Topics seen;                                                     // committed
    Topics open;                                                     // of the open transaction
    bool has_transaction = false;
    std::string marker;  // of the last committed one; empty: none

    // The script. Connections are counted from 1 as they are opened, successfully or not, and commits in each of them.
    std::map<std::pair<int, int>, CommitEnd> commits;  // by connection and commit; others are done
    std::map<int, Status> openings;                    // why one fails; others do not
    std::function<void()> on_begin, on_commit, on_close;
    bool begin_hangs = false;  // begin pends until it is cancelled
    int opened = 0, fenced = 0, cancelled = 0;
    std::chrono::microseconds checkpoint{0};  // as the last connection was told
};
// Made anew by reset_world.
Cluster& cluster();

std::span<const weir_operator* const> cluster_operators();

}  // namespace weir::host::testing
