// What windows keep of a group: the states of its aggregates; or, where `keep` says which rows a result is of, the rows.
// One instance's; one user at a time.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <vector>

#include <weir/operator.hpp>

#include "layout.hpp"

namespace weir::window {

struct Rows;

// A row or a group that failed; `row`: its place in the call.
struct StateError {
    int64_t row = 0;
    uint32_t expression = 0;
    std::string code, message;
};

class States {
public:
    // `layout` outlives it. WEIR_E_CONFIG: what `keep` says does not fit.
    static Result<std::unique_ptr<States>> create(Context context, const Spec &spec, const Layout &layout, const Schema &input,
                                                  const Config &config);
    virtual ~States() = default;

    // Columns of the input that are read beside those of the aggregation.
    virtual std::vector<std::string> reads() const { return {}; }
    // Of a state in memory, aligned to 16 bytes and zeroed at first.
    virtual size_t bytes() const = 0;
    // Row rows[i] goes into states[i], or into errors().
    virtual Status update(const Rows &from, std::span<const int32_t> rows, std::span<void *const> states) = 0;
    // from[i] is added to into[i], behind what is there. No state is in `into` twice.
    virtual Status merge(std::span<void *const> into, std::span<const void *const> from) = 0;
    // As AggregationEvaluator::results. `sent`: of the columns, and what no later result needs may be forgotten; otherwise of the
    // trigger as well, which is the last.
    virtual Status results(std::span<const void *const> states, const ArrowArray &group, bool sent, ArrowArray *out) = 0;
    // What its bytes mean beside the aggregation's.
    virtual std::string signature() const { return ""; }
    // Of the last update or results, ascending.
    virtual const std::vector<StateError> &errors() const = 0;

    virtual Status save(const void *state, std::string &out) const = 0;
    virtual Status load(void *state, std::string_view bytes) const = 0;
    virtual void drop(void *state) const = 0;
    // What it has beside its bytes(), about.
    virtual uint64_t outside_bytes(const void *state) const = 0;
};

}  // namespace weir::window
