// How a batch or a control message gets from its emitter to the nodes that read it: on this worker by a call or a
// queue, to others by a channel.
#include <weir/memory.hpp>

#include "host/engine/dataflow.hpp"
#include "host/engine/key_hash.hpp"

namespace weir::host {

// The own worker's channel of each edge comes first among a node's inputs.
void Dataflow::connect() {
    std::vector<Link*> own(plan_.edges().size());
    for (Node& node : nodes_) {
        const auto& edges = plan_.nodes()[node.index].inputs;
        for (size_t k = 0; k < edges.size(); ++k) {
            const auto edge = static_cast<size_t>(edges[k]);
            own[edge] = &add_link(node, static_cast<uint32_t>(k));
            for (uint32_t from = 0; from < plan_.workers(); ++from)
                if (Channel* ring = fabric_.channel(edge, from, worker_))
                    add_link(node, static_cast<uint32_t>(k)).ring = ring;
        }
    }
    for (Node& node : nodes_) {
        const auto& ports = plan_.nodes()[node.index].outputs;
        for (size_t p = 0; p < ports.size(); ++p) {
            for (int e : ports[p].edges) {
                const auto edge = static_cast<size_t>(e);
                Route& route = node.outputs[p].emplace_back();
                route.from = node.index;
                route.edge = &plan_.edges()[edge];
                route.types = &ports[p].schema;
                route.local = own[edge];
                if (plan_.workers() == 1 || route.edge->routing == Routing::kForward) continue;
                for (uint32_t to = 0; to < plan_.workers(); ++to)
                    route.remote.push_back(fabric_.channel(edge, worker_, to));
            }
        }
    }
}

Dataflow::Link& Dataflow::add_link(Node& to, uint32_t input) {
    Link& link = links_.emplace_back();
    link.to = &to;
    link.input = input;
    to.inputs.push_back(&link);
    return link;
}

bool Dataflow::can_take(const Link& link) const {
    return link.queue.empty() && !link.blocked && link.to->state == State::kReady && !link.to->preparing;
}

bool Dataflow::has_room(const Route& route) const {
    for (const Channel* channel : route.remote)
        if (channel && !channel->has_room()) return false;
    return can_take(*route.local);
}

bool Dataflow::has_room(const Node& node) const {
    for (const auto& port : node.outputs)
        for (const Route& route : port)
            if (!has_room(route)) return false;
    return true;
}

void Dataflow::deliver(Link& link, Item item) {
    if (failure_) return;
    if (can_take(link) && has_room(*link.to)) {
        if (auto* batch = std::get_if<BatchRef>(&item))
            process(*link.to, link, *batch);
        else
            control(*link.to, link, item);
        return;
    }
    link.queue.push_back(std::move(item));
}

void Dataflow::push(const Route& route, Channel& channel, Item item) {
    if (!channel.push(std::move(item))) fail(route.from, Status::fatal("kept emitting after WEIR_FULL"));
}

void Dataflow::deliver(Route& route, const BatchRef& batch) {
    switch (route.edge->routing) {
        case Routing::kForward: return deliver(*route.local, batch);
        case Routing::kKeyed: return deliver_by_key(route, batch);
        case Routing::kBroadcast:
            for (Channel* channel : route.remote)
                if (channel) push(route, *channel, batch);
            return deliver(*route.local, batch);
    }
}

// Into `hashes`, one a row.
bool Dataflow::hash_keys(Route& route, const BatchRef& batch, uint64_t* hashes) {
    if (route.edge->hasher) {
        route.edge->hasher->hash(*batch.view().array, hashes);
        return true;
    }
    Node& to = *route.local->to;
    Status status = to.instance->call([&](void* self, weir_error* error) {
        return to.instance->api().compute_key(self, &batch.view(), route.local->input, hashes, error);
    });
    if (!status.ok()) fail(to.index, status);
    return status.ok();
}

void Dataflow::deliver_by_key(Route& route, const BatchRef& batch) {
    const auto rows = static_cast<size_t>(batch.rows());
    if (route.remote.empty()) {
        // An operator that computes its own key knows it anyway.
        if (!route.edge->hasher) return deliver(*route.local, batch);
        auto* own = static_cast<uint64_t*>(plugin_host().alloc(rows * sizeof(uint64_t)));
        hash_keys(route, batch, own);
        return deliver(*route.local, BatchRef(HostBatch::with_hashes(batch.get(), own)));
    }
    if (!hash_keys(route, batch, hashes_.data())) return;
    for (auto& chosen : rows_of_worker_) chosen.clear();
    for (size_t i = 0; i < rows; ++i)
        rows_of_worker_[worker_of_group(key_group(hashes_[i]), plan_.workers())].push_back(static_cast<int32_t>(i));
    // Others first: they may work while this worker goes on with its own share. The scratch is not used behind a
    // delivery, which may come here again.
    BatchRef own;
    for (uint32_t w = 0; w < plan_.workers(); ++w) {
        const auto& chosen = rows_of_worker_[w];
        if (chosen.empty()) continue;
        BatchRef part(HostBatch::part(*batch.get(), *route.types, chosen.data(), static_cast<int64_t>(chosen.size()),
                                      hashes_.data()));
        if (w == worker_)
            own = std::move(part);
        else
            push(route, *route.remote[w], std::move(part));
    }
    if (own) deliver(*route.local, own);
}

void Dataflow::send(Node& node, const Item& item) {
    for (auto& port : node.outputs) {
        for (Route& route : port) {
            for (Channel* channel : route.remote)
                if (channel) push(route, *channel, item);
            deliver(*route.local, item);
        }
    }
}

}  // namespace weir::host
