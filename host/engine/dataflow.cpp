#include "host/engine/dataflow.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "host/engine/host_services.hpp"
#include "host/topology/ports.hpp"

namespace weir::host {

namespace {

// How long one node may go on with what waits for it before the others have their turn.
constexpr size_t kItemsAStep = 64;

// More batches than an emitter may leave; control messages always may be.
bool is_overfull(const std::deque<Item>& queue) {
    if (queue.size() <= kMaxQueuedBatches) return false;
    const auto is_batch = [](const Item& item) { return std::holds_alternative<BatchRef>(item); };
    return std::count_if(queue.begin(), queue.end(), is_batch) > static_cast<std::ptrdiff_t>(kMaxQueuedBatches);
}

}  // namespace

std::string Failure::text() const {
    if (node.empty()) return status.message();
    return fmt::format("node `{}` (plugin {}): {}", node, plugin, status.message());
}

Dataflow::Dataflow(Plan& plan, uint32_t worker, Fabric& fabric, std::function<int64_t()> clock,
                   DataflowListener& listener)
    : plan_(plan),
      worker_(worker),
      fabric_(fabric),
      wakeup_(fabric.wakeup(worker)),
      clock_(std::move(clock)),
      listener_(listener),
      rows_of_worker_(plan.workers()),
      hot_rows_of_worker_(plan.workers()),
      hashes_(WEIR_BATCH_MAX_ROWS) {
    auto& planned = plan.nodes();
    for (size_t i = 0; i < planned.size(); ++i) {
        Node& node = nodes_.emplace_back();
        node.index = i;
        node.instance = &planned[i].instance(worker);
        node.keyed = node.instance->keyed();
        node.errors.emplace(node.instance->node().name());
        node.outputs.resize(planned[i].outputs.size());
        for (auto& port : planned[i].outputs) {
            if (port.name == kLatePort) node.late_port = static_cast<uint32_t>(node.schemas.size());
            node.schemas.push_back(port.abi_schema.get());
        }
    }
    connect();
    make_event_times();
    running_ = static_cast<size_t>(std::count_if(nodes_.begin(), nodes_.end(), [](const Node& node) { return !node.late; }));
    for (auto& node : nodes_) node.instance->set_host(this, node.index);
}

void Dataflow::add_taps(Taps& taps) {
    taps.each(worker_, [this](size_t node, uint32_t port, TapBuffer& buffer) { nodes_[node].taps.emplace_back(port, &buffer); });
}

void Dataflow::fail(size_t node, const Status& status) {
    if (failure_) return;
    const NodeSpec& spec = nodes_[node].instance->node();
    failure_ = Failure{status, spec.name(), spec.op->plugin};
}

void Dataflow::settle(Node& node, const Status& status, std::function<void()> then) {
    flush_errors(node);
    if (node.keyed && !node.keyed->fault().ok()) fail(node.index, node.keyed->fault());
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
    NodeCounters::add(counters.bytes_in, batch.view().bytes);
    if (link.relay) pass_on(*link.relay, batch);
    if (node.keyed) node.keyed->begin_call(link.input, batch.view(), clock_, node.watermark);
    settle(node, node.instance->call([&](void* self, weir_error* error) {
        return node.instance->api().process(self, &batch.view(), link.input, error);
    }));
}

void Dataflow::control(Node& node, Link& link, const Item& item) {
    if (auto* watermark = std::get_if<Watermark>(&item)) {
        link.watermark = std::max(link.watermark, watermark->time);
        link.idle = false;
        if (link.relay) relay_control(*link.relay);
        advance_watermark(node);
    } else if (auto* barrier = std::get_if<Barrier>(&item)) {
        link.blocked = true;
        if (link.relay) relay_barrier(*link.relay, barrier->epoch);
        align(node, barrier->epoch);
    } else if (std::holds_alternative<Idle>(item)) {
        link.idle = true;
        if (link.relay) relay_control(*link.relay);
        advance_watermark(node);
    } else if (auto* gone = std::get_if<SplitEnd>(&item)) {
        end_split(node, *gone);
    } else {
        link.ended = true;
        link.stopped = std::get<End>(item).stopped;
        if (link.relay && node.barrier) relay_barrier(*link.relay, *node.barrier);
        if (link.relay) relay_control(*link.relay);
        if (node.barrier) align(node, *node.barrier);
        advance_watermark(node, [this, &node] { try_finish(node); });
    }
}

Status Dataflow::poll(size_t index, uint64_t split, uint64_t max_rows) {
    Node& node = nodes_[index];
    node.polled = split;
    Status status = node.instance->call([&](void* self, weir_error* error) {
        return node.instance->api().poll(self, split, max_rows, WEIR_BATCH_MAX_BYTES, error);
    });
    node.polled = WEIR_NO_SPLIT;
    flush_errors(node);
    if (!status.is_more() && !status.is_end()) status = Instance::must_be_done("poll", status);
    if (!status.ok()) fail(index, status);
    return status;
}

int32_t Dataflow::on_emit(Instance& from, uint32_t port, weir_batch* batch) {
    Node& node = nodes_[from.slot()];
    auto refuse = [&](const std::string& why) -> int32_t {
        fail(node.index, Status::fatal("emitted a batch that breaks the contract: " + why));
        return WEIR_FULL;
    };
    const bool known = port < node.outputs.size() - 1;
    // Whatever is wrong with it, it is ours now.
    if (!batch) return refuse("there is none");
    auto fault = batch->size == 0 ? std::string("its size is 0") : batch->array || batch->handle ? std::string() : std::string("it has no array");
    if (fault.empty() && !known) fault = fmt::format("there is no output port {}", port);
    if (fault.empty() && node.ended) fault = "it comes behind the end of its inputs, and finish";
    if (fault.empty() && batch->rows > WEIR_BATCH_MAX_ROWS)
        fault = fmt::format("it has {} rows, at most {} are allowed", batch->rows, WEIR_BATCH_MAX_ROWS);
    if (fault.empty()) fault = shape_fault(*node.schemas[port], *batch->array, batch->rows);
    if (!fault.empty()) {
        HostBatch::discard(batch);
        return refuse(fault);
    }
    if (batch->split == WEIR_NO_SPLIT) batch->split = node.polled;
    BatchRef ref(batch->handle ? HostBatch::of(*batch) : HostBatch::take(batch, node.schemas[port]));
    *batch = weir_batch{};
    const bool is_timed = node.event_time && port == node.time_port && ref.rows() > 0;
    const int64_t now = is_timed ? clock_() : 0;
    const int64_t greatest = is_timed ? take_times(node, ref, now) : kNoEventTime;
    auto& counters = from.counters();
    NodeCounters::add(counters.rows_out, ref.rows());
    NodeCounters::add(counters.bytes_out, ref.view().bytes);
    if (port == node.late_port) NodeCounters::add(counters.late, ref.rows());
    auto& routes = node.outputs[port];
    if (routes.empty() && node.taps.empty()) NodeCounters::add(counters.unwired, ref.rows());
    if (ref.rows() == 0) return failure_ ? WEIR_FULL : WEIR_OK;
    show(node, port, ref);
    if (is_timed)
        deliver_timed(node, ref, greatest, now);
    else
        deliver_all(routes, ref);
    bool full = failure_.has_value();
    for (const Route& route : routes) {
        if (route.local && is_overfull(route.local->queue)) return refuse("it kept emitting after WEIR_FULL");
        full = full || !has_room(route);
    }
    return full ? WEIR_FULL : WEIR_OK;
}

void Dataflow::deliver_all(std::vector<Route>& routes, const BatchRef& batch) {
    for (Route& route : routes) deliver(route, batch);
}

void Dataflow::on_fail_rows(Instance& from, const weir_batch* batch, const weir_row_error* errors, uint64_t n) {
    Node& node = nodes_[from.slot()];
    if (!batch || (n && !errors)) return fail(node.index, Status::fatal("failed rows of no batch, or without errors"));
    if (n && node.ended && !node.outputs.back().empty())
        return fail(node.index, Status::fatal("failed rows after it had ended: a sink's fail before prepare or commit is done"));
    NodeCounters::add(from.counters().errors, static_cast<int64_t>(n));
    from.counters().codes.add(errors, n);
    for (uint64_t i = 0; i < n; ++i) {
        if (errors[i].row < 0 || (batch->array && errors[i].row >= batch->rows))
            return fail(node.index, Status::fatal(fmt::format("failed row {} of a batch of {}", errors[i].row, batch->rows)));
        node.errors->add(*batch, errors[i]);
        if (node.errors->full()) flush_errors(node);
    }
}

void Dataflow::flush_errors(Node& node) {
    if (node.errors->empty()) return;
    apply_errors_policy(node, node.errors->take(node.schemas.back()));
}

void Dataflow::apply_errors_policy(Node& node, const BatchRef& rows) {
    show(node, node.outputs.size() - 1, rows);
    switch (node.instance->node().errors) {
        case ErrorsPolicy::kDeadLetters:
        case ErrorsPolicy::kWired:
            for (Route& route : node.outputs.back()) deliver(route, rows);
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
    const auto at = [&next](std::optional<int64_t> time) {
        if (time) next = next ? std::min(*next, *time) : *time;
    };
    for (const auto& node : nodes_) {
        at(node.wake_at);
        if (can_fire(node)) at(node.keyed->next_timer(WEIR_CLOCK_PROCESSING));
        if (node.event_time && !node.ended) at(node.event_time->next_idle());
    }
    return next;
}

bool Dataflow::step(bool any_woken) {
    bool moved = std::exchange(restored_, false);
    if (moved) announce_restored();
    note_held();
    std::optional<int64_t> time;
    for (size_t i = nodes_.size(); i-- > 0 && !failure_;) {
        Node& node = nodes_[i];
        bool woken = any_woken && node.woken.exchange(false, std::memory_order_acq_rel);
        if (node.wake_at) {
            if (!time) time = clock_();
            if (*node.wake_at <= *time) {
                node.wake_at.reset();
                woken = true;
            }
        }
        if (step_node(node, woken)) moved = true;
        note_flow(node);
    }
    return moved;
}

bool Dataflow::step_node(Node& node, bool woken) {
    if (stands(node)) {
        if (woken) node.woken.store(true, std::memory_order_release);  // for later
        return false;
    }
    bool moved = woken;
    if (woken && node.instance->is_source()) listener_.on_source_wake(node.index);
    if (woken && node.instance->is_sink()) listener_.on_sink_wake(node.index);
    if (woken && node.preparing) prepare(node, *node.preparing);
    node.due = node.due || woken;
    if (node.state == State::kHeld && has_room(node)) {
        moved = true;
        node.state = State::kReady;
        wake(node, std::exchange(node.then, nullptr));
    }
    if ((node.state == State::kMore && has_room(node)) || (node.state == State::kPending && node.due)) {
        moved = true;
        if (node.state == State::kPending) node.due = false;
        auto then = std::move(node.then);
        node.then = nullptr;
        settle(node, node.instance->call([&](void* self, weir_error* error) {
            return node.instance->api().resume(self, WEIR_BATCH_MAX_ROWS, error);
        }),
               std::move(then));
    }
    if (node.due && node.state == State::kReady && !node.preparing && !failure_) {
        moved = true;
        wake(node);
    }
    if (fire_processing_timers(node)) moved = true;
    return drain_inputs(node) || moved;
}

// Calls on_wake if a wake has not been answered, then `then`. What has ended emits no more, and has no use for wakes; but
// sinks send what their epochs left.
void Dataflow::wake(Node& node, std::function<void()> then) {
    const bool takes = !node.instance->is_source() && node.instance->api().on_wake && (!node.ended || node.instance->is_sink());
    if (!std::exchange(node.due, false) || !takes) {
        if (then) then();
        return;
    }
    settle(node, node.instance->call([&](void* self, weir_error* error) {
        return node.instance->api().on_wake(self, error);
    }),
           std::move(then));
}

Item Dataflow::take(Link& link) {
    if (link.ring) return link.ring->pop();
    Item item = std::move(link.queue.front());
    link.queue.pop_front();
    return item;
}

// The next that comes is a barrier of an epoch that another worker has begun and this one was not told of yet. It waits
// until this worker has begun it, too: by then it knows that the epoch before is committed.
bool Dataflow::is_ahead(const Link& link) const {
    const auto* barrier = std::get_if<Barrier>(&link.front());
    return barrier && barrier->epoch > epoch_;
}

bool Dataflow::drain_inputs(Node& node) {
    const size_t n = node.inputs.size();
    size_t done = 0;
    for (; done < kItemsAStep && !failure_ && node.state == State::kReady && !node.preparing && has_room(node); ++done) {
        Link* next = nullptr;
        for (size_t i = 0; i < n && !next; ++i) {
            Link* link = node.inputs[(node.next_input + i) % n];
            if (link->empty() || link->blocked || is_ahead(*link) || (link->relay && !link->relay->has_room())) continue;
            next = link;
            node.next_input = (node.next_input + i + 1) % n;
        }
        if (!next) break;
        Item item = take(*next);
        if (auto* batch = std::get_if<BatchRef>(&item))
            process(node, *next, *batch);
        else if (auto* combined = std::get_if<Combined>(&item))
            take_combined(node, *next, *combined);
        else
            control(node, *next, item);
    }
    return done > 0;
}

}  // namespace weir::host
