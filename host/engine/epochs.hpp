// The epochs of one topology, made durable: state, source positions and the decision, in the order that lets a crash
// at any point end in a whole epoch.
//
//   1. sinks prepared (the workers' part; before commit is called)
//   2. the store: state changes and the epoch's record, synced        store.prepare
//   3. the decider, where there is one: its transaction with the marker  connection.prepare, connection.commit
//   4. the store: the epoch is committed, synced                      store.commit
//   5. the next transaction                                           connection.begin
//
// A start finds what was left: an epoch prepared and not committed is committed if the decider has its marker, and
// aborted otherwise; without a decider step 4 decides.
//
// Without a folder nothing is durable: the epochs only coordinate.
//
// Threads: the coordinator, or whoever has the topology before it runs. Calls block on disk and servers.
#pragma once

#include <atomic>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include <weir/result.hpp>

#include "host/engine/connections.hpp"
#include "host/engine/sources.hpp"
#include "host/state/store.hpp"

namespace weir::host {

class StateReplacement;
struct Handover;

// An epoch that all nodes of a run have passed, and that the run behind it commits: all that commit stores.
struct LeftEpoch {
    uint64_t epoch = 0;
    std::vector<EpochPart> parts;
    size_t bytes = 0;      // of its state
    int64_t records = 0;   // that the sources gave in it
    std::set<std::string> own_state, keyed_state;  // nodes that have entries in it, of their own and of what the host keeps by key
    std::string record = {}, marker = {};
};

// Where sources begin that know positions of their own (a consumer group's offsets) when a topology has a folder for
// state, and nothing committed in it.
enum class OutsideStart {
    kRefuse,  // what belongs to those positions is not there
    kTake,
    kIgnore,  // begin as configured
};

struct EpochsOptions {
    std::filesystem::path dir;            // of this topology; empty: keep nothing
    std::vector<std::string> allow_loss;  // nodes whose state may be dropped when the topology lacks them
    std::vector<std::string> begin_anew;  // of these, nodes of the topology whose state is dropped, as it cannot be read any more
    bool reset = false;                   // forget the state, once the run begins
    std::filesystem::path savepoint;      // a store that becomes the state, once the run begins; empty: none
    OutsideStart outside_start = OutsideStart::kRefuse;
    std::string graph;   // whose epochs they are, for who finds them; empty: it is not said
    std::string record;  // of the last epoch, where a run goes on from when there is no folder; empty: it begins
};

class Epochs {
public:
    // The plan must outlive it.
    Epochs(Plan& plan, EpochsOptions options);
    ~Epochs();

    // Whether a write to the store failed, or damage was found in it.
    bool is_damaged() const { return store_ && !store_->health().ok(); }

    // Goes on with what the run before has left, the store as it is and the decider, where it is for the same memory limit.
    // Before open; `handover` outlives the recover.
    void go_on_from(Handover& handover);
    // What this run leaves, for a graph behind it: nothing can be asked of this any more. REQUIRES: not in doubt.
    void leave_to(Handover& handover);
    // Instead of commit, for what goes on behind this run: it is last() there, and committed by commit_left, as whose rows flow
    // already. The decider's transaction takes no rows from now on. REQUIRES: a store.
    Status leave(LeftEpoch epoch, const RunProgress& progress, const GiveUp& gives_up);
    // An epoch that is left and not committed; null: there is none.
    const LeftEpoch* left() const { return left_ ? &*left_ : nullptr; }
    // Steps 2 to 4 of it; REQUIRES: left(). It is tried once: where it fails the next recover, of the graph that it is of, tells.
    Status commit_left(const GiveUp& gives_up);
    // Whether the store lacks entries, of the epoch that was left, of a node that is to be read back; with or without its keyed state.
    bool lacks_state(size_t node, bool has_keyed) const;

    // Opens the store. WEIR_E_STATE_VERSION or what the store says: the state is in use, foreign, corrupt, or of
    // nodes that the topology does not have.
    Status open();
    // After the connections are open: decides what was prepared.
    Status recover(const std::atomic<bool>& stop);
    // After the instances are open, too: the first transaction.
    // Fences hosts that had the topology before, and not sooner but to decide what was prepared: a start that is refused has
    // ended nobody.
    Status begin(const GiveUp& gives_up);
    // When everything is open and rows can flow: state that is replaced goes for good. Until then a failure, or the end of this
    // object or of the process, leaves the state as it was. What nodes that are gone had goes with the first epoch.
    Status hold();
    // The last decided epoch; 0: none. And how far the run had come at its end.
    uint64_t last() const { return last_; }
    const RunProgress& progress() const { return progress_; }
    const std::string& record() const { return record_; }  // of that epoch, when there is no folder
    // Whether an epoch behind last() may be stored, or even decided: a commit had no good end. The next recover tells.
    bool is_in_doubt() const { return is_in_doubt_; }
    // After recover: what a source is to do with positions of its own; WEIR_START_*, or why it may not use them.
    Result<int32_t> outside_start() const;
    // Gives every block of a node's state to `restore`, migrated where an older version wrote it, and under its key as that is now; of
    // a node that `has_keyed` none of its keyed state, of one that `has_all` none.
    using Restore = std::function<Status(size_t node, const weir_state_block&)>;
    Status restore(const Restore& restore, const std::vector<bool>& has_keyed, const std::vector<bool>& has_all);
    // Whether the store is that of the run before, as it was left.
    bool goes_on() const { return goes_on_; }
    // After recover: what a node was called in the last epoch, and whether nothing of that is its own now.
    std::string former_id(size_t node) const;
    bool begins_anew(size_t node) const { return replaced_.contains(plan_.topology().nodes[node].id); }
    // Whether what the last epoch has of a node is its own as it lies there.
    bool keeps_state(size_t node) const { return !begins_anew(node) && !rekeyed_.contains(plan_.topology().nodes[node].id); }
    // After restore: rows that do not fit their node's configuration any more, and leave by its `errors`.
    int64_t leaving() const { return leaving_; }

    // Keyed states may be evicted from now on: they are read back from the store. After recover.
    void allow_eviction();
    size_t lookup_bytes() const { return store_ ? store_->lookup_bytes() : 0; }
    // Of a state's entries in a key group, those that have expired by then need not be kept any more.
    void expire(size_t node, uint32_t state, uint32_t group, int64_t upto);

    // Steps 2 to 5, the last where the run `goes_on`. `parts` are one a worker; another may be added. What is given up is for the
    // next recover to decide.
    Status commit(uint64_t epoch, std::vector<EpochPart>& parts, const RunProgress& progress, const GiveUp& gives_up, bool goes_on = true);

private:
    Status write(LeftEpoch& epoch, const GiveUp& gives_up);
    void drop_gone(std::vector<EpochPart>& parts);
    Result<std::string> record_at(uint64_t epoch) const;
    Status replace(const StoreOptions& options);
    Status find_dropped();
    Status may_lose(const std::string& node, const char* what) const;
    bool is_restored() const;
    Status read_record(uint64_t epoch);
    Status decide_commit(uint64_t prepared);
    Status decide_abort(uint64_t prepared);
    Status find_renamed(const Json& operators);
    int find_former(const std::string& id) const;
    Status rename_stored();
    void find_replaced(const Json& operators);
    Status check_keys(const Json& keys, const Json& kinds);
    Status check_servers(const std::string& record);
    Status decide(uint64_t prepared, const GiveUp& gives_up);
    Status check_marker(const std::string& marker, uint64_t prepared) const;
    Result<std::string> known_marker(uint64_t epoch) const;
    Status fence(const GiveUp& gives_up);
    Status adopt_states(const Json& states);
    Status restore_node(size_t node, const Restore& restore, bool has_keyed);
    std::string record_of(uint64_t epoch, const RunProgress& progress) const;
    Status read_positions(const Json& positions);
    void read_times(const Json& times);
    std::string marker_of(uint64_t epoch) const;

    Plan& plan_;
    EpochsOptions options_;
    std::unique_ptr<StateReplacement> replacement_;  // outlives the store
    std::unique_ptr<StateStore> store_;
    ConnectionInstance* decider_ = nullptr;
    bool goes_on_ = false;
    bool is_decided_ = false;  // by this decider, for this store, when it was handed over
    bool is_fenced_ = false;   // nobody but this decider decides
    std::optional<LeftEpoch> left_;
    std::string run_id_;
    std::string last_marker_;  // of the last epoch that a decider decided
    uint64_t last_ = 0;
    bool is_in_doubt_ = false;
    RunProgress progress_;
    std::string record_;
    std::map<std::string, std::string> renamed_;   // nodes that have another id than in the last epoch, and that one
    Json renamed_stored_ = Json::object();         // of what the store has, until the next epoch is committed
    std::map<std::string, std::string> replaced_;  // nodes of another operator than in the last epoch, or another key, and what they were
    std::set<std::string> rekeyed_;                // nodes whose state is to be stored anew, under the key that it has now
    int64_t leaving_ = 0;
    std::vector<std::string> dropped_;             // nodes whose state goes with the next epoch
    Json states_ = Json::object();  // by node: the catalogue of its keyed states
    Json servers_ = Json::object();  // by connection: its kind, and the id of the server that it reaches
};

}  // namespace weir::host
