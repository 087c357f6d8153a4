#include "inserter.hpp"

#include <algorithm>
#include <charconv>
#include <chrono>

#include <weir/failpoint.hpp>
#include <weir/memory.hpp>

namespace weir::clickhouse {
namespace {

using Clock = std::chrono::steady_clock;
constexpr std::chrono::milliseconds kInsertFirstPause{100}, kInsertLastPause{5'000};  // between two attempts; doubles
constexpr uint64_t kMaxAnswerBytes = 1024 * 1024;                         // an insert is answered by nothing, or an exception
constexpr int kMaxTokens = 4;  // of one block: each after the first needs a server that ended between two writes, or rows that nobody sees

constexpr int64_t kClockMargin = 5'000'000;  // microseconds: a server tells whole seconds, and clocks are put right
constexpr uint64_t kMaxUptimeBytes = 64;
constexpr std::chrono::milliseconds kUptimeHolds{500};  // no server ends and takes rows again within it

int64_t microseconds_now() {
    return std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::system_clock::now().time_since_epoch()).count();
}

}  // namespace

// What outlives the sink, for answers that come late.
struct Inserter::Shared {
    ClickHouseConnection &connection;
    const InserterOptions options;
    std::mutex mutex;                // guards what follows
    weir_context *context = nullptr;  // NULL: the sink is gone
    std::vector<Finished> finished;
    std::vector<std::shared_ptr<Attempt>> to_look;
    bool failing = false;            // since the last success
    int64_t server_began = 0;        // by the host's clock, microseconds
    std::optional<Clock::time_point> asked_at;  // when that was asked; none: not yet

    Shared(ClickHouseConnection &c, InserterOptions o, weir_context *x) : connection(c), options(std::move(o)), context(x) {}
};

struct Inserter::Attempt {
    // What a failed insert may have left behind.
    enum class Doubt : uint8_t {
        kNone,
        kIfRestarted,  // no answer came: the server did all of it or nothing, unless it ended
        kYes,          // the server itself failed
    };
    static Doubt doubt_after(const Answer &answer) {
        if (!answer.sent || answer.code == 202 || answer.code == 252) return Doubt::kNone;  // too many queries, or parts: before it began
        return answer.code != 0 ? Doubt::kYes : Doubt::kIfRestarted;
    }

    std::shared_ptr<Shared> shared;
    SealedBlock block;
    Clock::time_point give_up_at;
    std::chrono::milliseconds pause{0};
    int token = 0;              // which of the block's
    Doubt doubt = Doubt::kNone;
    bool is_inserted = false;   // so says the server
    std::string server;         // that said so
    bool is_missing = false;    // it was looked, since the last insert

    void log(uint32_t level, const std::string &text) const {
        const std::string line = "table `" + shared->options.table + "`: " + text;
        shared->context->log(shared->context, level, to_abi(line));
    }
};

Inserter::Inserter(weir_context *context, ClickHouseConnection &connection, InserterOptions options)
    : shared_(std::make_shared<Shared>(connection, std::move(options), context)) {}

Inserter::~Inserter() {
    std::lock_guard lock(shared_->mutex);
    shared_->context = nullptr;
    shared_->to_look.clear();
}

void Inserter::send(SealedBlock block, bool was_sent) {
    ++under_way_;
    auto made = std::make_shared<Attempt>();
    made->shared = shared_;
    made->block = std::move(block);
    made->give_up_at = Clock::now() + shared_->options.retry_for;
    if (was_sent) made->doubt = Attempt::Doubt::kIfRestarted;
    std::lock_guard lock(shared_->mutex);
    attempt(made);
}

std::vector<Inserter::Finished> Inserter::take_finished() {
    std::unique_lock lock(shared_->mutex);
    const auto to_look = std::exchange(shared_->to_look, {});
    lock.unlock();
    for (const auto &attempt : to_look) ask_for_rows(attempt);
    lock.lock();
    under_way_ -= shared_->finished.size();
    return std::exchange(shared_->finished, {});
}

void Inserter::attempt(const std::shared_ptr<Attempt> &attempt) {
    if (attempt->doubt == Attempt::Doubt::kNone || !attempt->shared->options.presence || (attempt->is_missing && !attempt->is_inserted)) return insert(attempt);
    if (attempt->doubt == Attempt::Doubt::kYes) return look(attempt);
    const auto &asked_at = attempt->shared->asked_at;
    if (!asked_at || Clock::now() - *asked_at > kUptimeHolds || attempt->pause.count() > 0) return ask_uptime(attempt);
    go_on(attempt);
}

// It is known since when the server is there.
void Inserter::go_on(const std::shared_ptr<Attempt> &attempt) {
    if (attempt->shared->server_began > attempt->block.made_at - kClockMargin) return look(attempt);
    if (!attempt->is_inserted) return insert(attempt);
    Answer answer;
    answer.server = attempt->server;
    finish(attempt, std::move(answer));
}

void Inserter::ask_uptime(const std::shared_ptr<Attempt> &attempt) {
    Query query{"SELECT uptime() FORMAT TSV"};
    query.max_answer_bytes = kMaxUptimeBytes;
    query.delay = attempt->pause;
    attempt->shared->connection.start(std::move(query), [attempt](Answer answer) { on_uptime(attempt, std::move(answer)); });
}

void Inserter::on_uptime(const std::shared_ptr<Attempt> &attempt, Answer answer) {
    std::lock_guard lock(attempt->shared->mutex);
    if (is_over(attempt, answer)) return;
    int64_t seconds = 0;
    const char *begin = answer.body.data(), *end = begin + answer.body.size();
    attempt->pause = {};
    if (!answer.ok() || std::from_chars(begin, end, seconds).ec != std::errc()) return look(attempt);
    attempt->shared->server_began = microseconds_now() - seconds * 1'000'000;
    attempt->shared->asked_at = Clock::now();
    attempt->server = std::move(answer.server);
    go_on(attempt);
}

void Inserter::insert(const std::shared_ptr<Attempt> &attempt) {
    const InserterOptions &options = attempt->shared->options;
    attempt->is_inserted = attempt->is_missing = false;
    Query query{attempt->block.sql, attempt->block.body, options.settings};
    query.settings.emplace_back("decompress", "1");
    if (options.sends_tokens)
        query.settings.emplace_back("insert_deduplication_token",
                                    attempt->block.token + (attempt->token == 0 ? "" : "+" + std::to_string(attempt->token)));
    query.max_answer_bytes = kMaxAnswerBytes;
    query.delay = attempt->pause;
    WEIR_FAILPOINT("clickhouse.insert.send");
    attempt->shared->connection.start(std::move(query), [attempt](Answer answer) { on_answer(attempt, std::move(answer)); });
}

void Inserter::look(const std::shared_ptr<Attempt> &attempt) {
    Shared &shared = *attempt->shared;
    shared.to_look.push_back(attempt);
    shared.context->wake(shared.context);
}

void Inserter::ask_for_rows(const std::shared_ptr<Attempt> &attempt) {
    auto query = attempt->shared->options.presence->ask(attempt->block);
    std::lock_guard lock(attempt->shared->mutex);
    if (!query) return trust(attempt, query.status().message());  // this version has not made the block
    query->delay = attempt->pause;
    WEIR_FAILPOINT("clickhouse.insert.look");
    attempt->shared->connection.start(std::move(*query), [attempt](Answer answer) { on_found(attempt, std::move(answer)); });
}

void Inserter::trust(const std::shared_ptr<Attempt> &attempt, const std::string &why) {
    attempt->log(WEIR_LOG_WARNING, "it cannot be seen whether rows of an insert that ended half-way are there (" + why +
                                       "); the server's word is taken for it, which a kill of the server can make wrong");
    if (attempt->is_inserted) return finish(attempt, {});
    attempt->doubt = Attempt::Doubt::kNone;
    insert(attempt);
}

bool Inserter::is_over(const std::shared_ptr<Attempt> &attempt, Answer &answer) {
    if (!attempt->shared->context) return true;
    if (answer.reaction != Reaction::kRetry) return false;
    if (!again(attempt, answer)) finish(attempt, std::move(answer));
    return true;
}

bool Inserter::again(const std::shared_ptr<Attempt> &attempt, const Answer &answer) {
    if (answer.reaction != Reaction::kRetry || answer.cancelled || Clock::now() >= attempt->give_up_at) return false;
    attempt->shared->asked_at.reset();
    if (!std::exchange(attempt->shared->failing, true)) attempt->log(WEIR_LOG_WARNING, answer.message + "; trying again");
    attempt->pause = attempt->pause.count() == 0 ? kInsertFirstPause : std::min(2 * attempt->pause, kInsertLastPause);
    Inserter::attempt(attempt);
    return true;
}

void Inserter::on_answer(const std::shared_ptr<Attempt> &attempt, Answer answer) {
    WEIR_FAILPOINT("clickhouse.insert.answered");
    std::lock_guard lock(attempt->shared->mutex);
    if (!attempt->shared->context) return;
    if (answer.ok() && attempt->doubt != Attempt::Doubt::kNone && attempt->shared->options.presence) {
        attempt->is_inserted = true;
        attempt->server = answer.server;
        attempt->pause = {};
        return Inserter::attempt(attempt);
    }
    if (!answer.ok()) attempt->doubt = std::max(attempt->doubt, Attempt::doubt_after(answer));
    if (!again(attempt, answer)) finish(attempt, std::move(answer));
}

void Inserter::on_found(const std::shared_ptr<Attempt> &attempt, Answer answer) {
    std::lock_guard lock(attempt->shared->mutex);
    if (is_over(attempt, answer)) return;
    Result<int64_t> missing = answer.ok() ? Presence::missing(answer) : Result<int64_t>(Status::fatal(answer.message));
    if (!missing) return trust(attempt, missing.status().message());
    if (*missing == 0) {
        answer.body.clear();
        return finish(attempt, std::move(answer));
    }
    const std::string rows = std::to_string(*missing) + " of the " + std::to_string(attempt->block.rows) + " rows of a block";
    if (attempt->shared->options.is_taken_whole && *missing < attempt->block.rows)
        return trust(attempt, rows + " are missing and " + std::to_string(attempt->block.rows - *missing) +
                                  " are there, though it is taken whole: a TTL, a deletion or a row policy of this user may be at work, or other rows equal some of its own");
    attempt->is_missing = true;
    if (attempt->is_inserted) {
        if (attempt->token + 1 == kMaxTokens) {
            attempt->log(WEIR_LOG_WARNING, rows + " cannot be found, though " + answer.server + " says that it has them; they were sent " +
                                               std::to_string(kMaxTokens) + " times: does the user see all rows (row policies, TTL)?");
            return finish(attempt, std::move(answer));
        }
        ++attempt->token;
        attempt->log(WEIR_LOG_WARNING, rows + " were missing, though " + answer.server +
                                           " knew the token of their insert: it must have ended in the middle of it; sent again");
    }
    insert(attempt);
}

void Inserter::finish(const std::shared_ptr<Attempt> &attempt, Answer answer) {
    Shared &shared = *attempt->shared;
    if (answer.ok() && std::exchange(shared.failing, false)) attempt->log(WEIR_LOG_INFO, answer.server + " takes rows again");
    shared.finished.push_back({std::move(attempt->block), std::move(answer)});
    shared.context->wake(shared.context);
}

}  // namespace weir::clickhouse
