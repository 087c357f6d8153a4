/*
 * Aggregates, used by name by whoever groups rows (weir/ext/aggregation.h). Part of weir/abi.h, which tells the rules.
 *
 * In `quantile(price, 0.9)` a call's arguments are columns, as many as the descriptor has inputs (fewer, if create takes
 * that), and behind them constants, which are its parameters, in their order: they reach create in `config`. A group's
 * state is `state_bytes` of the caller's memory, zeroed at first, aligned to 8 bytes; it may be moved in memory. The
 * descriptor's state_version says what its bytes, and what save wrote, mean. DISTINCT and FILTER are the host's.
 */
#ifndef WEIR_ABI_AGGREGATE_H
#define WEIR_ABI_AGGREGATE_H

#include <weir/abi/declare.h>
#include <weir/abi/host.h>
#include <weir/abi/state.h>

#ifdef __cplusplus
extern "C" {
#endif

#define WEIR_AGGREGATE_RETRACTS 1u /* retract leaves the state as if the row had not come */
#define WEIR_AGGREGATE_REFUSES 2u  /* update may refuse rows; needs RETRACTS, so that the host can take back others */
#define WEIR_AGGREGATE_OUTSIDE 4u  /* has memory outside of the state: save, load, drop and outside_bytes */

/* What create made. */
typedef struct weir_aggregate_info {
    uint32_t size;
    uint32_t flags; /* WEIR_AGGREGATE_* */
    uint32_t state_bytes;
    uint32_t reserved;
} weir_aggregate_info;

/* Rows, and the states that they go into. */
typedef struct weir_aggregate_rows {
    uint32_t size;
    uint32_t reserved;
    const struct ArrowArray *arguments; /* a struct array: a column for each argument */
    const int32_t *rows;                /* place i is row rows[i]; NULL: row i. A row may come several times */
    void *const *states;                /* place i's state lies `offset` bytes behind states[i] */
    uint64_t offset;
    uint64_t n;
    void *data;
    /* The row of place i is refused: its state is as before. In ascending order, once each. Only with REFUSES. */
    void (*refuse)(const struct weir_aggregate_rows *, uint64_t i, weir_str code, weir_str message);
} weir_aggregate_rows;

/* States to give their results. */
typedef struct weir_aggregate_states {
    uint32_t size;
    uint32_t reserved;
    const void *const *states; /* state i lies `offset` bytes behind states[i] */
    uint64_t offset;
    uint64_t n;
    void *data;
    /* State i has no result (it has overflowed in merge, say); its row is null. In ascending order, once each. */
    void (*fail)(const struct weir_aggregate_states *, uint64_t i, weir_str code, weir_str message);
} weir_aggregate_states;

/* Functions are [any], also at once for one `self`, which does not change; free of effects but on the states. */
typedef struct weir_aggregate_api {
    uint32_t size;
    uint32_t reserved;
    /* Fills *result, whose release the caller calls. WEIR_E_CONFIG: not of these arguments, or, with a path, that parameter. */
    int32_t (*create)(const weir_operator *, const weir_host *, weir_str config,
                      const struct ArrowSchema *arguments, void **self, struct ArrowSchema *result,
                      weir_aggregate_info *info, weir_error *);
    void (*destroy)(void *self);
    int32_t (*update)(void *self, const weir_aggregate_rows *, weir_error *);
    int32_t (*retract)(void *self, const weir_aggregate_rows *, weir_error *); /* (optional) */
    /* into[i] gets the rows of from[i], which come later and stay as they are. Both lie behind `offset`. */
    int32_t (*merge)(void *self, void *const *into, const void *const *from, uint64_t offset, uint64_t n, weir_error *);
    /* One row for each state, which stays as it is. */
    int32_t (*result)(void *self, const weir_aggregate_states *, struct ArrowArray *out, weir_error *);
    /*
     * A state as bytes (one put), and back into a zeroed one; WEIR_E_STATE_VERSION: these are none. (optional: without
     * them a state is its bytes)
     */
    int32_t (*save)(void *self, const void *state, const weir_bytes_out *out, weir_error *);
    int32_t (*load)(void *self, void *state, weir_str bytes, weir_error *);
    /* Frees what lies outside. (optional, as what follows) */
    void (*drop)(void *self, void *state);
    uint64_t (*outside_bytes)(void *self, const void *state); /* about */
} weir_aggregate_api;

#ifdef __cplusplus
}
#endif

#endif /* WEIR_ABI_AGGREGATE_H */
