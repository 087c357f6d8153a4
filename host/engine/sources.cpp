#include "host/engine/sources.hpp"

#include <algorithm>
#include <iterator>

#include <weir/memory.hpp>

#include "host/engine/bytes_out.hpp"

namespace weir::host {

int64_t RecordBudget::take(int64_t most) {
    int64_t left = left_.load();
    while (left > 0) {
        const int64_t taken = std::min(left, most);
        out_.fetch_add(1);
        if (left_.compare_exchange_weak(left, left - taken)) return taken;
        out_.fetch_sub(1);
    }
    return 0;
}

void RunProgress::add(RunProgress other) {
    std::move(other.positions.begin(), other.positions.end(), std::back_inserter(positions));
    const auto take_earlier = [](std::optional<int64_t>& mine, std::optional<int64_t> time) {
        if (time) mine = std::min(*time, mine.value_or(INT64_MAX));
    };
    for (const NodeTime& time : other.times) {
        const auto is_same = [&](const NodeTime& one) { return one.node == time.node; };
        const auto mine = std::find_if(times.begin(), times.end(), is_same);
        if (mine == times.end()) {
            times.push_back(time);
            continue;
        }
        take_earlier(mine->watermark, time.watermark);
        take_earlier(mine->greatest, time.greatest);
    }
}

Sources::Sources(Plan& plan, uint32_t worker, Dataflow& dataflow, SourcesListener& listener)
    : dataflow_(dataflow), listener_(listener) {
    for (size_t i = 0; i < plan.nodes().size(); ++i) {
        Instance& instance = plan.nodes()[i].instance(worker);
        if (!instance.is_source()) continue;
        auto& source = sources_.emplace_back();
        source.node = i;
        source.instance = &instance;
    }
}

Sources::Source* Sources::find(size_t node) {
    for (auto& source : sources_)
        if (source.node == node) return &source;
    return nullptr;
}

void Sources::take_over(size_t node, SourceLeft left, const std::function<std::optional<int64_t>(const std::string&)>& time_of) {
    Source& source = *find(node);
    static_cast<SourceLeft&>(source) = std::move(left);
    for (Split& split : source.splits) {
        split.ready = true;
        wants_epoch_ = wants_epoch_ || split.leaving;
        dataflow_.add_split(node, split.number, split.id, time_of(split.id));
    }
}

SourceLeft Sources::leave(size_t node) { return std::move(static_cast<SourceLeft&>(*find(node))); }

bool Sources::is_going_on(size_t node) const {
    const auto source = std::find_if(sources_.begin(), sources_.end(), [&](const Source& one) { return one.node == node; });
    return !source->ended && std::none_of(source->splits.begin(), source->splits.end(), [](const Split& split) { return split.ended; });
}

bool Sources::set_splits(size_t node, const std::vector<SplitAssignment>& splits) {
    Source& source = *find(node);
    if (source.ended) return true;
    for (auto& split : source.splits) {
        split.leaving = std::none_of(splits.begin(), splits.end(), [&](auto& s) { return s.number == split.number; });
        if (!split.leaving) split.leaving_marked = false;
        wants_epoch_ = wants_epoch_ || split.leaving;
    }
    for (const auto& split : splits) {
        const bool known = std::any_of(source.splits.begin(), source.splits.end(),
                                       [&](const Split& s) { return s.number == split.number; });
        if (!known && !assign(source, split)) return false;
    }
    tell_splits(source);
    return true;
}

// Without any it is idle.
void Sources::tell_splits(const Source& source) {
    const auto is_open = [](const Split& split) { return !split.ended && !split.leaving; };
    const auto open = std::count_if(source.splits.begin(), source.splits.end(), is_open);
    source.instance->counters().splits.store(open, std::memory_order_relaxed);
    if (!source.begun.empty()) source.instance->counters().assigned.store(true, std::memory_order_relaxed);
    dataflow_.tell_splits(source.node, open > 0);
}

bool Sources::assign(Source& source, const SplitAssignment& assigned) {
    Split split;
    split.number = assigned.number;
    split.id = assigned.id;
    const bool first = source.begun.insert(assigned.id).second;
    const weir_str position = assigned.position && first ? to_abi(*assigned.position) : weir_str{nullptr, 0};
    source.instance->set_given_back(position.data && assigned.given_back);
    Status status = source.instance->call_done("assign", [&](void* self, weir_error* error) {
        return source.instance->api().assign(self, split.number, to_abi(split.id), position, error);
    });
    if (!status.ok()) {
        dataflow_.fail(source.node, status);
        return false;
    }
    dataflow_.add_split(source.node, split.number, split.id, assigned.time);
    source.splits.push_back(std::move(split));
    return true;
}

Sources::Split* Sources::next_ready(Source& source) {
    size_t n = source.splits.size();
    for (size_t i = 0; i < n; ++i) {
        size_t at = (source.next + i) % n;
        Split& split = source.splits[at];
        if (!split.ready || split.ended || split.leaving || dataflow_.is_ahead(source.node, split.number)) continue;
        source.next = (at + 1) % n;
        return &split;
    }
    return nullptr;
}

bool Sources::poll(RecordBudget& budget) {
    bool moved = false;
    for (auto& source : sources_) {
        if (dataflow_.failed()) break;
        if (poll_one(source, budget)) moved = true;
    }
    return moved;
}

bool Sources::poll_one(Source& source, RecordBudget& budget) {
    if (source.ended || !dataflow_.source_ready(source.node)) return false;
    Split* split = next_ready(source);
    if (!split) return false;
    const int64_t taken = budget.take(WEIR_BATCH_MAX_ROWS);
    if (taken == 0) return false;
    const int64_t before = source.records();
    Status status = dataflow_.poll(source.node, split->number, static_cast<uint64_t>(taken));
    const int64_t unused = std::max<int64_t>(0, taken - (source.records() - before));
    budget.give_back(unused);
    if (budget.limited() && unused > 0) listener_.on_budget_returned();
    if (!status.ok()) return true;
    split->ready = status.is_more();
    split->ended = status.is_end();
    dataflow_.set_waiting(source.node, split->number, !split->ready);
    if (split->ended) {
        dataflow_.drop_split(source.node, split->number, true);
        listener_.on_split_ended(source.node, split->number);
        tell_splits(source);
    }
    return true;
}

void Sources::end(size_t node, bool stopped) {
    Source& source = *find(node);
    if (source.ended) return;
    source.ended = true;
    source.instance->counters().assigned.store(true, std::memory_order_relaxed);
    dataflow_.end_source(node, stopped);
}

void Sources::end_all() {
    for (auto& source : sources_) end(source.node, true);
}

void Sources::on_wake(size_t node) {
    for (auto& split : find(node)->splits) split.ready = true;
    dataflow_.on_splits_woken(node);
}

void Sources::mark_positions() {
    for (auto& source : sources_) {
        for (auto& split : source.splits) {
            std::vector<std::string> position;
            const weir_bytes_out out = bytes_into(position);
            Status status = source.instance->call_done("position", [&](void* self, weir_error* error) {
                return source.instance->api().position(self, split.number, &out, error);
            });
            if (!status.ok()) return dataflow_.fail(source.node, status);
            split.leaving_marked = split.leaving;
            split.marked.reset();
            if (!position.empty()) split.marked = std::move(position.back());
        }
    }
}

std::vector<SplitPosition> Sources::marked() const {
    std::vector<SplitPosition> out;
    for (const auto& source : sources_)
        for (const auto& split : source.splits)
            if (split.marked)
                out.push_back({source.node, split.id, *split.marked, dataflow_.marked_time_of_split(source.node, split.number)});
    return out;
}

void Sources::commit(uint64_t epoch) {
    wants_epoch_ = false;
    for (auto& source : sources_) {
        std::vector<weir_position> positions;
        for (const auto& split : source.splits)
            if (split.marked) positions.push_back({split.number, to_abi(*split.marked)});
        Status status = source.instance->call([&](void* self, weir_error* error) -> int32_t {
            auto* told = source.instance->api().on_epoch_committed;
            return told ? told(self, epoch, positions.data(), positions.size(), error) : WEIR_OK;
        });
        if (status.ok()) status = revoke_leaving(source);
        if (!status.ok()) return dataflow_.fail(source.node, status);
    }
}

// A split that left while the epoch was under way waits for the next one: its mark lies before its last rows.
Status Sources::revoke_leaving(Source& source) {
    for (size_t i = 0; i < source.splits.size();) {
        Split& split = source.splits[i];
        if (!split.leaving_marked) {
            wants_epoch_ = wants_epoch_ || split.leaving;
            ++i;
            continue;
        }
        Status status = source.instance->call([&](void* self, weir_error* error) -> int32_t {
            auto* revoke = source.instance->api().revoke;
            return revoke ? revoke(self, split.number, error) : WEIR_OK;
        });
        if (!status.ok()) return status;
        listener_.on_split_revoked(source.node, split.number, dataflow_.time_of_split(source.node, split.number));
        dataflow_.drop_split(source.node, split.number, false);
        source.splits.erase(source.splits.begin() + static_cast<std::ptrdiff_t>(i));
        source.next = 0;
    }
    return {};
}

int64_t Sources::Source::records() const {
    const NodeCounters& counters = instance->counters();
    return counters.rows_out.load(std::memory_order_relaxed) + counters.errors.load(std::memory_order_relaxed);
}

int64_t Sources::records() const {
    int64_t n = 0;
    for (const auto& source : sources_) n += source.records();
    return n;
}

}  // namespace weir::host
