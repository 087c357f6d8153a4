/*
 * An aggregate: the mean of an int64 column, as float64. A state is a sum and a count, in the host's memory, of fixed
 * size, so there is nothing to save. A row whose sum does not fit is refused; where merging comes to that, the state
 * remembers it, and result says so.
 */
#include "support.h"

typedef struct mean_state {
    int64_t sum, count;
    int64_t overflowed;
} mean_state;

static int32_t create(const weir_operator *op, const weir_host *given, weir_str config,
                      const struct ArrowSchema *arguments, void **self, struct ArrowSchema *result,
                      weir_aggregate_info *info, weir_error *error) {
    (void)op, (void)given, (void)config;
    if (arguments->n_children != 1 || strcmp(arguments->children[0]->format, "l") != 0)
        return fail_with(error, WEIR_E_CONFIG, "", "mean takes one int64");
    column_schema(result, "mean", "g", ARROW_FLAG_NULLABLE);
    info->state_bytes = sizeof(mean_state);
    info->flags = WEIR_AGGREGATE_RETRACTS | WEIR_AGGREGATE_REFUSES;
    *self = NULL;
    return WEIR_OK;
}
static void destroy(void *self) { (void)self; }

static mean_state *state_at(void *state, uint64_t offset) { return (mean_state *)((char *)state + offset); }
static const mean_state *const_state_at(const void *state, uint64_t offset) {
    return (const mean_state *)((const char *)state + offset);
}
static int64_t row_of(const weir_aggregate_rows *in, uint64_t i) { return in->rows ? in->rows[i] : (int64_t)i; }

static int32_t update(void *self, const weir_aggregate_rows *in, weir_error *error) {
    (void)self, (void)error;
    for (uint64_t i = 0; i < in->n; ++i) {
        const int64_t row = row_of(in, i);
        mean_state *state = state_at(in->states[i], in->offset);
        int64_t sum;
        if (is_null(in->arguments, 0, row)) continue;
        if (__builtin_add_overflow(state->sum, int64_values(in->arguments, 0)[row], &sum)) {
            in->refuse(in, i, text_of("overflow"), text_of("the sum does not fit int64"));
            continue;
        }
        state->sum = sum;
        ++state->count;
    }
    return WEIR_OK;
}

static int32_t retract(void *self, const weir_aggregate_rows *in, weir_error *error) {
    (void)self, (void)error;
    for (uint64_t i = 0; i < in->n; ++i) {
        const int64_t row = row_of(in, i);
        mean_state *state = state_at(in->states[i], in->offset);
        if (is_null(in->arguments, 0, row)) continue;
        if (__builtin_sub_overflow(state->sum, int64_values(in->arguments, 0)[row], &state->sum)) state->overflowed = 1;
        --state->count;
    }
    return WEIR_OK;
}

static int32_t merge(void *self, void *const *into, const void *const *from, uint64_t offset, uint64_t n,
                     weir_error *error) {
    (void)self, (void)error;
    for (uint64_t i = 0; i < n; ++i) {
        mean_state *to = state_at(into[i], offset);
        const mean_state *part = const_state_at(from[i], offset);
        if (__builtin_add_overflow(to->sum, part->sum, &to->sum)) to->overflowed = 1;
        to->count += part->count;
        to->overflowed |= part->overflowed;
    }
    return WEIR_OK;
}

static int32_t result(void *self, const weir_aggregate_states *in, struct ArrowArray *out, weir_error *error) {
    double *means;
    uint8_t *valid;
    (void)self, (void)error;
    array_init(out, (int64_t)in->n, 2, 0);
    out->buffers[0] = valid = host->alloc((in->n + 7) / 8);
    out->buffers[1] = means = host->alloc(in->n * sizeof *means);
    memset(valid, 0, (in->n + 7) / 8);
    for (uint64_t i = 0; i < in->n; ++i) {
        const mean_state *state = const_state_at(in->states[i], in->offset);
        const int has_value = state->count != 0 && !state->overflowed;
        if (state->overflowed) in->fail(in, i, text_of("overflow"), text_of("the sum does not fit int64"));
        means[i] = has_value ? (double)state->sum / (double)state->count : 0;
        if (has_value) valid[i / 8] |= (uint8_t)(1u << (i % 8));
        else ++out->null_count;
    }
    return WEIR_OK;
}

static const weir_aggregate_api api = {
    .size = sizeof api, .create = create, .destroy = destroy, .update = update, .retract = retract,
    .merge = merge, .result = result,
};
static const weir_port inputs[] = {PORT("n", "The numbers.", 0)};
static const weir_operator op = {
    .size = sizeof op, .kind = WEIR_KIND_AGGREGATE, .name = "mean", .doc = "The mean of a column.",
    .inputs = inputs, .n_inputs = 1, .state_version = 1, .api = &api};
static const weir_operator *const operators[] = {&op};
CONFORMANCE_MODULE("statistics", NULL);
