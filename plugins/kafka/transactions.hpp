// The transactions of a connection whose topology is exactly_once: one transactional producer, which the epochs
// drive, and the gate that keeps rows of the next epoch out of the transaction of this one.
//
//   open -> last_committed -> fence -> (begin(e) -> sinks write, each prepares -> prepare(e) -> commit(e) | abort(e))*
//
// Until the fence this is a guest: it looks at the marker, and nobody who runs notices. last_committed may come again behind it.
//
// What is asked of the broker runs on a thread of its own. Any error of a commit is ambiguous: then the producer is
// thrown away, a new one ends what the old one left behind, and the broker's marker says what became of the epoch.
#pragma once

#include <atomic>
#include <chrono>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "control_thread.hpp"
#include "marker.hpp"
#include "producer.hpp"
#include "topics.hpp"

namespace weir::kafka {

struct TransactionNames {
    std::string id;     // transactional.id: who opens it again fences whoever had it
    std::string group;  // of the marker

    static TransactionNames of(const Settings &settings, std::string_view topology, std::string_view connection);
};

struct TransactionTimes {
    std::chrono::milliseconds timeout;         // transaction.timeout.ms
    std::chrono::microseconds fence_timeout;    // how long fence keeps trying
};

inline std::string epoch_text(uint64_t epoch) { return "epoch " + std::to_string(epoch); }

class Transactions {
public:
    using Clock = std::chrono::steady_clock;

    // `settings` and `control` outlive this. `wake` is called when a call that was pending is done. [host]
    Transactions(const Settings &settings, TransactionTimes times, TransactionNames names, std::shared_ptr<LogTarget> log,
                 ControlThread &control, std::function<void()> wake);
    ~Transactions();

    // Makes ready for all that follows; fences nobody. Blocks; control thread.
    Status open(Topics topics);

    // The decider's part, as weir/abi/connection.h has it. [host]
    Status fence();
    Status begin(uint64_t epoch);
    Status prepare(uint64_t epoch);
    Status commit(uint64_t epoch, std::string_view marker);
    Status abort(uint64_t epoch);
    Status last_committed(const weir_bytes_out &out);
    Status close();  // aborts what is open
    void cancel();   // [any]

    // For sinks. [any]
    // Whether the open transaction takes rows of a sink whose last prepared epoch is this.
    bool takes(std::optional<uint64_t> prepared) const;
    // The Outbound is woken when the next transaction begins.
    void wait_for_begin(const std::shared_ptr<Outbound> &outbound);
    // WEIR_E_RETRYABLE: there is none any more.
    Result<std::shared_ptr<Producer>> producer();
    const std::string &id() const { return names_.id; }
    // Why the open transaction can only be aborted: no code, where it can be committed.
    std::pair<rd_kafka_resp_err_t, std::string> failure(Producer &producer) const;
    // What a producer that has failed for good means: WEIR_E_FATAL where another host has fenced it.
    Status broken(Producer &producer);
    // No batch is to be larger; for a topic that takes less. Before the first begin; later it has no effect. Blocks;
    // control thread.
    Status limit_batches(int64_t bytes);

private:
    enum class Stage { kClosed, kLooking, kReady, kOpen, kFailed };

    Status run(const char *what, uint64_t epoch, std::function<Status()> work);
    bool go_on();
    // Thread of the transactions.
    Status take_over();  // fences whoever has the id, ends what it left open
    Status flush(uint64_t epoch);
    Status decide(uint64_t epoch, const std::string &marker, const std::string &printable);
    Status decided(const std::string &marker);
    Status undo(uint64_t epoch, std::shared_ptr<Producer> producer, const std::string &why);
    Status ask(uint64_t epoch, const std::string &marker, const std::string &why);
    Status roll_back(uint64_t epoch);
    std::optional<Status> fenced();  // by another host, or nullopt: for its age
    std::chrono::milliseconds end_timeout() const;
    // What went wrong, if anything.
    std::optional<std::string> end(Producer &producer, bool commit, Clock::time_point deadline);
    // Whether somebody else has decided epochs since we did. `marker`: of the epoch that is being committed.
    bool is_foreign(const std::optional<std::string> &found, const std::string &marker);
    std::string took_too_long() const;
    bool outlived();  // the transaction its time-out
    Status other_host() const;
    // Of the producer that there is, if any: the next one must know them, too.
    std::vector<TopicOptions> known_topics();
    // Behind a fence the new one takes over from the one before.
    Result<std::shared_ptr<Producer>> make_producer(Clock::time_point deadline, const std::vector<TopicOptions> &topics);
    Status init(rd_kafka_t *producer, Clock::time_point deadline);
    void replace(std::shared_ptr<Producer> producer);
    void wake_sinks();

    const Settings &settings_;
    const TransactionNames names_;
    const std::shared_ptr<LogTarget> log_;
    ControlThread &control_;
    const std::function<void()> wake_;
    Listener unheard_;  // the reader's errors come back by its calls
    MarkerReader reader_, looker_;  // which waits for a transaction that is being ended, and which does not
    const std::chrono::milliseconds timeout_;  // transaction.timeout.ms
    const std::chrono::microseconds fence_timeout_;
    std::atomic<bool> cancelled_{false};
    std::atomic<Stage> stage_{Stage::kClosed};
    std::atomic<uint64_t> open_{0};  // the epoch of the transaction that takes rows, plus 1; 0: none does

    // [host]
    const char *call_ = nullptr;
    uint64_t call_epoch_ = 0;
    std::unique_ptr<Deferred> deferred_;

    std::mutex mutex_;  // guards what follows
    std::shared_ptr<Producer> producer_;
    bool making_ = false;
    int64_t batch_bytes_;
    Clock::time_point began_;
    bool marker_known_ = false;  // and what it was when we looked or wrote last:
    std::optional<std::string> marker_;
    std::vector<std::weak_ptr<Outbound>> waiting_;

    ControlThread thread_;  // last: what runs on it uses all of the above
};

}  // namespace weir::kafka
