/*
 * Aggregates, used by name by whoever groups rows. Part of weir/abi.h, which tells the rules.
 */
#ifndef WEIR_ABI_AGGREGATE_H
#define WEIR_ABI_AGGREGATE_H

#include <weir/abi/declare.h>
#include <weir/abi/host.h>
#include <weir/abi/state.h>

#ifdef __cplusplus
extern "C" {
#endif

/* States are `state_bytes` each, in the host's memory, zeroed; all functions are [any], free of side effects. */
typedef struct weir_aggregate_api {
    uint32_t size;
    uint32_t reserved;
    /* Types of the arguments to the type of the result; WEIR_E_CONFIG if it does not take them. */
    int32_t (*create)(const weir_operator *, const weir_host *, weir_str config,
                      const struct ArrowSchema *arguments, void **self, struct ArrowSchema *result,
                      weir_error *);
    void (*destroy)(void *self);
    uint32_t (*state_bytes)(void *self);
    /* states[i] takes row i of the arguments. */
    int32_t (*update)(void *self, void **states, const struct ArrowArray *arguments, weir_error *);
    int32_t (*retract)(void *self, void **states, const struct ArrowArray *arguments, weir_error *); /* (optional) */
    int32_t (*merge)(void *self, void **into, void *const *from, uint64_t n, weir_error *);
    /* One row for each state. failed[i], zeroed: 1 for a state without a result (it overflowed), whose row is null. */
    int32_t (*result)(void *self, void *const *states, uint64_t n, struct ArrowArray *out, uint8_t *failed,
                      weir_error *);
    /* What lies outside the fixed-size state, as bytes, and back. (optional) */
    int32_t (*save)(void *self, const void *state, const weir_bytes_out *out, weir_error *);
    int32_t (*load)(void *self, void *state, weir_str bytes, weir_error *);
    void (*drop)(void *self, void *state);
} weir_aggregate_api;

#ifdef __cplusplus
}
#endif

#endif /* WEIR_ABI_AGGREGATE_H */
