// Rows into the states of groups, and their results out of them, a batch at a time: aggregate by aggregate.
//
// A state is `state_bytes` of the caller's memory, zeroed at first. One thread at a time; the memory of one instance.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <vector>

#include "host/aggregation/aggregation.hpp"
#include "host/aggregation/arguments.hpp"

namespace weir::host::aggregation {

// A row, or a group, without a value.
struct PlaceError {
    uint64_t place = 0;  // its number in the call
    uint32_t expression = 0;
    std::string code, message;
};

// Rows of a batch, each with the state that it goes into.
struct Places {
    const int32_t* rows = nullptr;  // null: row i
    void* const* states = nullptr;
    const uint64_t* origin = nullptr;  // their numbers in the call; null: i
    uint64_t n = 0;

    int32_t row(uint64_t i) const { return rows ? rows[i] : static_cast<int32_t>(i); }
    uint64_t place(uint64_t i) const { return origin ? origin[i] : i; }
};

// Places of its own.
class PlaceList {
public:
    void clear() { rows_.clear(), states_.clear(), origin_.clear(); }
    void add(const Places& from, uint64_t i) {
        rows_.push_back(from.row(i));
        states_.push_back(from.states[i]);
        origin_.push_back(from.place(i));
    }
    Places view() const { return {rows_.data(), states_.data(), origin_.data(), rows_.size()}; }

private:
    std::vector<int32_t> rows_;
    std::vector<void*> states_;
    std::vector<uint64_t> origin_;
};

class Evaluator {
public:
    explicit Evaluator(std::shared_ptr<const Aggregation> aggregation);

    // As in weir/ext/aggregation.h.
    Status update(const ArrowArray& batch, const int32_t* rows, int64_t n, int64_t now, void* const* states);
    Status retract(const ArrowArray& batch, const int32_t* rows, int64_t n, int64_t now, void* const* states);
    Status merge(void* const* into, const void* const* from, uint64_t n);
    Status results(const void* const* states, const ArrowArray& group, int64_t n, int64_t now, ArrowArray* out);
    // One for each place, ascending.
    const std::vector<PlaceError>& errors() const { return errors_; }

private:
    struct Refused;

    Places begin(const ArrowArray& batch, const int32_t* rows, int64_t n, int64_t now, void* const* states);
    Status take(size_t call, Places places, bool back, std::vector<PlaceError>* refused);
    Status take_distinct(size_t call, const Places& places, bool back, std::vector<PlaceError>* refused);
    Status run(size_t call, const Places& places, const ArrowArray& arguments, bool back, std::vector<PlaceError>* refused);
    Status undo(size_t order, const std::vector<PlaceError>& refused, Places& left);
    Status merge_distinct(const AggregateCall& call, void* const* into, const void* const* from, uint64_t n);
    Status flush_merged(const AggregateCall& call, BatchBuilder& values, std::vector<void*>& states);
    Status finish_calls(const void* const* states, uint64_t n, std::vector<ArrowArray>& columns);
    void evaluate_groups(const ArrowArray& batch, int64_t now);
    void build_columns(std::vector<ArrowArray>& results, int rows, ArrowArray* out);
    void sort_errors();

    std::shared_ptr<const Aggregation> aggregation_;
    BatchArguments arguments_;
    expression::Evaluator groups_;
    std::vector<PlaceError> errors_;
    PlaceList left_, kept_, passing_, fresh_, undone_;
};

}  // namespace weir::host::aggregation
