// Where watermarks come from: nodes that declare event time, and what is known of their splits.
#include <algorithm>

#include <fmt/format.h>

#include <weir/column.hpp>
#include <weir/memory.hpp>
#include <weir/row_json.hpp>

#include "host/engine/dataflow.hpp"
#include "host/topology/scalar.hpp"

namespace weir::host {

void Dataflow::make_event_times() {
    for (Node& node : nodes_) {
        const auto& planned = plan_.nodes()[node.index].event_time;
        if (!planned) continue;
        const NodeSpec& spec = node.instance->node();
        node.event_time = std::make_unique<EventTime>(*spec.event_time);
        node.time_port = planned->port;
        node.time_column = planned->column;
        clocks_.push_back(&node);
        const int source = plan_.topology().find_node(spec.name());
        node.by_split = source >= 0 && nodes_[static_cast<size_t>(source)].instance->is_source();
        if (node.by_split) {
            nodes_[static_cast<size_t>(source)].clock = &node;
        } else {
            node.event_time->add_split(WEIR_NO_SPLIT, std::nullopt, clock_());
            node.event_time->set_waiting(WEIR_NO_SPLIT, true);
        }
    }
}

int64_t Dataflow::take_times(Node& node, BatchRef& batch, int64_t now) {
    const ArrowArray& column = *batch.view().array->children[node.time_column];
    const int64_t latest = node.event_time->latest(now);
    if (column.null_count > 0) return refuse_times(node, batch, latest);
    const auto* times = static_cast<const int64_t*>(column.buffers[1]);
    int64_t greatest = kNoEventTime;
    for (int64_t i = 0; i < batch.rows(); ++i) greatest = std::max(greatest, times[i]);
    return greatest <= latest ? greatest : refuse_times(node, batch, latest);
}

int64_t Dataflow::refuse_times(Node& node, BatchRef& batch, int64_t latest) {
    const EventTimeSpec& spec = node.event_time->spec();
    const Schema& types = plan_.nodes()[node.index].outputs[node.time_port].schema;
    const Column times(batch.view().array->children[node.time_column], &types.fields[node.time_column].type);
    std::vector<int32_t> taken;
    std::deque<std::string> messages;
    std::vector<weir_row_error> errors;
    int64_t greatest = kNoEventTime;
    for (int64_t i = 0; i < batch.rows(); ++i) {
        const bool is_missing = times.is_null(i);
        const int64_t time = is_missing ? kNoEventTime : times.value<int64_t>(i);
        if (!is_missing && time <= latest) {
            taken.push_back(static_cast<int32_t>(i));
            greatest = std::max(greatest, time);
            continue;
        }
        messages.push_back(is_missing ? fmt::format("`{}` is null, and it is the event time", spec.column)
                                      : fmt::format("`{}` is {}, and with `max_future: {}` at most {} is taken now", spec.column,
                                                    format_timestamp(time), duration_text(spec.max_future->count()),
                                                    format_timestamp(latest)));
        errors.push_back({sizeof(weir_row_error), 0, i, to_abi(is_missing ? "event-time-missing" : "event-time-future"),
                          to_abi(spec.column), to_abi(messages.back())});
    }
    on_fail_rows(*node.instance, &batch.view(), errors.data(), errors.size());
    batch = BatchRef(HostBatch::choose(*batch.get(), types, taken));
    return greatest;
}

void Dataflow::deliver_timed(Node& node, const BatchRef& batch, int64_t greatest, int64_t now) {
    const uint64_t split = node.by_split ? batch.view().split : WEIR_NO_SPLIT;
    if (node.idle) {
        node.event_time->rejoin(split, now);
        tell_event_time(node);
    }
    deliver_all(node.outputs[node.time_port], batch);
    node.event_time->advance(split, greatest, now);
    tell_event_time(node);
}

void Dataflow::tell_alignment(const Node& node) {
    if (!node.event_time->spec().align) return;
    int64_t slowest = INT64_MAX;
    for (const Node* other : clocks_)
        if (other->event_time->spec().align) slowest = std::min(slowest, other->event_time->slowest());
    fabric_.alignment().tell(worker_, slowest);
}

bool Dataflow::is_ahead(size_t source, uint64_t split) {
    const Node* clock = nodes_[source].clock;
    const auto bound = clock ? clock->event_time->spec().align : std::nullopt;
    if (!bound || !fabric_.alignment().is_ahead(worker_, clock->event_time->watermark_of_split(split), bound->count())) return false;
    clock->event_time->restart_idle_clock(split, clock_());
    return true;
}

void Dataflow::tell_event_time(Node& node) {
    tell_alignment(node);
    if (node.ended || failure_) return;
    const EventTime::State state = node.event_time->state();
    node.instance->time().set_held_by(state.held_by.value_or(TimeGauge::kNobody), state.held_since);
    if (state.watermark > node.told || (node.idle && !state.idle)) {
        node.told = std::max(node.told, state.watermark);
        node.idle = false;
        send(node, Watermark{node.told});
    }
    if (state.idle && !std::exchange(node.idle, true)) send(node, Idle{});
}

void Dataflow::add_split(size_t source, uint64_t split, const std::string& id, std::optional<int64_t> time) {
    Node* clock = nodes_[source].clock;
    if (!clock) return;
    clock->instance->time().name_split(split, id);
    clock->event_time->add_split(split, time, clock_());
}

// Behind the rows that its clauses have not seen yet.
void Dataflow::drop_split(size_t source, uint64_t split, bool ended) {
    Node& node = nodes_[source];
    const SplitEnd gone{split, ended};
    if (!node.clock) return;
    if (node.clock == &node) return end_split(node, gone);
    for (auto& port : node.outputs)
        for (Route& route : port)
            if (route.local && route.local->to == node.clock) deliver(*route.local, gone);
}

void Dataflow::end_split(Node& node, const SplitEnd& gone) {
    if (!node.event_time) return;
    if (gone.ended)
        node.event_time->end_split(gone.split);
    else
        node.event_time->remove_split(gone.split);
    tell_event_time(node);
}

void Dataflow::tell_splits(size_t source, bool any) {
    Node& node = nodes_[source];
    if (node.clock) tell_event_time(*node.clock);
    if (node.event_time || node.ended || failure_ || node.idle != any) return;
    node.idle = !any;
    send(node, any ? Item(Watermark{node.watermark}) : Item(Idle{}));
}

void Dataflow::set_waiting(size_t source, uint64_t split, bool waiting) {
    if (Node* clock = nodes_[source].clock) clock->event_time->set_waiting(split, waiting);
}

void Dataflow::on_splits_woken(size_t source) {
    if (Node* clock = nodes_[source].clock) clock->event_time->wait_for_none();
}

std::optional<int64_t> Dataflow::time_of_split(size_t source, uint64_t split) const {
    const Node* clock = nodes_[source].clock;
    return clock ? clock->event_time->time_of(split) : std::nullopt;
}

std::optional<int64_t> Dataflow::marked_time_of_split(size_t source, uint64_t split) const {
    const Node* clock = nodes_[source].clock;
    return clock ? clock->event_time->marked(split) : std::nullopt;
}

// Rows wait before it, or behind it there is no room.
bool Dataflow::is_held(const Node& node) const {
    const auto waits = [](const Link* link) { return link->blocked || !link->empty(); };
    return node.state != State::kReady || node.preparing || !has_room(node) ||
           std::any_of(node.inputs.begin(), node.inputs.end(), waits);
}

void Dataflow::note_held() {
    for (Node* node : clocks_)
        if (node->event_time->spec().idle_after) set_held(*node, is_held(*node));
}

void Dataflow::set_held(Node& node, bool held) {
    if (node.event_time->is_held() != held) node.event_time->set_held(held, clock_());
}

bool Dataflow::check_idle() {
    note_held();
    bool found = false;
    for (Node* node : clocks_) {
        if (!node->event_time->spec().idle_after || node->ended || !node->event_time->find_idle(clock_())) continue;
        found = true;
        tell_event_time(*node);
    }
    return found;
}

void Dataflow::hold_idle_clocks() {
    for (Node* node : clocks_) set_held(*node, true);
}

std::vector<NodeTime> Dataflow::marked_times() const {
    std::vector<NodeTime> out;
    for (const Node& node : nodes_) {
        if (node.instance->is_source() || !node.instance->node().of.empty()) continue;
        NodeTime time{node.index, std::nullopt, std::nullopt};
        if (node.marked_watermark != kNoEventTime) time.watermark = node.marked_watermark;
        if (node.event_time) time.greatest = node.event_time->marked(WEIR_NO_SPLIT);
        if (time.watermark || time.greatest) out.push_back(time);
    }
    return out;
}

void Dataflow::restore_time(const NodeTime& time) {
    Node& node = nodes_[time.node];
    if (node.instance->is_source()) return;
    restored_ = true;
    if (time.watermark && !node.moved) node.watermark = node.marked_watermark = *time.watermark;
    if (time.greatest && node.event_time && !node.by_split)
        node.event_time->advance(WEIR_NO_SPLIT, *time.greatest, clock_());
}

// What it has told it need not tell again; those behind it begin anew.
void Dataflow::repeat_watermark(Node& node) {
    if (node.event_time) return tell_event_time(node);
    if (node.watermark == kNoEventTime) return;
    send(node, Watermark{node.watermark});
    if (node.idle) send(node, Idle{});
}

// Nothing that was judged by these times is judged anew: who reads them begins where it was.
void Dataflow::announce_restored() {
    for (Node& node : nodes_) {
        if (failure_) continue;
        if (node.instance->is_source()) {
            if (node.moved) repeat_watermark(node);
            continue;
        }
        if (node.event_time) tell_event_time(node);
        // With another max_delay the splits alone may have brought it further.
        if (node.watermark == kNoEventTime || node.watermark != node.marked_watermark) continue;
        auto forward = [this, &node] {
            forward_watermark(node);
            forward_activity(node, combine(node.inputs));  // of what it heard before, which a watermark takes back
        };
        if (!node.instance->api().on_watermark || node.moved) {
            forward();
            continue;
        }
        settle(node, node.instance->call([&](void* self, weir_error* error) {
            return node.instance->api().on_watermark(self, node.watermark, error);
        }),
               forward);
    }
}

}  // namespace weir::host
