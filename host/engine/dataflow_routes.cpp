// How a batch or a control message gets from its emitter to the nodes that read it: on this worker by a call or a
// queue, to others by a channel.
#include <weir/memory.hpp>

#include "host/engine/dataflow.hpp"
#include "host/engine/key_hash.hpp"

namespace weir::host {

void Dataflow::connect() {
    std::vector<Link*> own(plan_.edges().size());
    std::vector<Node*> readers(plan_.edges().size());
    for (Node& node : nodes_) {
        const auto& edges = plan_.nodes()[node.index].inputs;
        for (size_t k = 0; k < edges.size(); ++k) {
            const auto edge = static_cast<size_t>(edges[k]);
            own[edge] = connect_input(node, static_cast<uint32_t>(k), edge);
            readers[edge] = &node;
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
                // Worker 0's node passes on what it takes; nobody else reaches the others.
                if (route.edge->routing == Routing::kBroadcast) {
                    if (worker_ > 0) route.remote = {fabric_.channel(edge, worker_, 0)};
                    continue;
                }
                for (uint32_t to = 0; to < plan_.workers(); ++to) {
                    route.remote.push_back(fabric_.channel(edge, worker_, to));
                    route.parts.push_back(std::make_unique<PartBuilder>(*route.types));
                    if (route.local->to->instance->combiner()) route.hot_parts.push_back(std::make_unique<PartBuilder>(*route.types));
                }
            }
        }
    }
    find_late(readers);
}

// The own worker's channel of the edge, which comes first; null if it has none.
Dataflow::Link* Dataflow::connect_input(Node& to, uint32_t input, size_t edge) {
    const bool broadcast = plan_.edges()[edge].routing == Routing::kBroadcast;
    const size_t first = to.inputs.size();
    Link* own = broadcast && worker_ > 0 ? nullptr : &add_link(to, input);
    for (uint32_t from = 0; from < plan_.workers(); ++from)
        if (Channel* ring = fabric_.channel(edge, from, worker_)) add_link(to, input).ring = ring;
    if (!broadcast || worker_ > 0 || plan_.workers() == 1) return own;
    Relay& relay = relays_.emplace_back();
    relay.node = to.index;
    for (size_t i = first; i < to.inputs.size(); ++i) {
        to.inputs[i]->relay = &relay;
        relay.from.push_back(to.inputs[i]);
    }
    for (uint32_t w = 1; w < plan_.workers(); ++w) relay.to.push_back(fabric_.channel(edge, worker_, w));
    return own;
}

Dataflow::Link& Dataflow::add_link(Node& to, uint32_t input) {
    Link& link = links_.emplace_back();
    link.to = &to;
    link.input = input;
    to.inputs.push_back(&link);
    return link;
}

bool Dataflow::can_take(const Link& link) const {
    return link.queue.empty() && !link.blocked && link.to->state == State::kReady && !link.to->preparing &&
           (!link.relay || link.relay->has_room());
}

// Of several inputs each may leave a batch while the node is busy: it takes them by turns. Without that the first to find it
// ready would be the same one every time.
bool Dataflow::may_leave(const Link& link) const {
    return link.to->inputs.size() > 1 && link.queue.empty() && !link.blocked && (!link.relay || link.relay->has_room());
}

bool Dataflow::has_room(const Route& route) const {
    for (const Channel* channel : route.remote)
        if (channel && !channel->has_room()) return false;
    return !route.local || can_take(*route.local) || may_leave(*route.local);
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

// What waits for others to read is told to them every kQuietItems, or with the next flush: a wake-up costs as much as a
// batch.
void Dataflow::push(const Route& route, Channel& channel, Item item) {
    if (!channel.push(std::move(item))) return fail(route.from, Status::fatal("kept emitting after WEIR_FULL"));
    if (channel.quiet() >= kQuietItems) channel.announce();
}

void Dataflow::deliver(Route& route, const BatchRef& batch) {
    switch (route.edge->routing) {
        case Routing::kForward: return deliver(*route.local, batch);
        case Routing::kKeyed: return deliver_by_key(route, batch);
        case Routing::kBroadcast:
            if (route.local) return deliver(*route.local, batch);
            return push(route, *route.remote[0], batch);
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
    for (auto* scratch : {&rows_of_worker_, &hot_rows_of_worker_})
        for (ChosenRows& chosen : *scratch) chosen.count = 0;
    if (!route.hot_parts.empty()) note_hot_keys(route, rows);
    for (size_t i = 0; i < rows; ++i) {
        const uint32_t to = worker_of_group(key_group(hashes_[i]), plan_.workers());
        const bool is_hot = !route.hot.empty() && to != worker_ && route.hot.contains(hashes_[i]);
        ChosenRows& chosen = (is_hot ? hot_rows_of_worker_ : rows_of_worker_)[to];
        chosen.rows[chosen.count++] = static_cast<int32_t>(i);
    }
    // The own share is delivered last: that may come here again, and the scratch is not used behind it.
    std::vector<BatchRef> own;
    const auto gather = [&](PartBuilder& part, const ChosenRows& chosen, auto&& deliver_full) {
        const auto n = static_cast<int64_t>(chosen.count);
        for (int64_t done = 0; done < n;) {
            done += part.append(*batch.get(), chosen.rows.data() + done, n - done, hashes_.data());
            if (part.full()) deliver_full(part.take());
        }
    };
    for (uint32_t w = 0; w < plan_.workers(); ++w) {
        gather(*route.parts[w], rows_of_worker_[w], [&](BatchRef full) {
            if (w == worker_)
                own.push_back(std::move(full));
            else
                push(route, *route.remote[w], std::move(full));
        });
        if (hot_rows_of_worker_[w].count > 0)
            gather(*route.hot_parts[w], hot_rows_of_worker_[w], [&](BatchRef full) { push_combined(route, w, std::move(full)); });
    }
    for (BatchRef& batch_of_own : own) deliver(*route.local, std::move(batch_of_own));
}

// Delivers what its parts hold, and tells the others of it.
bool Dataflow::flush(Route& route) {
    bool moved = false;
    for (uint32_t w = 0; w < route.parts.size(); ++w) {
        if (w != worker_) {
            moved = flush_remote(route, w) || moved;
        } else if (!route.parts[w]->empty()) {
            moved = true;
            deliver(*route.local, route.parts[w]->take());
        }
    }
    if (route.watermark) {
        const Watermark watermark{*std::exchange(route.watermark, std::nullopt)};
        moved = true;
        for (Channel* channel : route.remote)
            if (channel) push(route, *channel, watermark);
        if (route.local) deliver(*route.local, watermark);
    }
    for (Channel* channel : route.remote)
        if (channel && channel->quiet()) channel->announce();
    return moved;
}

bool Dataflow::flush() {
    bool moved = false;
    for (Node& node : nodes_)
        for (auto& port : node.outputs)
            for (Route& route : port)
                if (!failure_ && flush(route)) moved = true;
    return moved;
}

// Where rows are gathered for other workers, watermarks follow them, so that they cost no delivery of their own.
void Dataflow::send(Node& node, const Item& item) {
    const auto* watermark = std::get_if<Watermark>(&item);
    if (watermark) node.instance->time().set_watermark(watermark->time);
    if (std::holds_alternative<Idle>(item)) node.instance->time().set_idle();
    for (auto& port : node.outputs) {
        for (Route& route : port) {
            if (watermark && !route.parts.empty() && !route.idle) {
                route.watermark = watermark->time;
                continue;
            }
            flush(route);
            route.idle = std::holds_alternative<Idle>(item) || (route.idle && !watermark);
            for (Channel* channel : route.remote) {
                if (!channel) continue;
                push(route, *channel, item);
                channel->announce();
            }
            if (route.local) deliver(*route.local, item);
        }
    }
}

}  // namespace weir::host
