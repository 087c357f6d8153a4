#include "host/engine/sources.hpp"

#include <algorithm>

#include <weir/memory.hpp>

namespace weir::host {

namespace {

void put_string(const weir_bytes_out* out, weir_str bytes) {
    static_cast<std::vector<std::string>*>(out->data)->emplace_back(view(bytes));
}

}  // namespace

Sources::Sources(Plan& plan, Dataflow& dataflow, std::function<int64_t()> clock)
    : dataflow_(dataflow), clock_(std::move(clock)) {
    for (size_t i = 0; i < plan.nodes().size(); ++i) {
        Instance* instance = plan.nodes()[i].instance.get();
        if (!instance->is_source()) continue;
        auto& source = sources_.emplace_back();
        source.node = i;
        source.instance = instance;
    }
}

bool Sources::discover_all() {
    for (auto& source : sources_)
        if (!discover(source)) return false;
    return true;
}

bool Sources::discover(Source& source) {
    source.discover = false;
    source.discovered_at = clock_();
    std::vector<std::string> ids;
    weir_bytes_out out{sizeof out, 0, &ids, put_string};
    Status status = source.instance->call(
        [&](void* self, weir_error* error) { return source.instance->api().discover(self, &out, error); });
    if (!status.ok()) {
        dataflow_.fail(source.node, status);
        return false;
    }
    source.complete = status.is_end();
    return apply(source, ids);
}

bool Sources::apply(Source& source, const std::vector<std::string>& ids) {
    for (auto& split : source.splits) {
        split.leaving = std::find(ids.begin(), ids.end(), split.id) == ids.end();
        if (!split.leaving) split.leaving_marked = false;
        wants_epoch_ = wants_epoch_ || split.leaving;
    }
    for (const auto& id : ids) {
        bool known =
            std::any_of(source.splits.begin(), source.splits.end(), [&](const Split& s) { return s.id == id; });
        if (!known && !assign(source, id)) return false;
    }
    end_if_over(source);
    return true;
}

bool Sources::assign(Source& source, const std::string& id) {
    Split split;
    split.number = next_split_++;
    split.id = id;
    Status status = source.instance->call([&](void* self, weir_error* error) {
        return source.instance->api().assign(self, split.number, to_abi(id), {nullptr, 0}, error);
    });
    if (!status.ok()) {
        dataflow_.fail(source.node, status);
        return false;
    }
    source.splits.push_back(std::move(split));
    return true;
}

Sources::Split* Sources::next_ready(Source& source) {
    size_t n = source.splits.size();
    for (size_t i = 0; i < n; ++i) {
        size_t at = (source.next + i) % n;
        Split& split = source.splits[at];
        if (!split.ready || split.ended || split.leaving) continue;
        source.next = (at + 1) % n;
        return &split;
    }
    return nullptr;
}

bool Sources::poll(int64_t budget) {
    bool moved = false;
    for (auto& source : sources_) {
        if (budget <= 0 || dataflow_.failed()) break;
        if (source.discover && clock_() - source.discovered_at >= kDiscoverInterval) {
            discover(source);
            moved = true;
        }
        int64_t before = records();
        if (poll_one(source, budget)) moved = true;
        budget -= records() - before;
    }
    return moved;
}

bool Sources::poll_one(Source& source, int64_t budget) {
    if (source.ended || !dataflow_.source_ready(source.node)) return false;
    Split* split = next_ready(source);
    if (!split) return false;
    auto rows = static_cast<uint64_t>(std::min<int64_t>(budget, WEIR_BATCH_MAX_ROWS));
    Status status = dataflow_.poll(source.node, split->number, rows);
    if (!status.ok()) return true;
    split->ready = status.is_more();
    split->ended = status.is_end();
    end_if_over(source);
    return true;
}

void Sources::end_if_over(Source& source) {
    if (source.ended || (source.splits.empty() && !source.complete)) return;
    for (const auto& split : source.splits)
        if (!split.ended) return;
    source.ended = true;
    dataflow_.end_source(source.node);
}

void Sources::end_all() {
    for (auto& source : sources_) {
        if (source.ended) continue;
        source.ended = true;
        dataflow_.end_source(source.node);
    }
}

void Sources::on_wake(size_t node) {
    for (auto& source : sources_) {
        if (source.node != node) continue;
        for (auto& split : source.splits) split.ready = true;
        source.discover = !source.complete && !source.ended;
    }
}

void Sources::mark_positions() {
    for (auto& source : sources_) {
        for (auto& split : source.splits) {
            std::vector<std::string> position;
            weir_bytes_out out{sizeof out, 0, &position, put_string};
            Status status = source.instance->call([&](void* self, weir_error* error) {
                return source.instance->api().position(self, split.number, &out, error);
            });
            if (!status.ok()) return dataflow_.fail(source.node, status);
            split.leaving_marked = split.leaving;
            split.marked.reset();
            if (!position.empty()) split.marked = std::move(position.back());
        }
    }
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
        source.splits.erase(source.splits.begin() + static_cast<std::ptrdiff_t>(i));
        source.next = 0;
    }
    return {};
}

int64_t Sources::records() const {
    int64_t n = 0;
    for (const auto& source : sources_) {
        const NodeCounters& counters = source.instance->counters();
        n += counters.rows_out.load(std::memory_order_relaxed) + counters.errors.load(std::memory_order_relaxed);
    }
    return n;
}

std::optional<int64_t> Sources::next_time() const {
    std::optional<int64_t> next;
    for (const auto& source : sources_)
        if (source.discover) next = std::min(next.value_or(INT64_MAX), source.discovered_at + kDiscoverInterval);
    return next;
}

}  // namespace weir::host
