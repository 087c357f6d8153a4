/*
 * Keyed state that the host holds, in plain C: how often each key's rows came, and a timer that forgets it. The shape of
 * whoever leaves its state to weir.state/0.
 */
#include "support.h"

#include <stddef.h>

typedef struct count_slot {
    int64_t rows;
} count_slot;

typedef struct counter {
    weir_context *context;
    const weir_state_api *state;
    uint32_t counts; /* number of the state */
    int64_t n;       /* index of the column */
    void *slots[WEIR_BATCH_MAX_ROWS];
} counter;

static const weir_state_field fields[] = {
    {sizeof(weir_state_field), offsetof(count_slot, rows), WEIR_NEVER_NULL, 0, "rows", "l"}};

static int32_t create(const weir_operator *descriptor, weir_context *context, weir_str config, void **self,
                      weir_error *error) {
    const weir_state_api *state = context->host->extension(context->host, WEIR_STATE_EXTENSION);
    weir_state_spec spec;
    int32_t number;
    counter *made;
    (void)descriptor, (void)config;
    if (!state) return fail_with(error, WEIR_E_UNSUPPORTED, "", "the host does not offer " WEIR_STATE_EXTENSION);
    memset(&spec, 0, sizeof spec);
    spec.size = sizeof spec;
    spec.name = "count";
    spec.layout.size = sizeof spec.layout;
    spec.layout.version = 1;
    spec.layout.slot_bytes = sizeof(count_slot);
    spec.layout.n_fields = 1;
    spec.layout.fields = fields;
    number = state->declare(context, &spec);
    if (number < 0) return fail_with(error, number, "", "the host refused the state `count`");
    made = calloc(1, sizeof *made);
    made->context = context;
    made->state = state;
    made->counts = (uint32_t)number;
    state->declare_timers(context);
    *self = made;
    return WEIR_OK;
}

static int32_t bind(void *self, const weir_bind *request, weir_error *error) {
    static const char *const names[] = {"n", "count"};
    counter *mine = self;
    struct ArrowSchema schema;
    mine->n = int64_column(request->inputs[0].schema, "n");
    if (mine->n < 0) return fail_with(error, WEIR_E_CONFIG, "", "the input has no int64 column `n`");
    int64_schema(&schema, names, 2);
    request->set_output(request, 0, &schema);
    request->reads(request, 0, text_of("n"));
    return WEIR_OK;
}

/* Columns that nobody reads are left out of the input: n stands where its schema says now. */
static int32_t process(void *self, const weir_batch *batch, uint32_t input, weir_error *error) {
    counter *mine = self;
    struct ArrowArray rows;
    weir_batch out;
    int32_t code = mine->state->resolve(mine->context, mine->counts, batch, NULL, WEIR_RESOLVE_CREATE, mine->slots);
    (void)input;
    if (code < 0) return fail_with(error, code, "", "resolve failed");
    int64_rows(&rows, batch->rows, 2);
    for (int64_t i = 0; i < batch->rows; ++i) {
        count_slot *slot = mine->slots[i];
        int64_values(&rows, 0)[i] = int64_values(batch->array, mine->n)[i];
        int64_values(&rows, 1)[i] = ++slot->rows;
        if (slot->rows == 1)
            mine->state->set_timer(mine->context, WEIR_CLOCK_PROCESSING, batch, i,
                                   mine->context->now(mine->context) + INT64_C(3600000000));
    }
    out = batch_of(&rows, batch->split);
    return mine->context->emit(mine->context, 0, &out) == WEIR_FULL ? WEIR_MORE : WEIR_OK;
}

static int32_t resume(void *self, uint64_t budget, weir_error *error) {
    (void)self, (void)budget, (void)error;
    return WEIR_OK;
}

static int32_t on_timers(void *self, uint32_t clock, const weir_batch *keys, const int64_t *times, weir_error *error) {
    counter *mine = self;
    int32_t code = mine->state->resolve(mine->context, mine->counts, keys, NULL, 0, mine->slots);
    (void)clock, (void)times;
    for (int64_t i = 0; code >= 0 && i < keys->rows; ++i)
        if (mine->slots[i]) code = mine->state->erase(mine->context, mine->counts, mine->slots[i]);
    return code < 0 ? fail_with(error, code, "", "a count could not be forgotten") : WEIR_OK;
}

static void destroy(void *self) { free(self); }

static const weir_port inputs[] = {PORT("in", "Rows.", 0)};
static const weir_port outputs[] = {PORT("out", "Counts.", 0)};
static const weir_instance_api api = {
    .size = sizeof api, .create = create, .bind = bind, .process = process, .resume = resume, .on_timers = on_timers,
    .destroy = destroy,
};
static const weir_operator op = {
    .size = sizeof op, .kind = WEIR_KIND_OPERATOR, .name = "c.keyed_count", .doc = "Counts rows by key.",
    .inputs = inputs, .outputs = outputs, .n_inputs = 1, .n_outputs = 1, .flags = WEIR_OP_KEYED, .api = &api};
static const weir_operator *const operators[] = {&op};
CONFORMANCE_MODULE("c", NULL);
