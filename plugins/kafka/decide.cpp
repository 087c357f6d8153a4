// Transactions: how an epoch ends, and what is done when that has no clear answer. On the transactions' thread.
#include <algorithm>

#include <weir/failpoint.hpp>

#include "transactions.hpp"

namespace weir::kafka {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds kMarkerTimeout{10'000};  // for the marker to reach the broker
constexpr milliseconds kEndTimeout{15'000};     // for the end of a transaction, before a new producer asks; or
constexpr int kEndShare = 4;                    // this share of transaction.timeout.ms, where that is less
constexpr milliseconds kAskTimeout{30'000};     // for that one to learn what became of it
constexpr milliseconds kLookTimeout{2'000};     // for a look at the marker that fences nobody
constexpr milliseconds kSlice{1'000};           // of a call that goes on when called again; bounds a cancel

}  // namespace

milliseconds Transactions::end_timeout() const { return std::min(kEndTimeout, timeout_ / kEndShare); }

std::optional<std::string> Transactions::end(Producer &producer, bool commit, Clock::time_point deadline) {
    for (;;) {
        auto left = std::chrono::ceil<milliseconds>(deadline - Clock::now());
        auto slice = static_cast<int>(std::clamp(left, milliseconds(1), kSlice).count());
        Error error(commit ? rd_kafka_commit_transaction(producer.get(), slice)
                           : rd_kafka_abort_transaction(producer.get(), slice));
        if (!error) return std::nullopt;
        bool again = rd_kafka_error_is_retriable(error.get()) && Clock::now() < deadline && go_on();
        if (!again) return rd_kafka_error_string(error.get());
    }
}

Status Transactions::decide(uint64_t epoch, const std::string &marker, const std::string &printable) {
    auto current = producer();
    if (!current || stage_ != Stage::kOpen) return Status::retryable(epoch_text(epoch) + " is not open");
    std::shared_ptr<Producer> producer = std::move(*current);
    if (WEIR_FAILS("kafka.marker.send")) return undo(epoch, std::move(producer), "failpoint kafka.marker.send");
    if (!WEIR_BUG("marker-not-sent"))
        if (Error error{send_marker(producer->get(), names_.group, epoch, printable, kMarkerTimeout)})
            return undo(epoch, std::move(producer), rd_kafka_error_string(error.get()));
    WEIR_FAILPOINT("kafka.marker.sent");
    std::optional<std::string> why;
    if (WEIR_FAILS("kafka.commit.request"))
        why = "failpoint kafka.commit.request";
    else
        why = end(*producer, true, Clock::now() + end_timeout());
    if (WEIR_FAILS("kafka.commit.answer")) why = "failpoint kafka.commit.answer";
    if (!why) return decided(marker);
    if (producer->is_fenced()) {
        if (auto verdict = fenced()) return *verdict;
        *why += took_too_long();
    }
    producer.reset();
    return ask(epoch, marker, *why);
}

Status Transactions::decided(const std::string &marker) {
    std::lock_guard lock(mutex_);
    marker_known_ = true;
    marker_ = marker;
    stage_ = Stage::kReady;
    WEIR_FAILPOINT("kafka.commit.decided");
    return {};
}

// The commit was never asked for, so there is nothing to find out. The producer is not used again: a request of
// it that is still under way must not meet a later transaction.
Status Transactions::undo(uint64_t epoch, std::shared_ptr<Producer> producer, const std::string &why) {
    WEIR_FAILPOINT("kafka.undo.begin");
    auto failed = producer->is_fenced() ? why : end(*producer, false, Clock::now() + end_timeout());
    auto verdict = producer->is_fenced() ? fenced() : std::nullopt;
    if (verdict) return *verdict;
    WEIR_FAILPOINT("kafka.undo.aborted");
    stage_ = Stage::kFailed;
    replace(nullptr);
    std::string outcome = " was not committed; its transaction was aborted: " + why;
    if (producer->is_fenced())
        outcome += took_too_long();
    else if (failed)
        outcome = " was not committed (and the broker has yet to abort it): " + why;
    return Status::retryable(epoch_text(epoch) + outcome);
}

Status Transactions::ask(uint64_t epoch, const std::string &marker, const std::string &why) {
    log_->log(WEIR_LOG_WARNING, epoch_text(epoch) + ": whether it was committed is asked of the broker: " + why);
    WEIR_FAILPOINT("kafka.ask.begin");
    stage_ = Stage::kFailed;
    const auto topics = known_topics();
    replace(nullptr);
    WEIR_FAILPOINT("kafka.ask.destroyed");
    auto again = [this] { return go_on(); };
    auto unknown = [&](const std::string &reason) {
        return Status::retryable(epoch_text(epoch) + ": whether it was committed shows when the connection is opened again: " +
                                 why + "; " + reason);
    };
    // Whoever has taken over in the meantime is not to be fenced.
    auto seen = reader_.read(Clock::now() + kLookTimeout, again);
    WEIR_FAILPOINT("kafka.ask.looked");
    if (seen && is_foreign(*seen, marker)) return other_host();
    auto deadline = Clock::now() + kAskTimeout;
    auto fresh = make_producer(deadline, topics);
    if (!fresh) return unknown(fresh.status().message());
    WEIR_FAILPOINT("kafka.ask.fenced");
    auto found = reader_.read(deadline, again);
    if (!found) return found.status().code() == WEIR_E_FATAL ? found.status() : unknown(found.status().message());
    WEIR_FAILPOINT("kafka.ask.answered");
    if (*found == marker || WEIR_BUG("guess-after-ambiguous-commit")) {
        replace(*fresh);
        log_->log(WEIR_LOG_INFO, epoch_text(epoch) + " was committed");
        return decided(marker);
    }
    if (is_foreign(*found, marker)) return other_host();
    return Status::retryable(epoch_text(epoch) + " was not committed; its transaction was aborted: " + why);
}

Status Transactions::roll_back(uint64_t epoch) {
    auto current = producer();
    if (!current || stage_ != Stage::kOpen) return {};
    std::shared_ptr<Producer> producer = std::move(*current);
    auto why = end(*producer, false, Clock::now() + end_timeout());
    if (!why) {
        stage_ = Stage::kReady;
        return {};
    }
    auto verdict = producer->is_fenced() ? fenced() : std::nullopt;
    if (verdict) return *verdict;
    producer.reset();
    stage_ = Stage::kFailed;
    replace(nullptr);
    return Status::retryable(epoch_text(epoch) + ": its transaction ends when the connection is opened again: " + *why);
}

// A producer is fenced by whoever opens its id, and by the broker when a transaction outlives its time-out: only in
// the second case there is somebody left who should ask.
std::optional<Status> Transactions::fenced() {
    stage_ = Stage::kFailed;
    if (!outlived()) return other_host();
    return std::nullopt;
}

std::string Transactions::took_too_long() const {
    return "; it took longer than transaction.timeout.ms, " + std::to_string(timeout_.count()) + " ms";
}

bool Transactions::outlived() {
    std::lock_guard lock(mutex_);
    return Clock::now() - began_ >= timeout_;
}

bool Transactions::is_foreign(const std::optional<std::string> &found, const std::string &marker) {
    std::lock_guard lock(mutex_);
    return marker_known_ && found && found != marker_ && found != marker;
}

Status Transactions::other_host() const {
    return Status::fatal("transactional.id `" + names_.id +
                         "` was taken over: another host runs this topology. Where two topologies are meant, give "
                         "their connections different names of `application`");
}

// A transaction cannot be begun in another one; of one that has failed the client says why instead.
std::pair<rd_kafka_resp_err_t, std::string> Transactions::failure(Producer &producer) const {
    if (open_.load(std::memory_order_acquire) == 0) return {RD_KAFKA_RESP_ERR_NO_ERROR, ""};
    Error error(rd_kafka_begin_transaction(producer.get()));
    if (!error || !rd_kafka_error_txn_requires_abort(error.get())) return {RD_KAFKA_RESP_ERR_NO_ERROR, ""};
    return {rd_kafka_error_code(error.get()), rd_kafka_error_string(error.get())};
}

Status Transactions::broken(Producer &producer) {
    if (producer.is_fenced() && !outlived()) return other_host();
    return Status::retryable("transactional.id `" + names_.id + "`: the producer has failed and must be made anew: " +
                             producer.why_broken());
}

}  // namespace weir::kafka
