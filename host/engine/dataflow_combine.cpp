// Rows of frequent keys, added up before they cross to the worker that has them (weir/ext/combine.h), so that it is not the one
// that all wait for.
//
// While a key is frequent, no row of it is among those that cross as they are, but for those that cannot be added up: so a key's
// rows keep their order. What is added up is taken at its place among the other items of the channel, in front of the watermark
// that follows its rows; where the owner cannot take it, because a window has closed there, it has the rows.
#include <weir/memory.hpp>

#include "host/engine/bytes_out.hpp"
#include "host/engine/dataflow.hpp"

namespace weir::host {

namespace {

// Fewer rows cross as they are.
constexpr int64_t kWorthCombining = 16;

BatchRef rows_of(const BatchRef& batch, const Schema& types, const std::vector<int32_t>& rows) {
    auto* hashes = static_cast<uint64_t*>(plugin_host().alloc(rows.size() * sizeof(uint64_t)));
    for (size_t i = 0; i < rows.size(); ++i) hashes[i] = batch.view().hashes[rows[i]];
    const BatchRef chosen(HostBatch::choose(*batch.get(), types, rows));
    return BatchRef(HostBatch::with_hashes(chosen.get(), hashes));
}

}  // namespace

// Where the keys change, rows that were gathered go first.
void Dataflow::note_hot_keys(Route& route, size_t rows) {
    if (!route.hot.look(hashes_.data(), rows)) return;
    for (uint32_t to = 0; to < plan_.workers(); ++to)
        if (to != worker_) flush_remote(route, to);
}

bool Dataflow::flush_remote(Route& route, uint32_t to) {
    bool moved = false;
    if (!route.parts[to]->empty()) {
        moved = true;
        push(route, *route.remote[to], route.parts[to]->take());
    }
    if (!route.hot_parts.empty() && !route.hot_parts[to]->empty()) {
        moved = true;
        push_combined(route, to, route.hot_parts[to]->take());
    }
    return moved;
}

// What is not added up crosses as rows, in front.
void Dataflow::push_combined(Route& route, uint32_t to, BatchRef batch) {
    const auto n = static_cast<size_t>(batch.rows());
    Node& node = *route.local->to;
    if (batch.rows() < kWorthCombining) return push(route, *route.remote[to], std::move(batch));
    std::vector<uint8_t> taken(n, 0);
    auto sum = std::make_shared<std::string>();
    const weir_bytes_out out = bytes_into(*sum);
    const Status status = node.instance->call_done("combine", [&](void* self, weir_error* error) {
        return node.instance->combiner()->combine(self, &batch.view(), taken.data(), &out, error);
    });
    if (!status.ok()) return fail(node.index, status);
    std::vector<int32_t> added, rest;
    for (size_t i = 0; i < n; ++i) (taken[i] ? added : rest).push_back(static_cast<int32_t>(i));
    if (added.empty()) {
        route.hot.rest();
        return push(route, *route.remote[to], std::move(batch));
    }
    if (!rest.empty()) {
        push(route, *route.remote[to], rows_of(batch, *route.types, rest));
        batch = rows_of(batch, *route.types, added);
    }
    push(route, *route.remote[to], Combined{std::move(batch), std::move(sum)});
}

void Dataflow::take_combined(Node& node, Link& link, const Combined& combined) {
    const Status status = node.instance->call([&](void* self, weir_error* error) {
        return node.instance->combiner()->take(self, to_abi(*combined.sum), error);
    });
    if (status.code() == WEIR_E_UNSUPPORTED) return process(node, link, combined.rows);
    auto& counters = node.instance->counters();
    NodeCounters::add(counters.rows_in, combined.rows.rows());
    NodeCounters::add(counters.batches_in, 1);
    NodeCounters::add(counters.bytes_in, combined.rows.view().bytes);
    NodeCounters::add(counters.combined, combined.rows.rows());
    settle(node, Instance::must_be_done("take of what was combined", status));
}

}  // namespace weir::host
