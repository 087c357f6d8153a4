/*
 * A filter whose rules come as a stream: the input `rules` is broadcast (WEIR_PORT_BROADCAST), so every instance
 * holds all of them, and they are broadcast state. A row of `in` passes if its `n` is at least the `min` of its
 * `kind`; kinds without a rule go to the port `unknown`.
 */
#include "support.h"

enum { kKinds = 16 };

typedef struct rules {
    int64_t min[kKinds];
    uint8_t known[kKinds], changed[kKinds];
} rules;

typedef struct filter {
    weir_context *context;
    rules rules;
    uint32_t port[2]; /* of each input edge */
    int64_t a[2], b[2]; /* columns: kind and n, kind and min */
} filter;

static int32_t create(const weir_operator *op, weir_context *context, weir_str config, void **self,
                      weir_error *error) {
    filter *f = calloc(1, sizeof *f);
    (void)op, (void)config;
    if (!f) return fail_with(error, WEIR_E_FATAL, "", "no memory");
    f->context = context;
    *self = f;
    return WEIR_OK;
}

static int32_t bind(void *self, const weir_bind *bind, weir_error *error) {
    static const char *const names[] = {"kind", "n"};
    filter *f = self;
    if (bind->n_inputs != 2) return fail_with(error, WEIR_E_CONFIG, "", "needs `in` and `rules`, one edge each");
    for (uint32_t i = 0; i < 2; ++i) {
        const char *second = bind->inputs[i].port == 0 ? "n" : "min";
        f->port[i] = bind->inputs[i].port;
        f->a[i] = int64_column(bind->inputs[i].schema, "kind");
        f->b[i] = int64_column(bind->inputs[i].schema, second);
        if (f->a[i] < 0 || f->b[i] < 0) return fail_with(error, WEIR_E_CONFIG, "", "needs int64 columns kind, n, min");
        bind->reads(bind, i, text_of("kind"));
        bind->reads(bind, i, text_of(second));
    }
    for (uint32_t port = 0; port < 2; ++port) {
        struct ArrowSchema out;
        int64_schema(&out, names, 2);
        bind->set_output(bind, port, &out);
    }
    return WEIR_OK;
}

static void learn(filter *f, const weir_batch *batch, uint32_t input) {
    for (int64_t row = 0; row < batch->rows; ++row) {
        const uint64_t kind = (uint64_t)int64_values(batch->array, f->a[input])[row] % kKinds;
        f->rules.min[kind] = int64_values(batch->array, f->b[input])[row];
        f->rules.known[kind] = f->rules.changed[kind] = 1;
    }
}

/* To which port a row goes, or -1. */
static int port_of(const filter *f, const weir_batch *batch, uint32_t input, int64_t row) {
    const uint64_t kind = (uint64_t)int64_values(batch->array, f->a[input])[row] % kKinds;
    if (!f->rules.known[kind]) return 1;
    return int64_values(batch->array, f->b[input])[row] >= f->rules.min[kind] ? 0 : -1;
}

/* Emits the rows of one port, with the origin of each. */
static int32_t emit_rows(filter *f, const weir_batch *batch, uint32_t input, int port, int64_t n) {
    struct ArrowArray rows;
    weir_batch out;
    int32_t *from = host->alloc((uint64_t)n * sizeof *from);
    int64_t at = 0;
    int64_rows(&rows, n, 2);
    for (int64_t row = 0; row < batch->rows; ++row) {
        if (port_of(f, batch, input, row) != port) continue;
        int64_values(&rows, 0)[at] = int64_values(batch->array, f->a[input])[row];
        int64_values(&rows, 1)[at] = int64_values(batch->array, f->b[input])[row];
        from[at++] = batch->origin_rows ? batch->origin_rows[row] : (int32_t)row;
    }
    out = batch_of(&rows, batch->split);
    out.origin = batch->origin;
    if (out.origin) out.origin->retain(out.origin);
    out.origin_rows = from;
    return f->context->emit(f->context, (uint32_t)port, &out);
}

static int32_t process(void *self, const weir_batch *batch, uint32_t input, weir_error *error) {
    filter *f = self;
    int64_t n[2] = {0, 0};
    int32_t result = WEIR_OK;
    (void)error;
    if (f->port[input] == 1) {
        learn(f, batch, input);
        return WEIR_OK;
    }
    for (int64_t row = 0; row < batch->rows; ++row) {
        const int port = port_of(f, batch, input, row);
        if (port >= 0) ++n[port];
    }
    for (int port = 0; port < 2; ++port) {
        const int32_t code = n[port] ? emit_rows(f, batch, input, port, n[port]) : WEIR_OK;
        if (code < 0) return code;
        if (code == WEIR_FULL) result = WEIR_MORE;
    }
    return result;
}

static int32_t resume(void *self, uint64_t budget, weir_error *error) {
    (void)self, (void)budget, (void)error;
    return WEIR_OK;
}

/* Every instance holds the same rules; the host keeps one copy. */
static int32_t snapshot(void *self, const weir_snapshot *out, weir_error *error) {
    filter *f = self;
    weir_str keys[kKinds], values[kKinds];
    uint8_t kinds[kKinds];
    weir_state_block block = {.size = sizeof block, .kind = WEIR_STATE_BROADCAST, .version = 1, .keys = keys,
                              .values = values};
    (void)error;
    for (uint8_t kind = 0; kind < kKinds; ++kind) {
        if (!(out->mode == WEIR_SNAPSHOT_FULL ? f->rules.known[kind] : f->rules.changed[kind])) continue;
        kinds[block.n] = kind;
        keys[block.n].data = (const char *)&kinds[block.n];
        keys[block.n].size = 1;
        values[block.n].data = (const char *)&f->rules.min[kind];
        values[block.n].size = sizeof f->rules.min[kind];
        ++block.n;
    }
    memset(f->rules.changed, 0, sizeof f->rules.changed);
    return block.n ? out->put(out, &block) : WEIR_OK;
}

static int32_t restore(void *self, const weir_state_block *block, weir_error *error) {
    filter *f = self;
    if (block->version != 1) return fail_with(error, WEIR_E_STATE_VERSION, "", "state of another version");
    for (uint64_t i = 0; i < block->n; ++i) {
        const uint8_t kind = (uint8_t)block->keys[i].data[0] % kKinds;
        memcpy(&f->rules.min[kind], block->values[i].data, sizeof f->rules.min[kind]);
        f->rules.known[kind] = 1;
    }
    return WEIR_OK;
}

static void destroy(void *self) { free(self); }

static const weir_instance_api api = {
    .size = sizeof api, .create = create, .bind = bind, .restore = restore, .process = process, .resume = resume,
    .snapshot = snapshot, .destroy = destroy,
};
static const weir_port inputs[] = {PORT("in", "Rows with `kind` and `n`.", 0),
                                   PORT("rules", "Rows with `kind` and `min`.", WEIR_PORT_BROADCAST)};
static const weir_port outputs[] = {PORT("out", "Rows that pass.", 0), PORT("unknown", "Rows without a rule.", 0)};
static const weir_operator op = {
    .size = sizeof op, .kind = WEIR_KIND_OPERATOR, .name = "broadcast.filter", .doc = "Filters by rules of a stream.",
    .inputs = inputs, .n_inputs = 2, .outputs = outputs, .n_outputs = 2,
    .state_version = 1, .state_kinds = WEIR_STATE_BROADCAST, .api = &api,
};
static const weir_operator *const operators[] = {&op};
CONFORMANCE_MODULE("broadcast", NULL);
