#include "inserter.hpp"

#include <algorithm>

#include <weir/failpoint.hpp>
#include <weir/memory.hpp>

namespace weir::clickhouse {
namespace {

using Clock = std::chrono::steady_clock;
constexpr std::chrono::milliseconds kInsertFirstPause{100}, kInsertLastPause{5'000};  // between two attempts; doubles
constexpr uint64_t kMaxAnswerBytes = 1024 * 1024;                         // an insert is answered by nothing, or an exception

}  // namespace

// What outlives the sink, for answers that come late.
struct Inserter::Shared {
    ClickHouseConnection &connection;
    const InserterOptions options;
    std::mutex mutex;                // guards what follows
    weir_context *context = nullptr;  // NULL: the sink is gone
    std::vector<Finished> finished;
    bool failing = false;            // since the last success

    Shared(ClickHouseConnection &c, InserterOptions o, weir_context *x) : connection(c), options(std::move(o)), context(x) {}
};

struct Inserter::Attempt {
    std::shared_ptr<Shared> shared;
    SealedBlock block;
    Clock::time_point give_up_at;
    std::chrono::milliseconds pause{0};
};

Inserter::Inserter(weir_context *context, ClickHouseConnection &connection, InserterOptions options)
    : shared_(std::make_shared<Shared>(connection, std::move(options), context)) {}

Inserter::~Inserter() {
    std::lock_guard lock(shared_->mutex);
    shared_->context = nullptr;
}

void Inserter::send(SealedBlock block) {
    ++under_way_;
    auto made = std::make_shared<Attempt>();
    made->shared = shared_;
    made->block = std::move(block);
    made->give_up_at = Clock::now() + shared_->options.retry_for;
    attempt(made);
}

std::vector<Inserter::Finished> Inserter::take_finished() {
    std::lock_guard lock(shared_->mutex);
    under_way_ -= shared_->finished.size();
    return std::exchange(shared_->finished, {});
}

void Inserter::attempt(const std::shared_ptr<Attempt> &attempt) {
    const InserterOptions &options = attempt->shared->options;
    Query query{attempt->block.sql, attempt->block.body, options.settings};
    query.settings.emplace_back("decompress", "1");
    if (options.sends_tokens) query.settings.emplace_back("insert_deduplication_token", attempt->block.token);
    query.max_answer_bytes = kMaxAnswerBytes;
    query.delay = attempt->pause;
    WEIR_FAILPOINT("clickhouse.insert.send");
    attempt->shared->connection.start(std::move(query), [attempt](Answer answer) { on_answer(attempt, std::move(answer)); });
}

void Inserter::on_answer(const std::shared_ptr<Attempt> &attempt, Answer answer) {
    WEIR_FAILPOINT("clickhouse.insert.answered");
    Shared &shared = *attempt->shared;
    std::lock_guard lock(shared.mutex);
    if (!shared.context) return;
    if (answer.reaction == Reaction::kRetry && !answer.cancelled && Clock::now() < attempt->give_up_at) {
        if (!std::exchange(shared.failing, true)) {
            const std::string text = "table `" + shared.options.table + "`: " + answer.message + "; trying again";
            shared.context->log(shared.context, WEIR_LOG_WARNING, to_abi(text));
        }
        attempt->pause = attempt->pause.count() == 0 ? kInsertFirstPause : std::min(2 * attempt->pause, kInsertLastPause);
        return Inserter::attempt(attempt);
    }
    if (answer.ok() && std::exchange(shared.failing, false)) {
        const std::string text = "table `" + shared.options.table + "`: " + answer.server + " takes rows again";
        shared.context->log(shared.context, WEIR_LOG_INFO, to_abi(text));
    }
    shared.finished.push_back({std::move(attempt->block), std::move(answer)});
    shared.context->wake(shared.context);
}

}  // namespace weir::clickhouse
