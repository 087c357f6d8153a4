/*
 * A sink for a server without transactions (WEIR_OP_OUTBOX): prepare hands the rows of the epoch over as one block of
 * bytes that begins with a token, commit sends it, again and again until it succeeds, and the server keeps tokens to
 * drop repetitions. A block that the server finds too large is replaced by its halves, which the host stores before
 * they are sent, so that their tokens, too, are the same after a crash.
 *
 * The server is a few lines here; the extension "outbox.server/0" gives a test a look at it.
 */
#include "support.h"

typedef struct block {
    uint64_t epoch, part; /* the token: parts of a block are 2p and 2p + 1 */
    uint64_t n;
    int64_t rows[]; /* n */
} block;

typedef struct server {
    int is_down;
    uint64_t max_rows, requests, n;
    int64_t rows[64];
    uint64_t tokens[64][2], n_tokens;
} server;

static server the_server = {0, 4, 0, 0, {0}, {{0}}, 0};

/* WEIR_OK also for a repetition; WEIR_E_CONFIG when the block is too large. */
static int32_t send_block(const block *b) {
    server *s = &the_server;
    ++s->requests;
    if (s->is_down) return WEIR_E_RETRYABLE;
    if (b->n > s->max_rows) return WEIR_E_CONFIG;
    for (uint64_t i = 0; i < s->n_tokens; ++i)
        if (s->tokens[i][0] == b->epoch && s->tokens[i][1] == b->part) return WEIR_OK;
    s->tokens[s->n_tokens][0] = b->epoch;
    s->tokens[s->n_tokens++][1] = b->part;
    memcpy(s->rows + s->n, b->rows, b->n * sizeof *b->rows);
    s->n += b->n;
    return WEIR_OK;
}

typedef struct sink {
    int64_t column;
    uint64_t n, capacity;
    int64_t *rows; /* of the epoch that is open */
} sink;

static int32_t create(const weir_operator *op, weir_context *context, weir_str config, void **self,
                      weir_error *error) {
    (void)op, (void)context, (void)config;
    *self = calloc(1, sizeof(sink));
    return *self ? WEIR_OK : fail_with(error, WEIR_E_FATAL, "", "no memory");
}

static int32_t bind(void *self, const weir_bind *bind, weir_error *error) {
    sink *s = self;
    s->column = int64_column(bind->inputs[0].schema, "n");
    if (s->column < 0) return fail_with(error, WEIR_E_CONFIG, "", "needs an int64 column `n`");
    bind->reads(bind, 0, text_of("n"));
    return WEIR_OK;
}

static int32_t process(void *self, const weir_batch *batch, uint32_t input, weir_error *error) {
    sink *s = self;
    (void)input, (void)error;
    while (s->n + (uint64_t)batch->rows > s->capacity) {
        s->capacity = s->capacity ? 2 * s->capacity : 64;
        s->rows = realloc(s->rows, s->capacity * sizeof *s->rows);
    }
    memcpy(s->rows + s->n, int64_values(batch->array, s->column), (size_t)batch->rows * sizeof *s->rows);
    s->n += (uint64_t)batch->rows;
    return WEIR_OK;
}

static int32_t resume(void *self, uint64_t budget, weir_error *error) {
    (void)self, (void)budget, (void)error;
    return WEIR_OK;
}

static void put_block(const weir_bytes_out *out, uint64_t epoch, uint64_t part, const int64_t *rows, uint64_t n) {
    const uint64_t bytes = sizeof(block) + n * sizeof *rows;
    block *b = malloc(bytes);
    weir_str text = {(const char *)b, bytes};
    b->epoch = epoch;
    b->part = part;
    b->n = n;
    memcpy(b->rows, rows, n * sizeof *rows);
    out->put(out, text);
    free(b);
}

static int32_t prepare(void *self, uint64_t epoch, const weir_bytes_out *committables, weir_error *error) {
    sink *s = self;
    (void)error;
    if (s->n > 0) put_block(committables, epoch, 1, s->rows, s->n);
    s->n = 0;
    return WEIR_OK;
}

static int32_t commit(void *self, uint64_t epoch, weir_str committable, const weir_bytes_out *instead,
                      weir_error *error) {
    block *b = malloc(committable.size); /* aligned */
    int32_t code;
    (void)self, (void)epoch;
    memcpy(b, committable.data, committable.size);
    code = send_block(b);
    if (code == WEIR_E_CONFIG) {
        const uint64_t half = b->n / 2;
        put_block(instead, b->epoch, 2 * b->part, b->rows, half);
        put_block(instead, b->epoch, 2 * b->part + 1, b->rows + half, b->n - half);
        code = WEIR_MORE;
    }
    free(b);
    return code < 0 ? fail_with(error, code, "", "the server is down") : code;
}

static void destroy(void *self) {
    free(((sink *)self)->rows);
    free(self);
}

static const weir_instance_api api = {
    .size = sizeof api, .create = create, .bind = bind, .process = process, .resume = resume,
    .destroy = destroy, .prepare = prepare, .commit = commit,
};
static const weir_port inputs[] = {PORT("in", "Rows with an int64 column `n`.", 0)};
static const weir_operator op = {
    .size = sizeof op, .kind = WEIR_KIND_SINK, .name = "outbox.blocks", .doc = "Sends blocks of numbers.",
    .inputs = inputs, .n_inputs = 1, .flags = WEIR_OP_OUTBOX, .api = &api,
};
static const weir_operator *const operators[] = {&op};
static const void *extension(const char *id) { return strcmp(id, "outbox.server/0") == 0 ? &the_server : NULL; }
CONFORMANCE_MODULE("outbox", extension);
