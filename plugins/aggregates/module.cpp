// What the plugin has. Behind `Example: ` stand an expression, columns, rows and the result: a test runs them, and
// docs/aggregates.md shows them.
#include <weir/module.hpp>

#include "specs.hpp"

namespace weir::aggregates {
namespace {

constexpr weir_port kValue[] = {port("x", "The value.")};
constexpr weir_port kValueBy[] = {port("x", "The value."), port("by", "What it is chosen by.")};
constexpr weir_param kShare[] = {param("p", WEIR_PARAM_FLOAT64, "A share from 0 to 1.").required()};
constexpr weir_param kSeparator[] = {param("separator", WEIR_PARAM_STRING, "What stands between two texts.").required()};
constexpr weir_param kTop[] = {param("n", WEIR_PARAM_INT64, "How many, 1 to 10000.").required()};
constexpr weir_param kBuckets[] = {param("lowest", WEIR_PARAM_FLOAT64, "Where the first bucket begins.").required(),
                                   param("highest", WEIR_PARAM_FLOAT64, "Where the last one ends.").required(),
                                   param("buckets", WEIR_PARAM_INT64, "How many, 1 to 10000.").required()};

template <class F>
constexpr OperatorSpec spec(const char *name, const char *doc, std::span<const weir_port> arguments) {
    return aggregate_spec<F>(name, doc).inputs(arguments).state(1, 0);
}

constexpr auto kCountSpec = spec<CountFactory>(
    "count",
    "Rows: of all, or those where `x` is not null. Example: count(x) of {x: int32?} in "
    "[[1],[null],[5]] is 2",
    kValue);
constexpr auto kSumSpec = spec<SumFactory>(
    "sum",
    "The sum; null without values. Of int8 to int32 and uint8 to uint16 an int64, of wider integers "
    "and decimals a decimal of 38 digits, of floats as they are. Example: sum(x) of {x: int32} in "
    "[[1],[2],[4]] is 7",
    kValue);
constexpr auto kAvgSpec = spec<AvgFactory>(
    "avg",
    "The mean; null without values. Of integers and decimals a decimal of 16 digits behind the point,"
    " or as many as there is room for; of floats a float64. Example: avg(x) of {x: int32} in "
    "[[1],[2],[2]] is 1.6666666666666667",
    kValue);
constexpr auto kMinSpec = spec<MinFactory>(
    "min",
    "The least value. NaN is above all other numbers, texts are compared by their bytes. Example: "
    "min(x) of {x: string} in [[\"pear\"],[\"fig\"]] is \"fig\"",
    kValue);
constexpr auto kMaxSpec = spec<MaxFactory>(
    "max",
    "The greatest value. NaN is above all other numbers, texts are compared by their bytes. Example: "
    "max(x) of {x: int32?} in [[3],[null],[-8]] is 3",
    kValue);
constexpr auto kFirstSpec = spec<FirstFactory>(
    "first",
    "The value that came first, without nulls. Example: first(x) of {x: int32?} in [[null],[3],[9]] "
    "is 3",
    kValue);
constexpr auto kLastSpec = spec<LastFactory>(
    "last",
    "The value that came last, without nulls. Example: last(x) of {x: int32?} in [[3],[9],[null]] is "
    "9",
    kValue);
constexpr auto kArgMinSpec = spec<ArgMinFactory>(
    "arg_min",
    "The value of `x` in the row where `by` is least; of equals the first. Rows where either is null "
    "do not count. Example: arg_min(x, by) of {x: string, by: int32} in [[\"b\",4],[\"a\",2],[\"c\",2]] is "
    "\"a\"",
    kValueBy);
constexpr auto kArgMaxSpec = spec<ArgMaxFactory>(
    "arg_max",
    "The value of `x` in the row where `by` is greatest; of equals the first. Rows where either is "
    "null do not count. Example: arg_max(x, by) of {x: string, by: int32} in "
    "[[\"b\",4],[\"a\",2],[\"c\",4]] is \"b\"",
    kValueBy);
constexpr auto kStddevSpec = spec<StddevFactory>(
    "stddev",
    "The standard deviation of a sample, float64; null below two values. Example: stddev(x) of {x: "
    "int32} in [[2],[4],[6]] is 2",
    kValue);
constexpr auto kStddevSampSpec = spec<StddevFactory>(
    "stddev_samp",
    "As stddev. Example: stddev_samp(x) of {x: int32} in [[2],[4],[6]] is 2",
    kValue);
constexpr auto kStddevPopSpec = spec<StddevPopFactory>(
    "stddev_pop",
    "The standard deviation of all values, float64. Example: stddev_pop(x) of {x: int32} in [[2],[4]]"
    " is 1",
    kValue);
constexpr auto kVarianceSpec = spec<VarianceFactory>(
    "variance",
    "The variance of a sample, float64; null below two values. Example: variance(x) of {x: int32} in "
    "[[2],[4],[6]] is 4",
    kValue);
constexpr auto kVarSampSpec = spec<VarianceFactory>(
    "var_samp",
    "As variance. Example: var_samp(x) of {x: int32} in [[2],[4],[6]] is 4",
    kValue);
constexpr auto kVarPopSpec = spec<VarPopFactory>(
    "var_pop",
    "The variance of all values, float64. Example: var_pop(x) of {x: int32} in [[2],[4]] is 1",
    kValue);
constexpr auto kMedianSpec = spec<MedianFactory>(
    "median",
    "The value in the middle, float64; of an even number of values the mean of the two. Keeps all "
    "values. Example: median(x) of {x: int32} in [[7],[1],[2],[3]] is 2.5",
    kValue);
constexpr auto kQuantileSpec = spec<QuantileFactory>(
    "quantile",
    "The value that the share `p` of all values is below, float64; between two values in proportion, "
    "as PostgreSQL's percentile_cont. Keeps all values. Example: quantile(x, 0.25) of {x: int32} in "
    "[[1],[2],[3],[4]] is 1.75",
    kValue).params(kShare);
constexpr auto kApproxQuantileSpec = spec<ApproxQuantileFactory>(
    "approx_quantile",
    "As quantile, without keeping the values and without a proportion: within 1 % of the value at "
    "that place, by a DDSketch. Finite numbers alone; others are errors of their row. Example: "
    "round(approx_quantile(x, 0.5)) of {x: int32} in [[1],[20],[30]] is 20",
    kValue).params(kShare);
constexpr auto kApproxCountDistinctSpec = spec<ApproxCountDistinctFactory>(
    "approx_count_distinct",
    "How many values differ, by a HyperLogLog of at most 4 KiB with a standard error of 1.6 %. "
    "count(DISTINCT x) is exact. Example: approx_count_distinct(x) of {x: string} in "
    "[[\"a\"],[\"b\"],[\"a\"]] is 2",
    kValue);
constexpr auto kArrayAggSpec = spec<ArrayAggFactory>(
    "array_agg",
    "All values as a list in their order, nulls included. Example: array_agg(x) of {x: int32?} in "
    "[[3],[null],[3]] is [3,null,3]",
    kValue);
constexpr auto kCollectSetSpec = spec<CollectSetFactory>(
    "collect_set",
    "Each value once, as a list in the order in which they came first, without nulls. Example: "
    "collect_set(x) of {x: int32?} in [[3],[null],[1],[3]] is [3,1]",
    kValue);
constexpr auto kStringAggSpec = spec<StringAggFactory>(
    "string_agg",
    "Texts one behind the other in their order, with the separator between them. Example: "
    "string_agg(x, ', ') of {x: string} in [[\"a\"],[\"b\"]] is \"a, b\"",
    kValue).params(kSeparator);
constexpr auto kTopNSpec = spec<TopNFactory>(
    "top_n",
    "The `n` greatest values as a list, descending, with all that are equal to the last of them. "
    "Example: top_n(x, 2) of {x: int32} in [[5],[1],[3],[3]] is [5,3,3]",
    kValue).params(kTop);
constexpr auto kBoolAndSpec = spec<BoolAndFactory>(
    "bool_and",
    "Whether all are true. Example: bool_and(x) of {x: bool} in [[true],[false]] is false",
    kValue);
constexpr auto kBoolOrSpec = spec<BoolOrFactory>(
    "bool_or",
    "Whether any is true. Example: bool_or(x) of {x: bool} in [[true],[false]] is true",
    kValue);
constexpr auto kHistogramSpec = spec<HistogramFactory>(
    "histogram",
    "How many values are below `lowest`, in each of so many equal buckets, and at `highest` or above:"
    " a list of that many and two, numbered as by PostgreSQL's width_bucket. Example: histogram(x, 0,"
    " 10, 2) of {x: int32} in [[-1],[0],[4],[5],[10]] is [1,2,1,1]",
    kValue).params(kBuckets);

}  // namespace
}  // namespace weir::aggregates

using namespace weir::aggregates;
WEIR_MODULE("aggregates", "0.1.0", &kCountSpec, &kSumSpec, &kAvgSpec, &kMinSpec, &kMaxSpec, &kFirstSpec,
            &kLastSpec, &kArgMinSpec, &kArgMaxSpec, &kStddevSpec, &kStddevSampSpec, &kStddevPopSpec,
            &kVarianceSpec, &kVarSampSpec, &kVarPopSpec, &kMedianSpec, &kQuantileSpec, &kApproxQuantileSpec,
            &kApproxCountDistinctSpec, &kArrayAggSpec, &kCollectSetSpec, &kStringAggSpec, &kTopNSpec,
            &kBoolAndSpec, &kBoolOrSpec, &kHistogramSpec)
