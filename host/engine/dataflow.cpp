#include "host/engine/dataflow.hpp"

#include <algorithm>

#include <fmt/format.h>

#include <weir/memory.hpp>

#include "host/engine/host_services.hpp"

namespace weir::host {

std::string Failure::text() const {
    if (node.empty()) return status.message();
    return fmt::format("node `{}` (plugin {}): {}", node, plugin, status.message());
}

Dataflow::Dataflow(Plan& plan, Wakeup& wakeup, std::function<int64_t()> clock, DataflowListener& listener)
    : plan_(plan), wakeup_(wakeup), clock_(std::move(clock)), listener_(listener) {
    auto& planned = plan.nodes();
    for (size_t i = 0; i < planned.size(); ++i) {
        Node& node = nodes_.emplace_back();
        node.index = i;
        node.instance = planned[i].instance.get();
        node.errors.emplace(node.instance->node().id);
        node.outputs.resize(planned[i].outputs.size());
        for (auto& port : planned[i].outputs) node.schemas.push_back(&port.abi_schema);
    }
    for (size_t e = 0; e < plan.topology().edges.size(); ++e) links_.emplace_back();
    for (size_t i = 0; i < planned.size(); ++i) {
        for (size_t p = 0; p < planned[i].outputs.size(); ++p)
            for (int e : planned[i].outputs[p].edges) nodes_[i].outputs[p].push_back(&links_[static_cast<size_t>(e)]);
        for (size_t k = 0; k < planned[i].inputs.size(); ++k) {
            Link& link = links_[static_cast<size_t>(planned[i].inputs[k])];
            link.to = &nodes_[i];
            link.input = static_cast<uint32_t>(k);
            nodes_[i].inputs.push_back(&link);
        }
    }
    running_ = nodes_.size();
    for (auto& node : nodes_) node.instance->set_host(this, node.index);
}

Dataflow::~Dataflow() {
    for (auto& node : nodes_) node.instance->set_host(nullptr, node.index);
}

void Dataflow::fail(size_t node, const Status& status) {
    if (failure_) return;
    const NodeSpec& spec = nodes_[node].instance->node();
    failure_ = Failure{status, spec.id, spec.op->plugin};
}

bool Dataflow::can_take(const Link& link) const {
    return link.queue.empty() && !link.blocked && link.to->state == State::kReady && !link.to->preparing;
}

bool Dataflow::has_room(const Node& node) const {
    for (const auto& port : node.outputs)
        for (const Link* link : port)
            if (!can_take(*link)) return false;
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

void Dataflow::send(Node& node, const Item& item) {
    for (auto& port : node.outputs)
        for (Link* link : port) deliver(*link, item);
}

void Dataflow::settle(Node& node, const Status& status, std::function<void()> then) {
    flush_errors(node);
    if (failure_) return;
    switch (status.code()) {
        case WEIR_OK:
            node.state = State::kReady;
            if (then) then();
            return;
        case WEIR_MORE:
        case WEIR_PENDING:
            node.state = status.is_more() ? State::kMore : State::kPending;
            node.then = std::move(then);
            return;
        default:
            fail(node.index, status.ok() ? Status::fatal("returned a code that this call does not have") : status);
    }
}

void Dataflow::process(Node& node, Link& link, const BatchRef& batch) {
    auto& counters = node.instance->counters();
    NodeCounters::add(counters.rows_in, batch.rows());
    NodeCounters::add(counters.batches_in, 1);
    settle(node, node.instance->call([&](void* self, weir_error* error) {
        return node.instance->api().process(self, &batch.view(), link.input, error);
    }));
}

void Dataflow::control(Node& node, Link& link, const Item& item) {
    if (auto* watermark = std::get_if<Watermark>(&item)) {
        link.watermark = std::max(link.watermark, watermark->time);
        advance_watermark(node);
    } else if (auto* barrier = std::get_if<Barrier>(&item)) {
        link.blocked = true;
        align(node, barrier->epoch);
    } else {
        link.ended = true;
        if (node.barrier) align(node, *node.barrier);
        advance_watermark(node);
        try_finish(node);
    }
}

void Dataflow::advance_watermark(Node& node) {
    int64_t lowest = INT64_MAX;
    for (const Link* link : node.inputs)
        if (!link->ended) lowest = std::min(lowest, link->watermark);
    if (lowest == INT64_MAX || lowest <= node.watermark) return;
    node.watermark = lowest;
    auto forward = [this, &node, lowest] { send(node, Watermark{lowest}); };
    if (!node.instance->api().on_watermark) return forward();
    settle(node, node.instance->call([&](void* self, weir_error* error) {
        return node.instance->api().on_watermark(self, lowest, error);
    }),
           forward);
}

void Dataflow::align(Node& node, uint64_t epoch) {
    node.barrier = epoch;
    for (const Link* link : node.inputs)
        if (!link->blocked && !link->ended) return;
    for (Link* link : node.inputs) link->blocked = false;
    node.barrier.reset();
    pass_barrier(node, epoch);
}

void Dataflow::pass_barrier(Node& node, uint64_t epoch) {
    if (node.instance->is_sink())
        prepare(node, epoch);
    else
        passed_barrier(node, epoch);
}

// A sink's failed deliveries come while it prepares: its barrier follows them on `errors`.
void Dataflow::prepare(Node& node, uint64_t epoch) {
    node.preparing = epoch;
    Status status;
    if (node.instance->api().prepare) {
        weir_bytes_out out{sizeof out, 0, &status, [](const weir_bytes_out* o, weir_str) {
                               *static_cast<Status*>(o->data) =
                                   Status::fatal("handed over committables, which need delivery: exactly_once");
                           }};
        Status prepared = node.instance->call([&](void* self, weir_error* error) {
            return node.instance->api().prepare(self, epoch, &out, error);
        });
        if (status.ok()) status = prepared;
    }
    flush_errors(node);
    if (status.is_pending() || failure_) return;
    if (!status.done()) return fail(node.index, status);
    node.preparing.reset();
    passed_barrier(node, epoch);
}

void Dataflow::passed_barrier(Node& node, uint64_t epoch) {
    node.passed = epoch;
    if (!node.ended) send(node, Barrier{epoch});
    if (--barriers_left_ == 0 && !failure_) listener_.on_barrier_done(epoch);
}

void Dataflow::try_finish(Node& node) {
    for (const Link* link : node.inputs)
        if (!link->ended) return;
    auto finished = [this, &node] {
        // Behind its last input no barrier comes any more: it passes the epoch in flight by ending.
        bool owes = barriers_left_ > 0 && node.passed < epoch_;
        send(node, End{});
        node.ended = true;
        --running_;
        if (owes) pass_barrier(node, epoch_);
    };
    if (!node.instance->api().finish) return finished();
    settle(node, node.instance->call([&](void* self, weir_error* error) {
        return node.instance->api().finish(self, error);
    }),
           finished);
}

void Dataflow::end_source(size_t index) {
    Node& node = nodes_[index];
    if (node.ended) return;
    send(node, End{});
    node.ended = true;
    --running_;
}

void Dataflow::start_epoch(uint64_t epoch) {
    epoch_ = epoch;
    bool live = std::any_of(nodes_.begin(), nodes_.end(), [](auto& n) { return n.instance->is_source() && !n.ended; });
    auto concerned = [&](const Node& node) { return live ? !node.ended : node.instance->is_sink(); };
    // One more while the barriers are being sent, so that it is not done before all are counted.
    barriers_left_ = 1 + static_cast<size_t>(std::count_if(nodes_.begin(), nodes_.end(), concerned));
    for (auto& node : nodes_) {
        if (live && node.instance->is_source() && !node.ended) passed_barrier(node, epoch);
        if (!live && node.instance->is_sink()) prepare(node, epoch);
    }
    if (--barriers_left_ == 0 && !failure_) listener_.on_barrier_done(epoch);
}

Status Dataflow::poll(size_t index, uint64_t split, uint64_t max_rows) {
    Node& node = nodes_[index];
    Status status = node.instance->call([&](void* self, weir_error* error) {
        return node.instance->api().poll(self, split, max_rows, WEIR_BATCH_MAX_BYTES, error);
    });
    flush_errors(node);
    if (!status.ok()) fail(index, status);
    return status;
}

int32_t Dataflow::on_emit(Instance& from, uint32_t port, weir_batch* batch) {
    Node& node = nodes_[from.slot()];
    auto drop = [&](std::string why) -> int32_t {
        fail(node.index, Status::fatal("emitted a batch that breaks the contract: " + why));
        if (batch->array && batch->array->release) batch->array->release(batch->array);
        return WEIR_FULL;
    };
    if (port >= node.outputs.size() - 1) return drop(fmt::format("there is no output port {}", port));
    if (!batch->array) return drop("it has no array");
    if (batch->rows > WEIR_BATCH_MAX_ROWS)
        return drop(fmt::format("it has {} rows, at most {} are allowed", batch->rows, WEIR_BATCH_MAX_ROWS));
    auto fault = shape_fault(*node.schemas[port], *batch->array, batch->rows);
    if (!fault.empty()) return drop(fault);
    BatchRef ref(batch->handle ? HostBatch::of(*batch) : HostBatch::take(batch, node.schemas[port]));
    auto& counters = from.counters();
    NodeCounters::add(counters.rows_out, ref.rows());
    auto& links = node.outputs[port];
    if (links.empty()) NodeCounters::add(counters.unwired, ref.rows());
    if (ref.rows() == 0) return WEIR_OK;
    bool full = failure_.has_value();
    for (Link* link : links) {
        deliver(*link, ref);
        if (link->queue.size() > kMaxQueuedBatches) return drop("it kept emitting after WEIR_FULL");
        full = full || !can_take(*link);
    }
    return full ? WEIR_FULL : WEIR_OK;
}

void Dataflow::on_fail_rows(Instance& from, const weir_batch* batch, const weir_row_error* errors, uint64_t n) {
    Node& node = nodes_[from.slot()];
    NodeCounters::add(from.counters().errors, static_cast<int64_t>(n));
    for (uint64_t i = 0; i < n; ++i) {
        node.errors->add(*batch, errors[i]);
        if (node.errors->full()) flush_errors(node);
    }
}

void Dataflow::flush_errors(Node& node) {
    if (node.errors->empty()) return;
    apply_errors_policy(node, node.errors->take(node.schemas.back()));
}

void Dataflow::apply_errors_policy(Node& node, const BatchRef& rows) {
    switch (node.instance->node().errors) {
        case ErrorsPolicy::kDeadLetters:
        case ErrorsPolicy::kWired:
            for (Link* link : node.outputs.back()) deliver(*link, rows);
            return;
        case ErrorsPolicy::kDrop: return;
        case ErrorsPolicy::kLog:
            for (int64_t i = 0; i < rows.rows(); ++i)
                HostServices::get().log(WEIR_LOG_WARNING, ErrorRows::describe(rows.view(), i));
            return;
        case ErrorsPolicy::kStop:
            fail(node.index, Status::fatal("a record failed and nothing takes it: " + ErrorRows::describe(rows.view(), 0) +
                                           ". Add `dead_letters:` to the topology, or read the node's `errors` port"));
    }
}

void Dataflow::on_wake(Instance& instance) {
    nodes_[instance.slot()].woken.store(true, std::memory_order_release);
    wakeup_.notify();
}

void Dataflow::on_wake_at(Instance& instance, int64_t time) {
    auto& at = nodes_[instance.slot()].wake_at;
    at = at ? std::min(*at, time) : time;
}

std::optional<int64_t> Dataflow::next_time() const {
    std::optional<int64_t> next;
    for (const auto& node : nodes_)
        if (node.wake_at) next = next ? std::min(*next, *node.wake_at) : *node.wake_at;
    return next;
}

bool Dataflow::step() {
    bool scan = wakeup_.take();
    bool moved = false;
    std::optional<int64_t> time;
    for (size_t i = nodes_.size(); i-- > 0 && !failure_;) {
        Node& node = nodes_[i];
        bool woken = scan && node.woken.exchange(false, std::memory_order_acq_rel);
        if (node.wake_at) {
            if (!time) time = clock_();
            if (*node.wake_at <= *time) {
                node.wake_at.reset();
                woken = true;
            }
        }
        if (step_node(node, woken)) moved = true;
    }
    return moved;
}

bool Dataflow::step_node(Node& node, bool woken) {
    bool moved = woken;
    if (woken && node.instance->is_source()) listener_.on_source_wake(node.index);
    if (woken && node.preparing) prepare(node, *node.preparing);
    if ((node.state == State::kMore && has_room(node)) || (node.state == State::kPending && woken)) {
        moved = true;
        auto then = std::move(node.then);
        node.then = nullptr;
        settle(node, node.instance->call([&](void* self, weir_error* error) {
            return node.instance->api().resume(self, WEIR_BATCH_MAX_ROWS, error);
        }),
               std::move(then));
    } else if (woken && node.state == State::kReady && !node.instance->is_source() && !node.preparing &&
               node.instance->api().on_wake) {
        settle(node, node.instance->call([&](void* self, weir_error* error) {
            return node.instance->api().on_wake(self, error);
        }));
    }
    return drain_inputs(node) || moved;
}

bool Dataflow::drain_inputs(Node& node) {
    bool moved = false;
    while (!failure_ && node.state == State::kReady && !node.preparing && has_room(node)) {
        Link* next = nullptr;
        for (size_t i = 0; i < node.inputs.size() && !next; ++i) {
            Link* link = node.inputs[(node.next_input + i) % node.inputs.size()];
            if (!link->queue.empty() && !link->blocked) next = link;
        }
        if (!next) break;
        node.next_input = next->input + 1;
        Item item = std::move(next->queue.front());
        next->queue.pop_front();
        if (auto* batch = std::get_if<BatchRef>(&item))
            process(node, *next, *batch);
        else
            control(node, *next, item);
        moved = true;
    }
    return moved;
}

}  // namespace weir::host
