/*
 * An aggregate: the mean of an int64 column, as float64. A state is a sum and a count, in the host's memory, of fixed
 * size, so there is nothing to save. A sum that does not fit is remembered in the state and reported by result.
 */
#include "support.h"

typedef struct mean_state {
    int64_t sum, count;
    int64_t overflowed;
} mean_state;

static int32_t create(const weir_operator *op, const weir_host *given, weir_str config,
                      const struct ArrowSchema *arguments, void **self, struct ArrowSchema *result,
                      weir_error *error) {
    (void)op, (void)given, (void)config;
    if (arguments->n_children != 1 || strcmp(arguments->children[0]->format, "l") != 0)
        return fail_with(error, WEIR_E_CONFIG, "", "mean takes one int64");
    column_schema(result, "mean", "g", ARROW_FLAG_NULLABLE);
    *self = NULL;
    return WEIR_OK;
}
static void destroy(void *self) { (void)self; }
static uint32_t state_bytes(void *self) {
    (void)self;
    return sizeof(mean_state);
}

static void add(mean_state *state, int64_t sum, int64_t count) {
    if (__builtin_add_overflow(state->sum, sum, &state->sum)) state->overflowed = 1;
    state->count += count;
}

static int32_t update(void *self, void **states, const struct ArrowArray *arguments, weir_error *error) {
    (void)self, (void)error;
    for (int64_t row = 0; row < arguments->length; ++row)
        if (!is_null(arguments, 0, row)) add(states[row], int64_values(arguments, 0)[row], 1);
    return WEIR_OK;
}

static int32_t retract(void *self, void **states, const struct ArrowArray *arguments, weir_error *error) {
    (void)self, (void)error;
    for (int64_t row = 0; row < arguments->length; ++row) {
        mean_state *state = states[row];
        if (is_null(arguments, 0, row)) continue;
        if (__builtin_sub_overflow(state->sum, int64_values(arguments, 0)[row], &state->sum)) state->overflowed = 1;
        --state->count;
    }
    return WEIR_OK;
}

static int32_t merge(void *self, void **into, void *const *from, uint64_t n, weir_error *error) {
    (void)self, (void)error;
    for (uint64_t i = 0; i < n; ++i) {
        const mean_state *part = from[i];
        add(into[i], part->sum, part->count);
        ((mean_state *)into[i])->overflowed |= part->overflowed;
    }
    return WEIR_OK;
}

static int32_t result(void *self, void *const *states, uint64_t n, struct ArrowArray *out, uint8_t *failed,
                      weir_error *error) {
    double *means;
    uint8_t *valid;
    (void)self, (void)error;
    array_init(out, (int64_t)n, 2, 0);
    out->buffers[0] = valid = host->alloc((n + 7) / 8);
    out->buffers[1] = means = host->alloc(n * sizeof *means);
    memset(valid, 0, (n + 7) / 8);
    for (uint64_t i = 0; i < n; ++i) {
        const mean_state *state = states[i];
        const int has_value = state->count != 0 && !state->overflowed;
        failed[i] = state->overflowed != 0;
        means[i] = has_value ? (double)state->sum / (double)state->count : 0;
        if (has_value) valid[i / 8] |= (uint8_t)(1u << (i % 8));
        else ++out->null_count;
    }
    return WEIR_OK;
}

static const weir_aggregate_api api = {
    .size = sizeof api, .create = create, .destroy = destroy, .state_bytes = state_bytes, .update = update,
    .retract = retract, .merge = merge, .result = result,
};
static const weir_operator op = {
    .size = sizeof op, .kind = WEIR_KIND_AGGREGATE, .name = "mean", .doc = "The mean of a column.", .api = &api};
static const weir_operator *const operators[] = {&op};
CONFORMANCE_MODULE("statistics", NULL);
