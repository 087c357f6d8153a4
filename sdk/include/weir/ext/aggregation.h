/*
 * weir/ext/aggregation.h: a host extension that compiles SQL expressions over aggregates (docs/expressions.md,
 * docs/aggregates.md), such as `round(sum(amount) / count(), 2)`, and keeps the state of a group of rows for them. Found
 * through weir_host.extension. weir/aggregation.hpp wraps it for C++.
 *
 * An aggregation holds the expressions that are computed over the same groups; an aggregate that occurs in several is
 * kept once. It is made in bind, also at lint time: compiler, add, finish. It is immutable then, and any number of
 * evaluators, on any threads, use it. An evaluator belongs to one instance.
 *
 * Inside of an aggregate's call an expression sees the columns of the rows, outside of it those of the group (its key and,
 * say, the bounds of its window). Calls are those of the aggregate plugins that are present, by name, with
 * `DISTINCT` and `FILTER (WHERE condition)` as in SQL.
 *
 * A group's state is `state_bytes` of memory of the caller's, zeroed at first and aligned to 16 bytes; it may be moved
 * in memory. What an aggregate keeps outside of it is freed by drop.
 */
#ifndef WEIR_EXT_AGGREGATION_H
#define WEIR_EXT_AGGREGATION_H

#include <weir/abi.h>
#include <weir/ext/expression.h>

#ifdef __cplusplus
extern "C" {
#endif

#define WEIR_EXT_AGGREGATION "weir.aggregation/0"

typedef struct weir_aggregation_compiler weir_aggregation_compiler;
typedef struct weir_aggregation weir_aggregation;
typedef struct weir_aggregation_evaluator weir_aggregation_evaluator;

/* Functions are [any], one user at a time of a compiler and of an evaluator. */
typedef struct weir_aggregation_api {
    uint32_t size;
    uint32_t reserved;

    /*
     * [host] In bind. Of aggregates over `rows`, in expressions over `group`, out of the plugins that the instance's host
     * has. WEIR_E_CONFIG: a type that weir does not have.
     */
    int32_t (*compiler)(weir_context *, const struct ArrowSchema *rows, const struct ArrowSchema *group,
                        weir_aggregation_compiler **out, weir_error *);
    void (*discard)(weir_aggregation_compiler *);
    /*
     * Adds an expression, given as in weir/ext/expression.h, and gives its number, from 0. WEIR_E_CONFIG: `problem` says what
     * is wrong; those that were added before stay as they are.
     */
    int32_t (*add)(weir_aggregation_compiler *, weir_str expression_json, uint32_t *number, weir_expression_problem *);
    /* The type of an expression. Filled; the caller releases it. It has no name. */
    void (*type)(const weir_aggregation_compiler *, uint32_t number, struct ArrowSchema *out);
    /* The column of the group that an expression is, unchanged; -1: none. */
    int64_t (*group_column)(const weir_aggregation_compiler *, uint32_t number);
    /* Makes the aggregation; the compiler is gone. */
    weir_aggregation *(*finish)(weir_aggregation_compiler *);
    /* Evaluators stay usable. */
    void (*release)(weir_aggregation *);

    /* Sets to 1 the bytes of those columns that are read. Either may be NULL. */
    void (*reads)(const weir_aggregation *, uint8_t *row_columns, uint8_t *group_columns);
    /*
     * A multiple of 16; 0: there are no aggregates. Their states stand in the order in which expressions first use them, so
     * that an aggregation of the first of these expressions alone reads the states of all.
     */
    uint64_t (*state_bytes)(const weir_aggregation *);
    /* What the state's bytes mean: aggregates with their versions, arguments and types, as a text to be compared. */
    weir_str (*signature)(const weir_aggregation *);
    uint8_t (*retracts)(const weir_aggregation *); /* 1: every aggregate can take a row back */

    weir_aggregation_evaluator *(*evaluator)(const weir_aggregation *);
    void (*free)(weir_aggregation_evaluator *);
    /*
     * Row rows[i] of a struct array of the schema of rows goes into states[i], i < n; rows NULL: row i. n and the array's
     * rows are at most WEIR_BATCH_MAX_ROWS. A row may come several times, with different states. A row that an aggregate
     * or an argument does not take is in no state of that place i, and in errors. `now`: the engine's clock. The array is
     * not needed after return.
     */
    int32_t (*update)(weir_aggregation_evaluator *, const struct ArrowArray *batch, const int32_t *rows, int64_t n,
                      int64_t now, void *const *states, weir_error *);
    /* The same the other way round. Only of rows that were taken, and where all aggregates retract. */
    int32_t (*retract)(weir_aggregation_evaluator *, const struct ArrowArray *batch, const int32_t *rows, int64_t n,
                       int64_t now, void *const *states, weir_error *);
    /*
     * from[i] is added to into[i], and stays as it is. Rows of `from` count as later than those of `into`. Where a sum
     * does not fit then, the group has no result: it is in errors of results.
     */
    int32_t (*merge)(weir_aggregation_evaluator *, void *const *into, const void *const *from, uint64_t n,
                     weir_error *);
    /*
     * The values of all expressions, in their order, as a struct array of n <= WEIR_BATCH_MAX_ROWS groups; `group`: their
     * columns. A group that has no result (a division by zero, say) is in errors, its row undefined.
     */
    int32_t (*results)(weir_aggregation_evaluator *, const void *const *states, const struct ArrowArray *group, int64_t n,
                       int64_t now, struct ArrowArray *out, weir_error *);
    /* Of the last update, retract or results, one for each row or group that failed, ascending; `row`: the place i. */
    void (*errors)(weir_aggregation_evaluator *, const weir_expression_error **out, uint64_t *n);

    /* [any] A state as bytes, and back into a zeroed one. WEIR_E_STATE_VERSION: these bytes are none. */
    int32_t (*save)(const weir_aggregation *, const void *state, const weir_bytes_out *out, weir_error *);
    int32_t (*load)(const weir_aggregation *, void *state, weir_str bytes, weir_error *);
    /* Frees what it has outside; the state is zeroed then. */
    void (*drop)(const weir_aggregation *, void *state);
    /* Bytes outside of the state, about; 0 where no aggregate has any. */
    uint64_t (*outside_bytes)(const weir_aggregation *, const void *state);

    /* [host] As weir_expression_api.report. */
    void (*report)(weir_context *, weir_str path, const weir_expression_problem *);
} weir_aggregation_api;

#ifdef __cplusplus
}
#endif

#endif /* WEIR_EXT_AGGREGATION_H */
