/*
 * A sink whose calls may block (WEIR_OP_BLOCKING): it writes numbers to a file, a line each, and syncs it when the
 * epoch is prepared. The host gives it a thread of its own, so that it may wait for the disk; cancel ends the wait
 * between two rows. A row that it cannot write goes to the errors port, the others are written.
 */
#include <fcntl.h>
#include <unistd.h>

#include "support.h"

typedef struct sink {
    weir_context *context;
    char path[512];
    int fd;
    int cancelled; /* set on any thread */
    int64_t column;
} sink;

static int32_t create(const weir_operator *op, weir_context *context, weir_str config, void **self,
                      weir_error *error) {
    sink *s = calloc(1, sizeof *s);
    (void)op;
    if (!s) return fail_with(error, WEIR_E_FATAL, "", "no memory");
    s->context = context;
    s->fd = -1;
    config_text(config, "path", s->path, sizeof s->path);
    *self = s;
    return WEIR_OK;
}

static int32_t bind(void *self, const weir_bind *bind, weir_error *error) {
    sink *s = self;
    s->column = int64_column(bind->inputs[0].schema, "n");
    if (s->column < 0) return fail_with(error, WEIR_E_CONFIG, "", "needs an int64 column `n`");
    bind->reads(bind, 0, text_of("n"));
    return WEIR_OK;
}

static int32_t open_file(void *self, weir_error *error) {
    sink *s = self;
    s->fd = open(s->path, O_WRONLY | O_CREAT | O_APPEND, 0644);
    return s->fd >= 0 ? WEIR_OK : fail_with(error, WEIR_E_RETRYABLE, "path", "the file cannot be opened");
}

static int32_t process(void *self, const weir_batch *batch, uint32_t input, weir_error *error) {
    sink *s = self;
    (void)input;
    for (int64_t row = 0; row < batch->rows; ++row) {
        char line[32];
        int n;
        if (__atomic_load_n(&s->cancelled, __ATOMIC_ACQUIRE)) return fail_with(error, WEIR_E_RETRYABLE, "", "cancelled");
        if (is_null(batch->array, s->column, row)) {
            weir_row_error failed = {sizeof failed, 0, row, text_of("null"), text_of("n"), text_of("a number is needed")};
            s->context->fail_rows(s->context, batch, &failed, 1);
            continue;
        }
        n = snprintf(line, sizeof line, "%lld\n", (long long)int64_values(batch->array, s->column)[row]);
        if (write(s->fd, line, (size_t)n) != n) return fail_with(error, WEIR_E_RETRYABLE, "path", "the disk is full");
    }
    return WEIR_OK;
}

static int32_t resume(void *self, uint64_t budget, weir_error *error) {
    (void)self, (void)budget, (void)error;
    return WEIR_OK;
}

/* No committables: what was synced is durable, at least once. */
static int32_t prepare(void *self, uint64_t epoch, const weir_bytes_out *committables, weir_error *error) {
    sink *s = self;
    (void)epoch, (void)committables;
    return fsync(s->fd) == 0 ? WEIR_OK : fail_with(error, WEIR_E_RETRYABLE, "path", "the file cannot be synced");
}

static void cancel(void *self) { __atomic_store_n(&((sink *)self)->cancelled, 1, __ATOMIC_RELEASE); }

static void destroy(void *self) {
    sink *s = self;
    if (s->fd >= 0) close(s->fd);
    free(s);
}

static const weir_instance_api api = {
    .size = sizeof api, .create = create, .bind = bind,       .open = open_file, .process = process,
    .resume = resume,   .cancel = cancel, .destroy = destroy, .prepare = prepare,
};
static const weir_param params[] = {
    PARAM(WEIR_PARAM_STRING, WEIR_PARAM_REQUIRED | WEIR_PARAM_PRIMARY, "path", "The file to append to.")};
static const weir_port inputs[] = {PORT("in", "Rows with an int64 column `n`.", 0)};
static const weir_operator op = {
    .size = sizeof op, .kind = WEIR_KIND_SINK, .name = "blocking.lines", .doc = "Writes numbers to a file.",
    .params = params,  .n_params = 1,          .inputs = inputs,         .n_inputs = 1,
    .flags = WEIR_OP_BLOCKING, .api = &api,
};
static const weir_operator *const operators[] = {&op};
CONFORMANCE_MODULE("blocking", NULL);
