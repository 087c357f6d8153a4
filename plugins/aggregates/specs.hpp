// The aggregates: what module.cpp lists. Each documents itself there, with an example that a test runs.
#pragma once

#include <weir/aggregate.hpp>

namespace weir::aggregates {

struct CountFactory {
    static Result<AggregatePtr> create(const Config &, const Schema &arguments);
};
struct SumFactory {
    static Result<AggregatePtr> create(const Config &, const Schema &arguments);
};
struct AvgFactory {
    static Result<AggregatePtr> create(const Config &, const Schema &arguments);
};
struct MinFactory {
    static Result<AggregatePtr> create(const Config &, const Schema &arguments);
};
struct MaxFactory {
    static Result<AggregatePtr> create(const Config &, const Schema &arguments);
};
struct FirstFactory {
    static Result<AggregatePtr> create(const Config &, const Schema &arguments);
};
struct LastFactory {
    static Result<AggregatePtr> create(const Config &, const Schema &arguments);
};
struct ArgMinFactory {
    static Result<AggregatePtr> create(const Config &, const Schema &arguments);
};
struct ArgMaxFactory {
    static Result<AggregatePtr> create(const Config &, const Schema &arguments);
};
struct StddevFactory {
    static Result<AggregatePtr> create(const Config &, const Schema &arguments);
};
struct StddevPopFactory {
    static Result<AggregatePtr> create(const Config &, const Schema &arguments);
};
struct VarianceFactory {
    static Result<AggregatePtr> create(const Config &, const Schema &arguments);
};
struct VarPopFactory {
    static Result<AggregatePtr> create(const Config &, const Schema &arguments);
};
struct MedianFactory {
    static Result<AggregatePtr> create(const Config &, const Schema &arguments);
};
struct QuantileFactory {
    static Result<AggregatePtr> create(const Config &, const Schema &arguments);
};
struct ApproxQuantileFactory {
    static Result<AggregatePtr> create(const Config &, const Schema &arguments);
};
struct ApproxCountDistinctFactory {
    static Result<AggregatePtr> create(const Config &, const Schema &arguments);
};
struct ArrayAggFactory {
    static Result<AggregatePtr> create(const Config &, const Schema &arguments);
};
struct CollectSetFactory {
    static Result<AggregatePtr> create(const Config &, const Schema &arguments);
};
struct StringAggFactory {
    static Result<AggregatePtr> create(const Config &, const Schema &arguments);
};
struct TopNFactory {
    static Result<AggregatePtr> create(const Config &, const Schema &arguments);
};
struct BoolAndFactory {
    static Result<AggregatePtr> create(const Config &, const Schema &arguments);
};
struct BoolOrFactory {
    static Result<AggregatePtr> create(const Config &, const Schema &arguments);
};
struct HistogramFactory {
    static Result<AggregatePtr> create(const Config &, const Schema &arguments);
};

}  // namespace weir::aggregates
