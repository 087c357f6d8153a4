#include "host/engine/run.hpp"

#include <sys/resource.h>

#include <algorithm>
#include <mutex>
#include <random>
#include <utility>

#include <fmt/format.h>

#include <weir/failpoint.hpp>

#include "host/engine/clock.hpp"
#include "host/engine/host_services.hpp"

namespace weir::host {

namespace {

std::chrono::nanoseconds process_cpu() {
    rusage usage{};
    getrusage(RUSAGE_SELF, &usage);
    auto of = [](const timeval& t) { return std::chrono::seconds(t.tv_sec) + std::chrono::microseconds(t.tv_usec); };
    return of(usage.ru_utime) + of(usage.ru_stime);
}

// Whoever decides the last epoch is there as before, and so are the sources, which are to be told of it, and those whose state is in it,
// all of them under their names.
bool may_leave_epoch(const Plan& plan, const Plan& next, const Plan::Moves& moves) {
    for (const NodeSpec& node : next.topology().nodes)
        if (!node.renamed_from.empty() && plan.topology().find_node(node.id) < 0) return false;
    for (size_t i = 0; i < plan.nodes().size(); ++i) {
        const Instance& instance = plan.nodes()[i].instance();
        const auto is_it = [i](const auto& move) { return move.first == i; };
        if (std::any_of(moves.begin(), moves.end(), is_it)) continue;
        const int there = next.topology().find_node(instance.node().id);
        const bool has_state = instance.descriptor().state_version > 0 || instance.keyed();
        const bool is_gone = there < 0 || next.topology().nodes[static_cast<size_t>(there)].op->name != instance.node().op->name;
        if (instance.is_source() || (has_state && is_gone)) return false;
    }
    return plan.decider() == next.decider();
}

void warn(const std::string& text) { HostServices::get().log(WEIR_LOG_WARNING, text); }

}  // namespace

TopologyRun::TopologyRun(std::unique_ptr<Plan> plan, RunOptions options)
    : plan_(std::move(plan)),
      options_(std::move(options)),
      simulated_now_(options_.simulated_start),
      clock_(options_.simulate ? std::function<int64_t()>([this] { return simulated_now_; }) : system_now),
      fabric_(*plan_),
      budget_(options_.records),
      memory_(plan_->topology().memory_limit, plan_->workers()),
      splits_(plan_->workers()),
      epochs_(*plan_, options_.epochs),
      has_keyed_(plan_->nodes().size(), false),
      is_moved_(plan_->nodes().size(), false) {
    WorkerListener& listener = *this;
    for (uint32_t w = 0; w < plan_->workers(); ++w)
        workers_.emplace_back(*plan_, w, fabric_, clock_, budget_, hold_, !options_.epochs.dir.empty(),
                              memory_, listener);
    if (!options_.taps) return;
    options_.taps->attach(*plan_);
    for (Worker& worker : workers_) worker.dataflow().add_taps(*options_.taps);
}

// Plugins' threads may wake an instance until it is destroyed.
TopologyRun::~TopologyRun() {
    hide();
    for (auto& node : plan_->nodes()) node.instances.clear();
}

void TopologyRun::start() {
    thread_ = std::thread([this] { run(); });
}

void TopologyRun::join() {
    if (thread_.joinable()) thread_.join();
}

void TopologyRun::request_stop(StopMode mode) {
    if (mode == StopMode::kCheckpoint && stop_.load() != mode) stop_asked_.store(std::chrono::steady_clock::now());
    stop_.store(mode);
    wakeup_.notify();
}

void TopologyRun::request_change(const Plan& next, const Seeks& seeks) {
    {
        const std::lock_guard lock(change_mutex_);
        for (const auto& connection : plan_->connections())
            if (std::find(next.connections().begin(), next.connections().end(), connection) != next.connections().end()) kept_.push_back(connection);
        moves_ = plan_->moves_to(next);
        std::erase_if(moves_, [&](const auto& move) { return seeks.contains(next.topology().nodes[move.second].id); });
        leaves_epoch_ = may_leave_epoch(*plan_, next, moves_) && !options_.records && !options_.epochs.dir.empty();
        is_changed_ = true;
    }
    request_stop(StopMode::kCheckpoint);
}

void TopologyRun::run() {
    if (restore() && open_instances() && begin_epochs() && assign_first_splits() &&
        is_good(epochs_.hold(), true)) {
        opened_.store(true);
        options_.epoch_log->opened(epochs_.last(), marks_of(epochs_.progress()));
        if (options_.on_opened) options_.on_opened();
        next_checkpoint_ = now() + plan_->topology().checkpoint.count();
        if (options_.trial) {
            trial_.emplace(*plan_, *options_.trial, epochs_.progress());
            trial_until_ = now() + Trial::kPatience.count();
        }
        follow_pause();
        fabric_.notify_all();  // some were woken while the instances opened
        if (options_.simulate)
            run_simulated(*options_.simulate);
        else
            run_threads();
    } else {
        failed_opening_ = failure_ || std::any_of(workers_.begin(), workers_.end(), [](Worker& w) { return w.failed(); });
    }
    cpu_end_ = process_cpu();
    wall_end_ = std::chrono::steady_clock::now();
    for (Worker& worker : workers_)
        if (worker.failed() && !failure_) failure_ = worker.dataflow().failure();
    failed_state_ = failed_state_ || memory_.has_failed();
    leave_open();
    if (epochs_.left() && left_open_.empty()) settle_left();
    options_.epoch_log->closed();
    hide();
    close_all();
    finished_.store(true);
    if (options_.on_finished) options_.on_finished();
}

void TopologyRun::run_threads() {
    std::vector<std::thread> threads;
    for (Worker& worker : workers_) {
        threads.emplace_back([this, &worker] {
            while (!workers_stop_.load(std::memory_order_relaxed))
                if (!worker.turn() && !workers_stop_.load()) worker.sleep();
            worker.run_posted();  // the last commit
        });
    }
    while (!over())
        if (!turn() && !over()) sleep();
    workers_stop_.store(true);
    fabric_.notify_all();
    for (std::thread& thread : threads) thread.join();
}

void TopologyRun::run_simulated(uint64_t seed) {
    std::vector<Actor> actors;
    actors.push_back({[this] { return turn(); }, [this] { return wakeup_.is_pending(); }, [this] { return next_time(); }});
    // Between its look at what was posted and its look at the rings others go on: what was posted may be read later.
    for (Worker& worker : workers_)
        actors.push_back({[&worker, late = std::mt19937_64(seed + actors.size())]() mutable { return worker.turn(late() % 4 > 0); },
                          [&worker] { return worker.is_woken(); }, [&worker] { return worker.next_time(); }});
    const auto is_over = [this] { return over(); };
    if (options_.driver) {
        if (!simulate(actors, seed, simulated_now_, is_over, *options_.driver))
            fail({Status::retryable("ended by who drove it"), "", ""});
    } else if (!simulate(actors, seed, simulated_now_, is_over))
        fail({Status::fatal("nothing moves any more, and it has not ended"), "", ""});
    for (Worker& worker : workers_) worker.run_posted();
}

// A stop waits for a server that does not answer no longer than for what closes; the next start asks it again.
bool TopologyRun::gives_up_commit() const {
    return stop_.load() == StopMode::kCheckpoint && std::chrono::steady_clock::now() >= stop_asked_.load() + options_.close_timeout;
}

void TopologyRun::fail(Failure failure) {
    if (!failure_) failure_ = std::move(failure);
    failed_.store(true);
}

bool TopologyRun::is_good(const Status& step, bool is_state) {
    failed_state_ = failed_state_ || (is_state && !step.ok());
    if (!step.ok()) fail({step, "", ""});
    return step.ok();
}

void TopologyRun::hand_out_splits(size_t node) {
    for (uint32_t w = 0; w < workers_.size(); ++w)
        workers_[w].post([&worker = workers_[w], node, splits = splits_.of_worker(node, w)] {
            worker.set_splits(node, splits);
        });
    if (!splits_.source_ended(node)) return;
    for (Worker& worker : workers_) worker.post([&worker, node] { worker.end_source(node); });
}

void TopologyRun::on_split_ended(size_t node, uint64_t split) {
    mailbox_.post([this, node, split] {
        splits_.split_ended(node, split);
        if (!splits_.source_ended(node)) return;
        for (Worker& worker : workers_) worker.post([&worker, node] { worker.end_source(node); });
    });
}

void TopologyRun::on_split_revoked(size_t node, uint64_t split, std::optional<int64_t> time) {
    mailbox_.post([this, node, split, time] { splits_.split_revoked(node, split, time); });
}

void TopologyRun::on_wants_epoch() {
    mailbox_.post([this] { wants_epoch_ = true; });
}

void TopologyRun::on_budget_spent() {
    StopMode none = StopMode::kNone;
    stop_.compare_exchange_strong(none, StopMode::kDrain);
    wakeup_.notify();
}

void TopologyRun::on_ended(uint32_t) {
    mailbox_.post([this] { ++ended_; });
}

void TopologyRun::on_failed(uint32_t) {
    failed_.store(true);
    wakeup_.notify();
}

void TopologyRun::on_epoch_done(uint32_t worker, EpochReport report) {
    options_.epoch_log->reported(worker);
    auto shared = std::make_shared<EpochReport>(std::move(report));  // work is copied, a report is not
    mailbox_.post([this, shared] { reports_.push_back(std::move(*shared)); });
}

// Once, by the first worker that has something.
void TopologyRun::on_first_record() {
    if (started_.load(std::memory_order_acquire)) return;
    static std::mutex mutex;
    std::lock_guard lock(mutex);
    if (started_.load(std::memory_order_acquire)) return;
    cpu_start_ = process_cpu();
    wall_start_ = std::chrono::steady_clock::now();
    started_.store(true, std::memory_order_release);
}

bool TopologyRun::turn() {
    wakeup_.take();
    const bool moved = mailbox_.run();
    return !failed_.load() && (coordinate() || moved);
}

bool TopologyRun::coordinate() {
    if (epochs_.left()) {
        begin_behind_left();
        return true;
    }
    follow_stop();
    follow_pause();
    if (in_flight_) {
        if (reports_.size() == workers_.size()) {
            commit_epoch();
            return true;
        }
        warn_if_slow();
        return false;
    }
    const bool ended = ended_ == workers_.size();
    if (followed_ == StopMode::kDrain && !ended) {
        warn_if_slow();
        return false;
    }
    const bool last = ended || followed_ == StopMode::kCheckpoint;
    if (!last && awaits_trial()) return false;
    const bool has_reason = last && in_outbox_ == 0;
    if (!has_reason && now() < next_checkpoint_ && !wants_epoch_) return false;
    start_epoch(last);
    return true;
}

// A stop does not wait for servers for long: what is in the outbox is sent by the next start.
bool TopologyRun::stopped_waiting() {
    if (followed_ != StopMode::kCheckpoint || now() < stopped_at_ + options_.close_timeout / std::chrono::microseconds(1)) return false;
    warn(fmt::format("{}: {} blocks wait in the state to be made visible; the next start sends them",
                     plan_->topology().name, in_outbox_));
    return true;
}

// A drain may turn into a stop at once, not the other way round.
void TopologyRun::follow_stop() {
    const StopMode stop = stop_.load();
    if (stop == followed_ || stop == StopMode::kNone) return;
    followed_ = stop;
    hold_.store(true);
    stopped_at_ = waiting_since_ = now();
    warn_at_ = waiting_since_ + checkpoint_timeout();
    if (stop != StopMode::kDrain) return;
    for (Worker& worker : workers_) worker.post([&worker] { worker.end_all_sources(); });
}

void TopologyRun::start_epoch(bool last) {
    last_epoch_ = last;
    in_flight_ = true;
    wants_epoch_ = false;
    reports_.clear();
    waiting_since_ = now();
    warn_at_ = waiting_since_ + checkpoint_timeout();
    ++epoch_;
    options_.epoch_log->began(epoch_, plan_->workers());
    WEIR_FAILPOINT("coordinator.epoch.begin");
    // What another graph may go on with stands at its barrier.
    for (Worker& worker : workers_) worker.post([&worker, epoch = epoch_, stands = last && is_changed_] { worker.begin_epoch(epoch, stands); });
}

void TopologyRun::warn_if_slow() {
    const int64_t time = now();
    if (time < warn_at_) return;
    warn_at_ = time + checkpoint_timeout();
    warn(slow_text());
}

std::string TopologyRun::slow_text() const {
    const int64_t seconds = (now() - waiting_since_) / 1'000'000;
    const std::string& name = plan_->topology().name;
    if (!in_flight_)
        return fmt::format("{}: stopping has waited {} s for its last rows to be written. Is the server behind a sink down?",
                           name, seconds);
    return fmt::format("{}: epoch {} has waited {} s for its rows to be acknowledged; no offsets are committed "
                       "meanwhile. Is the server behind a sink down?",
                       name, epoch_, seconds);
}

std::optional<int64_t> TopologyRun::next_time() const {
    return in_flight_ || followed_ == StopMode::kDrain ? warn_at_ : next_checkpoint_;
}

void TopologyRun::sleep() {
    wakeup_.sleep(std::chrono::microseconds(std::max<int64_t>(0, *next_time() - now())));
}

}  // namespace weir::host
