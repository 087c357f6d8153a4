#include "host/engine/run.hpp"

#include <sys/resource.h>

#include <algorithm>

#include <fmt/format.h>

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

const char* kind_name(uint32_t kind) {
    return kind == WEIR_KIND_SOURCE ? "source" : kind == WEIR_KIND_SINK ? "sink" : "operator";
}

void warn(const std::string& text) { HostServices::get().log(WEIR_LOG_WARNING, text); }

}  // namespace

TopologyRun::TopologyRun(std::unique_ptr<Plan> plan, RunOptions options)
    : plan_(std::move(plan)),
      options_(std::move(options)),
      dataflow_(*plan_, wakeup_, system_now, *this),
      sources_(*plan_, dataflow_, system_now) {}

TopologyRun::~TopologyRun() = default;

Status TopologyRun::connect(const std::atomic<bool>& stop) {
    for (auto& connection : plan_->connections()) {
        Status status = connection->open(stop);
        if (!status.ok()) return status;
    }
    return {};
}

void TopologyRun::start() {
    thread_ = std::thread([this] { run(); });
}

void TopologyRun::join() {
    if (thread_.joinable()) thread_.join();
}

void TopologyRun::request_stop(StopMode mode) {
    stop_.store(mode);
    wakeup_.notify();
}

void TopologyRun::run() {
    if (!open_instances() || !sources_.discover_all()) {
        failed_opening_ = dataflow_.failed();
    } else {
        next_checkpoint_ = system_now() + plan_->topology().checkpoint.count();
        while (!over_ && !dataflow_.failed())
            if (!turn()) sleep();
    }
    cpu_end_ = process_cpu();
    wall_end_ = std::chrono::steady_clock::now();
    if (dataflow_.failed()) failure_ = dataflow_.failure();
    close_all();
    finished_.store(true);
    if (options_.on_finished) options_.on_finished();
}

// Sinks first: whoever may emit has somebody to take it.
bool TopologyRun::open_instances() {
    for (size_t i = plan_->nodes().size(); i-- > 0;)
        if (!open_one(i)) return false;
    return true;
}

bool TopologyRun::open_one(size_t index) {
    Instance& instance = *plan_->nodes()[index].instance;
    if (!instance.api().open) return true;
    for (;;) {
        Status status = instance.call([&](void* self, weir_error* error) { return instance.api().open(self, error); });
        if (status.done()) return true;
        if (!status.is_pending()) {
            dataflow_.fail(index, status);
            return false;
        }
        if (stop_.load() != StopMode::kNone) return false;
        wakeup_.sleep(std::chrono::milliseconds(100));
        wakeup_.take();
    }
}

// One round: what waits in the dataflow, then the sources, then the epochs. True if anything moved.
bool TopologyRun::turn() {
    bool moved = dataflow_.step();
    if (dataflow_.failed()) return true;
    if (stop_.load(std::memory_order_relaxed) == StopMode::kNone) {
        int64_t budget = INT64_MAX;
        if (options_.records) budget = *options_.records - sources_.records();
        if (sources_.poll(budget)) moved = true;
        if (!started_.load(std::memory_order_relaxed) && sources_.records() > 0) note_start();
        if (options_.records && sources_.records() >= *options_.records) stop_.store(StopMode::kDrain);
    }
    return (!dataflow_.failed() && coordinate()) || moved;
}

bool TopologyRun::coordinate() {
    if (in_flight_) {
        if (epoch_done_) {
            commit_epoch();
            return true;
        }
        warn_if_slow();
        return false;
    }
    StopMode stop = stop_.load();
    if (stop == StopMode::kDrain) sources_.end_all();
    bool ended = dataflow_.all_ended();
    if (stop == StopMode::kDrain && !ended) return false;
    if (stop == StopMode::kNone && !ended && system_now() < next_checkpoint_ && !sources_.wants_epoch()) return false;
    last_epoch_ = ended || stop == StopMode::kCheckpoint;
    start_epoch();
    return true;
}

void TopologyRun::start_epoch() {
    sources_.mark_positions();
    if (dataflow_.failed()) return;
    in_flight_ = true;
    epoch_done_ = false;
    epoch_started_ = system_now();
    warn_at_ = epoch_started_ + checkpoint_timeout();
    dataflow_.start_epoch(++epoch_);
}

void TopologyRun::commit_epoch() {
    in_flight_ = false;
    sources_.commit(epoch_);
    if (dataflow_.failed()) return;
    committed_.store(epoch_);
    over_ = last_epoch_;
    next_checkpoint_ = system_now() + plan_->topology().checkpoint.count();
}

void TopologyRun::warn_if_slow() {
    int64_t time = system_now();
    if (time < warn_at_) return;
    warn_at_ = time + checkpoint_timeout();
    warn(fmt::format("{}: epoch {} has waited {} s for its rows to be acknowledged; no offsets are committed meanwhile. Is "
                     "the server behind a sink down?",
                     plan_->topology().name, epoch_, (time - epoch_started_) / 1'000'000));
}

void TopologyRun::note_start() {
    cpu_start_ = process_cpu();
    wall_start_ = std::chrono::steady_clock::now();
    started_.store(true, std::memory_order_release);
}

void TopologyRun::sleep() {
    int64_t until = in_flight_ ? warn_at_ : next_checkpoint_;
    until = std::min(until, dataflow_.next_time().value_or(INT64_MAX));
    until = std::min(until, sources_.next_time().value_or(INT64_MAX));
    wakeup_.sleep(std::chrono::microseconds(std::max<int64_t>(0, until - system_now())));
}

void TopologyRun::close_all() {
    auto deadline = std::chrono::steady_clock::now() + options_.close_timeout;
    for (auto& node : plan_->nodes()) close_one(*node.instance, deadline);
    for (auto& connection : plan_->connections()) {
        Status status = connection->close();
        if (!status.ok() && !failure_)
            warn(fmt::format("connection {}: closing: {}", connection->spec().name, status.message()));
    }
}

// After a failure everything pending is cancelled first; otherwise each close gets its time.
void TopologyRun::close_one(Instance& instance, std::chrono::steady_clock::time_point deadline) {
    if (failure_ && instance.api().cancel) instance.api().cancel(instance.self());
    while (instance.api().close) {
        Status status = instance.call([&](void* self, weir_error* error) { return instance.api().close(self, error); });
        if (!status.ok() && !failure_) warn(fmt::format("{}: closing: {}", instance.node().id, status.message()));
        if (!status.is_pending() || std::chrono::steady_clock::now() > deadline) return;
        wakeup_.sleep(std::chrono::milliseconds(20));
        wakeup_.take();
    }
}

RunStats TopologyRun::stats() const {
    RunStats stats;
    for (const auto& node : plan_->nodes()) {
        const Instance& instance = *node.instance;
        const NodeCounters& counters = instance.counters();
        NodeStats& out = stats.nodes.emplace_back();
        out.id = instance.node().id;
        out.op = instance.node().op->name;
        out.kind = kind_name(instance.descriptor().kind);
        out.rows_in = counters.rows_in.load(std::memory_order_relaxed);
        out.rows_out = counters.rows_out.load(std::memory_order_relaxed);
        out.errors = counters.errors.load(std::memory_order_relaxed);
        out.unwired = counters.unwired.load(std::memory_order_relaxed);
        for (const auto& metric : instance.metrics().all())
            out.metrics.push_back({metric.name, metric.type, metric.value.load(std::memory_order_relaxed)});
        if (instance.is_source()) stats.records += out.rows_out + out.errors;
    }
    stats.epochs = committed_.load();
    if (finished_.load() && started_.load(std::memory_order_acquire)) {
        stats.cpu = cpu_end_ - cpu_start_;
        stats.wall = wall_end_ - wall_start_;
    }
    return stats;
}

}  // namespace weir::host
