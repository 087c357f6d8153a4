#include "host/aggregation/evaluator.hpp"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "host/aggregation/distinct_set.hpp"

namespace weir::host::aggregation {
namespace {

DistinctSet*& distinct_of(void* state, const AggregateCall& call) {
    return *reinterpret_cast<DistinctSet**>(static_cast<char*>(state) + call.set_offset);
}

}  // namespace

Evaluator::Evaluator(std::shared_ptr<const Aggregation> aggregation)
    : aggregation_(std::move(aggregation)), arguments_(aggregation_), groups_(aggregation_->groups) {}

// The places whose arguments have values.
Places Evaluator::begin(const ArrowArray& batch, const int32_t* rows, int64_t n, int64_t now, void* const* states) {
    errors_.clear();
    arguments_.prepare(batch, rows, n, now);
    const Places all{rows, states, nullptr, static_cast<uint64_t>(n)};
    if (!arguments_.any_failed()) return all;
    left_.clear();
    std::array<uint16_t, WEIR_BATCH_MAX_ROWS> error_of_row{};
    const auto& errors = arguments_.errors();
    for (size_t i = 0; i < errors.size(); ++i) error_of_row[static_cast<size_t>(errors[i].row)] = static_cast<uint16_t>(i);
    for (uint64_t i = 0; i < all.n; ++i) {
        if (!arguments_.has_failed(all.row(i))) {
            left_.add(all, i);
            continue;
        }
        const size_t at = error_of_row[static_cast<size_t>(all.row(i))];
        errors_.push_back({i, arguments_.failing()[at], expression::to_text(errors[at].code), errors[at].message});
    }
    return left_.view();
}

Status Evaluator::update(const ArrowArray& batch, const int32_t* rows, int64_t n, int64_t now, void* const* states) {
    Places left = begin(batch, rows, n, now, states);
    for (size_t i = 0; i < aggregation_->order.size(); ++i) {
        std::vector<PlaceError> refused;
        const size_t call = aggregation_->order[i];
        if (Status status = take(call, left, false, &refused); !status.ok()) return status;
        if (refused.empty()) continue;
        if (Status status = undo(i, refused, left); !status.ok()) return status;
    }
    sort_errors();
    return {};
}

// Takes the refused rows back from the calls before, and leaves them out of those behind.
Status Evaluator::undo(size_t order, const std::vector<PlaceError>& refused, Places& left) {
    std::array<bool, WEIR_BATCH_MAX_ROWS> is_refused{};
    for (const PlaceError& error : refused) is_refused[error.place] = true;
    undone_.clear();
    PlaceList kept;
    for (uint64_t i = 0; i < left.n; ++i) (is_refused[left.place(i)] ? undone_ : kept).add(left, i);
    for (size_t i = 0; i < order; ++i)
        if (Status status = take(aggregation_->order[i], undone_.view(), true, nullptr); !status.ok()) return status;
    kept_ = std::move(kept);
    left = kept_.view();
    errors_.insert(errors_.end(), refused.begin(), refused.end());
    return {};
}

Status Evaluator::retract(const ArrowArray& batch, const int32_t* rows, int64_t n, int64_t now, void* const* states) {
    if (!aggregation_->retracts) return Status::unsupported("not every aggregate can take a row back");
    const Places left = begin(batch, rows, n, now, states);
    for (const size_t call : aggregation_->order)
        if (Status status = take(call, left, true, nullptr); !status.ok()) return status;
    sort_errors();
    return {};
}

Status Evaluator::take(size_t number, Places places, bool back, std::vector<PlaceError>* refused) {
    const AggregateCall& call = aggregation_->calls[number];
    if (call.filter) {
        passing_.clear();
        for (uint64_t i = 0; i < places.n; ++i)
            if (arguments_.passes(number, places.row(i))) passing_.add(places, i);
        places = passing_.view();
    }
    if (places.n == 0) return {};
    if (call.distinct) return take_distinct(number, places, back, refused);
    return run(number, places, arguments_.columns(number), back, refused);
}

// Only rows that are new to their group go on to the aggregate; those that go back, only where none of their value is left.
Status Evaluator::take_distinct(size_t number, const Places& places, bool back, std::vector<PlaceError>* refused) {
    const AggregateCall& call = aggregation_->calls[number];
    const KeyBatch& keys = arguments_.keys(number);
    fresh_.clear();
    for (uint64_t i = 0; i < places.n; ++i) {
        DistinctSet*& set = distinct_of(places.states[i], call);
        if (!set) set = new DistinctSet;
        const std::string_view key = keys.view(static_cast<size_t>(places.row(i)));
        if (back ? set->take_back(key) : set->add(key)) fresh_.add(places, i);
    }
    if (fresh_.view().n == 0) return {};
    std::vector<PlaceError> own;
    if (Status status = run(number, fresh_.view(), arguments_.columns(number), back, &own); !status.ok() || own.empty())
        return status;
    // Whoever came with the same value after the one that is refused is refused, too.
    std::vector<PlaceError> all;
    for (const PlaceError& error : own)
        for (uint64_t i = 0, first = places.n; i < places.n; ++i) {
            if (places.place(i) == error.place) first = i;
            if (first == places.n || places.states[i] != places.states[first]) continue;
            const auto key_at = [&](uint64_t at) { return keys.view(static_cast<size_t>(places.row(at))); };
            if (key_at(i) != key_at(first)) continue;
            distinct_of(places.states[i], call)->forget(key_at(i));
            all.push_back(error);
            all.back().place = places.place(i);
        }
    if (refused) *refused = std::move(all);
    return {};
}

struct Evaluator::Refused {
    const Places& places;
    uint32_t expression;
    std::vector<PlaceError>* errors;
};

Status Evaluator::run(size_t number, const Places& places, const ArrowArray& arguments, bool back,
                      std::vector<PlaceError>* refused) {
    const AggregateCall& call = aggregation_->calls[number];
    Refused to{places, call.expression, refused};
    const weir_aggregate_rows rows{
        sizeof rows, 0, &arguments, places.rows, places.states, call.offset, places.n, &to,
        [](const weir_aggregate_rows* self, uint64_t i, weir_str code, weir_str message) {
            const auto& out = *static_cast<const Refused*>(self->data);
            if (i < out.places.n)
                out.errors->push_back({out.places.place(i), out.expression, std::string(view(code)), std::string(view(message))});
        }};
    std::vector<PlaceError> own;
    if (!refused) to.errors = &own;
    const Status status = back ? call.aggregate->retract(rows) : call.aggregate->update(rows);
    if (!status.ok() || to.errors->empty() || (call.aggregate->refuses() && !back)) return status;
    return Status::fatal(fmt::format("`{}` refused a row and does not say that it does: {}", call.text, to.errors->front().message));
}

void Evaluator::sort_errors() {
    std::stable_sort(errors_.begin(), errors_.end(), [](const auto& a, const auto& b) { return a.place < b.place; });
    const auto same = [](const auto& a, const auto& b) { return a.place == b.place; };
    errors_.erase(std::unique(errors_.begin(), errors_.end(), same), errors_.end());
}

Status Evaluator::merge(void* const* into, const void* const* from, uint64_t n) {
    for (const AggregateCall& call : aggregation_->calls) {
        Status status = call.distinct ? merge_distinct(call, into, from, n) : call.aggregate->merge(into, from, call.offset, n);
        if (!status.ok()) return status;
    }
    return {};
}

// What is new to `into` goes into its aggregate by value: a merge of the aggregates would count twice what both have.
Status Evaluator::merge_distinct(const AggregateCall& call, void* const* into, const void* const* from, uint64_t n) {
    BatchBuilder values(call.argument_schema);
    std::vector<void*> states;
    for (uint64_t i = 0; i < n; ++i) {
        const DistinctSet* part = distinct_of(const_cast<void*>(from[i]), call);
        if (!part) continue;
        DistinctSet*& set = distinct_of(into[i], call);
        if (!set) set = new DistinctSet;
        if (part->failed()) set->set_failed();
        Status status;
        part->for_each([&](std::string_view key, uint32_t times) {
            if (!set->add(key, times)) return;
            if (!call.keys.decode(key, values)) status = Status::fatal("a value of DISTINCT is damaged");
            states.push_back(into[i]);
            if (states.size() == WEIR_BATCH_MAX_ROWS && status.ok()) status = flush_merged(call, values, states);
        });
        if (!status.ok()) return status;
    }
    return flush_merged(call, values, states);
}

Status Evaluator::flush_merged(const AggregateCall& call, BatchBuilder& values, std::vector<void*>& states) {
    if (states.empty()) return {};
    ArrowArray columns;
    values.set_rows(static_cast<int64_t>(states.size()));
    values.finish(&columns);
    const Places places{nullptr, states.data(), nullptr, states.size()};
    std::vector<PlaceError> refused;
    const auto number = static_cast<size_t>(&call - aggregation_->calls.data());
    const Status status = run(number, places, columns, false, &refused);
    for (const PlaceError& error : refused) distinct_of(states[error.place], call)->set_failed();
    columns.release(&columns);
    states.clear();
    return status;
}

}  // namespace weir::host::aggregation
