// Epochs within one worker's dataflow: how a barrier passes its nodes, what they hand over, and how nodes end.
#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include <weir/failpoint.hpp>

#include "host/engine/bytes_out.hpp"
#include "host/engine/dataflow.hpp"

namespace weir::host {

void Dataflow::align(Node& node, uint64_t epoch) {
    node.barrier = epoch;
    for (const Link* link : node.inputs)
        if (!link->blocked && !link->ended) return;
    for (Link* link : node.inputs) link->blocked = false;
    node.barrier.reset();
    pass_barrier(node, epoch);
}

void Dataflow::pass_barrier(Node& node, uint64_t epoch) {
    WEIR_FAILPOINT("dataflow.snapshot.begin");
    node.marked_watermark = node.watermark;
    if (node.event_time) node.event_time->mark();
    Status status = snapshot(node, epoch);
    WEIR_FAILPOINT("dataflow.snapshot.done");
    if (!status.ok()) return fail(node.index, status);
    if (node.instance->is_sink())
        prepare(node, epoch);
    else
        passed_barrier(node, epoch);
}

Status Dataflow::snapshot(Node& node, uint64_t epoch) {
    if (node.keyed) {
        auto put = [&](const weir_state_block& block, uint32_t mode) {
            return listener_.on_state(node.index, block, mode);
        };
        if (Status s = node.keyed->snapshot(put, epoch, clock_(), node.watermark); !s.ok()) return s;
    }
    if (!node.instance->api().snapshot || node.instance->descriptor().state_version == 0) return {};
    struct Taker {
        Dataflow* self;
        size_t node;
        Status fault;
    } taker{this, node.index, {}};
    weir_snapshot request{};
    request.size = sizeof request;
    request.mode = node.instance->take_snapshot_mode();
    request.epoch = epoch;
    request.data = &taker;
    request.put = [](const weir_snapshot* s, const weir_state_block* block) -> int32_t {
        auto& to = *static_cast<Taker*>(s->data);
        if (block->state >= WEIR_HOST_STATES)
            to.fault = Status::fatal(fmt::format("snapshot of state {}: numbers from {} are the host's", block->state, WEIR_HOST_STATES));
        if (to.fault.ok()) to.fault = to.self->listener_.on_state(to.node, *block, s->mode);
        return to.fault.ok() ? WEIR_OK : WEIR_E_FATAL;
    };
    Status status = node.instance->call(
        [&](void* self, weir_error* error) { return node.instance->api().snapshot(self, &request, error); });
    return taker.fault.ok() ? status : taker.fault;
}

bool Dataflow::takes_committables(const Node& node) const {
    return plan_.topology().exactly_once && (node.instance->descriptor().flags & WEIR_OP_OUTBOX) &&
           node.instance->api().commit;
}

// A sink's failed deliveries come while it prepares: its barrier follows them on `errors`. Committables count once
// it is done.
void Dataflow::prepare(Node& node, uint64_t epoch) {
    node.preparing = epoch;
    WEIR_FAILPOINT("dataflow.sink.prepare");
    Status status;
    std::vector<std::string> committables;
    if (node.instance->api().prepare) {
        const weir_bytes_out out = bytes_into(committables);
        status = node.instance->call([&](void* self, weir_error* error) {
            return node.instance->api().prepare(self, epoch, &out, error);
        });
        if (status.ok() && !committables.empty() && !takes_committables(node))
            status = Status::fatal("handed over committables, which need an outbox and delivery: exactly_once");
    }
    flush_errors(node);
    if (status.is_pending() || failure_) return;
    status = Instance::must_be_done("prepare", status);
    if (!status.ok()) return fail(node.index, status);
    node.preparing.reset();
    if (!committables.empty()) listener_.on_committables(node.index, epoch, std::move(committables));
    WEIR_FAILPOINT("dataflow.sink.prepared");
    passed_barrier(node, epoch);
}

void Dataflow::passed_barrier(Node& node, uint64_t epoch) {
    node.passed = epoch;
    node.instance->counters().passed.store(epoch, std::memory_order_relaxed);
    if (node.closing && !listener_.has_committables(node.index))
        end(node);
    else if (!node.ended)
        send(node, Barrier{epoch});
    if (--barriers_left_ == 0 && !failure_) listener_.on_barrier_done(epoch);
}

void Dataflow::try_finish(Node& node) {
    for (const Link* link : node.inputs)
        if (!link->ended) return;
    auto finished = [this, &node] {
        // Behind its last input no barrier comes any more: it passes the epoch in flight by ending.
        const bool owes = barriers_left_ > 0 && node.passed < epoch_;
        if (!node.late) --running_;
        node.closing = node.instance->is_sink() && !node.outputs.back().empty();
        if (!node.closing) end(node);
        if (owes) pass_barrier(node, epoch_);
    };
    auto finish = [this, &node, finished] {
        if (!node.instance->api().finish) return finished();
        settle(node, node.instance->call([&](void* self, weir_error* error) {
            return node.instance->api().finish(self, error);
        }),
               finished);
    };
    if (!node.keyed) return finish();
    node.keyed->drain_timers(WEIR_CLOCK_EVENT);
    fire_timers(node, WEIR_CLOCK_EVENT, INT64_MAX, finish);
}

void Dataflow::end(Node& node) {
    send(node, End{is_stopped(node.inputs)});
    node.closing = false;
    node.ended = true;
}

void Dataflow::end_source(size_t index, bool stopped) {
    Node& node = nodes_[index];
    if (node.ended) return;
    send(node, End{stopped});
    node.ended = true;
    --running_;
}

void Dataflow::start_epoch(uint64_t epoch, bool stands) {
    epoch_ = epoch;
    stands_ = stands;
    // One more while the barriers are being sent, so that it is not done before all are counted.
    barriers_left_ = 1 + nodes_.size();
    // What has no inputs any more gets no barrier. Who ends by what follows passes by ending.
    std::vector<Node*> first;
    for (Node& node : nodes_)
        if (node.ended || node.closing || node.instance->is_source()) first.push_back(&node);
    for (Node* node : first) {
        if (failure_) return;
        pass_barrier(*node, epoch);
    }
    if (--barriers_left_ == 0 && !failure_) listener_.on_barrier_done(epoch);
}

void Dataflow::go_on() {
    if (std::exchange(stands_, false)) wakeup_.notify();  // some were woken meanwhile
}

bool Dataflow::is_at_rest() const {
    const auto is_quiet = [](const Link* link) { return link->empty() && !link->blocked && !link->ended; };
    const auto is_empty = [](const Route& route) {
        return !route.watermark && std::all_of(route.parts.begin(), route.parts.end(), [](const auto& part) { return part->empty(); });
    };
    return !failure_ && std::all_of(nodes_.begin(), nodes_.end(), [&](const Node& node) {
        return node.passed == epoch_ && node.state == State::kReady && !node.then && !node.preparing && !node.barrier && !node.ended &&
               !node.closing && std::all_of(node.inputs.begin(), node.inputs.end(), is_quiet) &&
               std::all_of(node.outputs.begin(), node.outputs.end(),
                           [&](const auto& port) { return std::all_of(port.begin(), port.end(), is_empty); });
    });
}

NodeLeft Dataflow::leave(size_t index) const {
    const Node& node = nodes_[index];
    return {node.watermark, node.event_time ? node.event_time->promised() : kNoEventTime, node.wake_at};
}

// It may have been woken while it had no host.
void Dataflow::take_over(size_t index, const NodeLeft& left) {
    Node& node = nodes_[index];
    node.moved = restored_ = true;
    node.watermark = node.marked_watermark = left.watermark;
    if (node.event_time && left.promised != kNoEventTime) node.event_time->promise(left.promised);
    node.wake_at = left.wake_at;
    node.woken.store(true, std::memory_order_release);
}

// What a sink was given may fail until it is acknowledged and made visible, which it is by epochs. So `errors` of sinks end
// with the last of these, and behind them who reads them: their end is not waited for to begin it.
void Dataflow::find_late(const std::vector<Node*>& readers) {
    std::vector<Node*> from;
    for (Node& node : nodes_)
        if (node.instance->is_sink()) from.push_back(&node);
    while (!from.empty()) {
        const Node& node = *from.back();
        from.pop_back();
        for (const auto& port : node.outputs) {
            for (const Route& route : port) {
                Node& to = *readers[static_cast<size_t>(route.edge - plan_.edges().data())];
                if (!std::exchange(to.late, true)) from.push_back(&to);
            }
        }
    }
}

}  // namespace weir::host
