#include "host/engine/tap.hpp"

#include <algorithm>

namespace weir::host {
namespace {

// Rows that come one by one are shown so often at most.
constexpr std::chrono::microseconds kGather{50'000};
constexpr std::chrono::microseconds kLeastPause{2'000};
// It waits so many times as long as showing took: a twentieth of a core, whatever the topology does.
constexpr int kPauses = 20;

}  // namespace

TapBuffer::~TapBuffer() {
    for (auto& slot : slots_) delete slot.load();
}

void TapBuffer::offer(const BatchRef& batch) {
    if (is_closed_) return;
    if (batch.view().bytes > kMaxTapBatchBytes) {
        skipped_.fetch_add(batch.rows(), std::memory_order_relaxed);
        return;
    }
    const uint64_t number = next_.load(std::memory_order_relaxed);
    auto made = std::make_unique<Entry>(Entry{number, batch});
    const std::unique_ptr<Entry> old(slots_[number % kTapSlots].exchange(made.release(), std::memory_order_acq_rel));
    next_.store(number + 1, std::memory_order_release);
    if (old) skipped_.fetch_add(old->batch.rows(), std::memory_order_relaxed);
    // The first one, and again when half of the slots are taken: before that it may wait for more.
    const uint64_t waiting = waiting_.fetch_add(1, std::memory_order_acq_rel);
    if (waiting == 0 || waiting == kTapSlots / 2) wakeup_.notify();
}

std::vector<BatchRef> TapBuffer::take() {
    if (waiting_.exchange(0, std::memory_order_acq_rel) == 0) return {};
    const uint64_t end = next_.load(std::memory_order_acquire);
    std::vector<std::unique_ptr<Entry>> entries = std::move(later_);
    later_.clear();
    for (auto& slot : slots_)
        if (Entry* entry = slot.exchange(nullptr, std::memory_order_acq_rel)) entries.emplace_back(entry);
    std::sort(entries.begin(), entries.end(), [](const auto& x, const auto& y) { return x->number < y->number; });
    std::vector<BatchRef> out;
    for (auto& entry : entries) {
        if (entry->number < end) out.push_back(std::move(entry->batch));
        else later_.push_back(std::move(entry));
    }
    return out;
}

Taps::Taps(TapReader& reader) : reader_(reader) {
    thread_ = std::thread([this] { run(); });
}

Taps::~Taps() {
    stop_.store(true);
    wakeup_.notify();
    thread_.join();
}

void Taps::attach(const Plan& plan) {
    const std::lock_guard lock(mutex_);
    std::vector<Tap> taps;
    for (TapPoint& point : reader_.begin(plan)) {
        Tap& tap = taps.emplace_back();
        const int node = plan.topology().find_node(point.node);
        tap.node = static_cast<size_t>(node);
        const auto& outputs = plan.nodes()[tap.node].outputs;
        const auto port = std::find_if(outputs.begin(), outputs.end(), [&](const PlannedPort& p) { return p.name == point.port; });
        tap.port = static_cast<uint32_t>(port - outputs.begin());
        tap.schema = &port->schema;
        for (uint32_t w = 0; w < plan.workers(); ++w) tap.buffers.push_back(std::make_unique<TapBuffer>(wakeup_));
        if (const Tap* before = find(point)) tap.skipped = before->skipped_rows();
        tap.point = std::move(point);
    }
    taps_ = std::move(taps);
}

const Taps::Tap* Taps::find(const TapPoint& point) const {
    const auto found = std::find_if(taps_.begin(), taps_.end(), [&](const Tap& tap) { return tap.point == point; });
    return found == taps_.end() ? nullptr : &*found;
}

void Taps::detach() {
    const std::lock_guard lock(mutex_);
    for (Tap& tap : taps_)
        for (const auto& buffer : tap.buffers) buffer->close();
    show();
}

int64_t Taps::Tap::skipped_rows() const {
    int64_t out = skipped;
    for (const auto& buffer : buffers) out += buffer->skipped();
    return out;
}

int64_t Taps::skipped(const TapPoint& point) const {
    const std::lock_guard lock(mutex_);
    const Tap* tap = find(point);
    return tap ? tap->skipped_rows() : 0;
}

void Taps::show() {
    bool any = false;
    for (size_t i = 0; i < taps_.size(); ++i) {
        for (const auto& buffer : taps_[i].buffers) {
            for (const BatchRef& batch : buffer->take()) {
                reader_.on_rows(i, *taps_[i].schema, batch.view());
                any = true;
            }
        }
    }
    if (any) reader_.on_shown();
}

bool Taps::is_waiting() const {
    const std::lock_guard lock(mutex_);
    for (const Tap& tap : taps_)
        for (const auto& buffer : tap.buffers)
            if (buffer->is_waiting()) return true;
    return false;
}

void Taps::run() {
    while (!stop_.load()) {
        if (!is_waiting()) {
            wakeup_.sleep(std::nullopt);
            wakeup_.take();
            continue;
        }
        wakeup_.sleep(kGather);  // unless slots run out
        const auto begin = std::chrono::steady_clock::now();
        {
            const std::lock_guard lock(mutex_);
            show();
        }
        const auto took = std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::steady_clock::now() - begin);
        pause(std::max(kLeastPause, took * kPauses));
        wakeup_.take();
    }
}

void Taps::pause(std::chrono::microseconds time) {
    const auto until = std::chrono::steady_clock::now() + time;
    for (auto now = std::chrono::steady_clock::now(); now < until && !stop_.load(); now = std::chrono::steady_clock::now()) {
        wakeup_.take();
        wakeup_.sleep(std::chrono::ceil<std::chrono::microseconds>(until - now));
    }
}

}  // namespace weir::host
