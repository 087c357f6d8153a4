/*
 * A join of two inputs, keyed by the node's `key:`: every left row meets every right row of its key, until the
 * watermark passes its `time` by more than `keep`. Rows wait in a table of the operator's own, by the hash that the
 * host gives with each row; a snapshot hands them over by key group.
 *
 * Keys are told apart by their hash alone, which is enough to show the contract; a real join compares them too.
 */
#include "support.h"

enum { kSides = 2 };

typedef struct entry {
    uint64_t hash;
    int64_t value, time;
} entry;

typedef struct table {
    entry *entries;
    size_t n, capacity;
} table;

typedef struct join {
    weir_context *context;
    int64_t keep;
    uint32_t side[8]; /* of each input edge */
    int64_t value[8], time[8]; /* columns of each */
    table waiting[kSides];
    table matches; /* of the current batch: value is left's, time is right's */
    size_t emitted; /* of matches */
} join;

static void push(table *t, entry e) {
    if (t->n == t->capacity) {
        t->capacity = t->capacity ? 2 * t->capacity : 16;
        t->entries = realloc(t->entries, t->capacity * sizeof *t->entries);
    }
    t->entries[t->n++] = e;
}

static int32_t create(const weir_operator *op, weir_context *context, weir_str config, void **self,
                      weir_error *error) {
    join *j = calloc(1, sizeof *j);
    (void)op;
    if (!j) return fail_with(error, WEIR_E_FATAL, "", "no memory");
    j->context = context;
    j->keep = config_int64(config, "keep");
    *self = j;
    return WEIR_OK;
}

static int32_t bind(void *self, const weir_bind *bind, weir_error *error) {
    static const char *const names[] = {"left", "right"};
    struct ArrowSchema out;
    join *j = self;
    if (bind->n_inputs > 8) return fail_with(error, WEIR_E_CONFIG, "", "takes at most 8 edges");
    for (uint32_t i = 0; i < bind->n_inputs; ++i) {
        const weir_bind_input *in = &bind->inputs[i];
        j->side[i] = in->port;
        j->value[i] = int64_column(in->schema, "value");
        j->time[i] = int64_column(in->schema, "time");
        if (j->value[i] < 0 || j->time[i] < 0)
            return fail_with(error, WEIR_E_CONFIG, "", "each side needs int64 columns `value` and `time`");
        bind->reads(bind, i, text_of("value"));
        bind->reads(bind, i, text_of("time"));
        for (uint64_t k = 0; k < in->n_key; ++k) bind->reads(bind, i, in->key[k]);
    }
    int64_schema(&out, names, 2);
    bind->set_output(bind, 0, &out);
    return WEIR_OK;
}

/* Emits matches, a batch at a time. */
static int32_t resume(void *self, uint64_t budget, weir_error *error) {
    join *j = self;
    (void)budget, (void)error;
    while (j->emitted < j->matches.n) {
        struct ArrowArray rows;
        weir_batch batch;
        const entry *from = j->matches.entries + j->emitted;
        int64_t n = (int64_t)(j->matches.n - j->emitted);
        int32_t code;
        if (n > WEIR_BATCH_MAX_ROWS) n = WEIR_BATCH_MAX_ROWS;
        int64_rows(&rows, n, 2);
        for (int64_t i = 0; i < n; ++i) {
            int64_values(&rows, 0)[i] = from[i].value;
            int64_values(&rows, 1)[i] = from[i].time;
        }
        batch = batch_of(&rows, WEIR_NO_SPLIT);
        j->emitted += (size_t)n;
        code = j->context->emit(j->context, 0, &batch);
        if (code == WEIR_FULL && j->emitted < j->matches.n) return WEIR_MORE;
        if (code < 0) return code;
    }
    j->matches.n = j->emitted = 0;
    return WEIR_OK;
}

static int32_t process(void *self, const weir_batch *batch, uint32_t input, weir_error *error) {
    join *j = self;
    const uint32_t side = j->side[input];
    const table *others = &j->waiting[1 - side];
    for (int64_t row = 0; row < batch->rows; ++row) {
        entry e = {batch->hashes[row], int64_values(batch->array, j->value[input])[row],
                   int64_values(batch->array, j->time[input])[row]};
        for (size_t i = 0; i < others->n; ++i) {
            entry match = {e.hash, e.value, others->entries[i].value};
            if (others->entries[i].hash != e.hash) continue;
            if (side == 1) match.value = others->entries[i].value, match.time = e.value;
            push(&j->matches, match);
        }
        push(&j->waiting[side], e);
    }
    return resume(self, WEIR_BATCH_MAX_ROWS, error);
}

static int32_t on_watermark(void *self, int64_t time, weir_error *error) {
    join *j = self;
    (void)error;
    for (int side = 0; side < kSides; ++side) {
        table *t = &j->waiting[side];
        size_t kept = 0;
        for (size_t i = 0; i < t->n; ++i)
            if (t->entries[i].time + j->keep >= time) t->entries[kept++] = t->entries[i];
        t->n = kept;
    }
    return WEIR_OK;
}

/* A block for each side and key group that has rows. The side is the number of the state. */
static int32_t snapshot(void *self, const weir_snapshot *out, weir_error *error) {
    const join *j = self;
    (void)error;
    for (uint32_t side = 0; side < kSides; ++side) {
        const table *t = &j->waiting[side];
        weir_str *values = calloc(t->n + 1, sizeof *values);
        weir_str *keys = calloc(t->n + 1, sizeof *keys);
        int32_t code = WEIR_OK;
        for (uint32_t group = 0; group < 256 && code == WEIR_OK; ++group) {
            weir_state_block block = {.size = sizeof block, .state = side, .kind = WEIR_STATE_KEYED, .group = group,
                                      .version = 1, .keys = keys, .values = values};
            for (size_t i = 0; i < t->n; ++i) {
                weir_str key = {(const char *)&t->entries[i].hash, sizeof t->entries[i].hash};
                weir_str value = {(const char *)&t->entries[i], sizeof t->entries[i]};
                if (t->entries[i].hash >> 56 != group) continue;
                keys[block.n] = key;
                values[block.n++] = value;
            }
            if (block.n) code = out->put(out, &block);
        }
        free(values);
        free(keys);
        if (code != WEIR_OK) return code;
    }
    return WEIR_OK;
}

static int32_t restore(void *self, const weir_state_block *block, weir_error *error) {
    join *j = self;
    if (block->version != 1) return fail_with(error, WEIR_E_STATE_VERSION, "", "state of another version");
    for (uint64_t i = 0; i < block->n; ++i) {
        entry e;
        memcpy(&e, block->values[i].data, sizeof e);
        push(&j->waiting[block->state], e);
    }
    return WEIR_OK;
}

static void destroy(void *self) {
    join *j = self;
    for (int side = 0; side < kSides; ++side) free(j->waiting[side].entries);
    free(j->matches.entries);
    free(j);
}

static const weir_instance_api api = {
    .size = sizeof api, .create = create, .bind = bind, .restore = restore, .process = process, .resume = resume,
    .on_watermark = on_watermark, .snapshot = snapshot, .destroy = destroy,
};
static const weir_param keep = PARAM(WEIR_PARAM_DURATION, WEIR_PARAM_REQUIRED, "keep", "How long a row waits.");
static const weir_port inputs[] = {PORT("left", "Rows.", 0), PORT("right", "Rows.", 0)};
static const weir_port outputs[] = {PORT("out", "A row for each pair of one key.", 0)};
static const weir_operator op = {
    .size = sizeof op, .kind = WEIR_KIND_OPERATOR, .name = "join.pairs", .doc = "Joins two inputs.",
    .params = &keep, .n_params = 1, .inputs = inputs, .n_inputs = 2, .outputs = outputs, .n_outputs = 1,
    .flags = WEIR_OP_KEYED, .state_version = 1, .state_kinds = WEIR_STATE_KEYED, .api = &api,
};
static const weir_operator *const operators[] = {&op};
CONFORMANCE_MODULE("join", NULL);
