/*
 * A connection that decides epochs (WEIR_OP_TRANSACTIONAL), and a sink that writes through it. The server is a log in
 * a file: a transaction's rows are held back, prepare writes them to a file beside it, commit renames that file into
 * place, complete with the marker, which is what recovery reads to know which epoch was decided.
 *
 * begin .. last_committed are the host's calls, append is the sink's, from its worker: hence the mutex.
 */
#include <fcntl.h>
#include <pthread.h>
#include <unistd.h>

#include "support.h"

enum { kMaxText = 4096 };

typedef struct decider {
    weir_connection_context *context;
    char path[512], temporary[520];
    int asked; /* open was called before */
    pthread_mutex_t mutex;
    char held[kMaxText]; /* rows of the open transaction, as text */
    size_t n_held;
    char log[kMaxText]; /* what is committed */
} decider;

static void read_log(decider *d) {
    FILE *file = fopen(d->path, "r");
    size_t n = file ? fread(d->log, 1, sizeof d->log - 1, file) : 0;
    d->log[n] = '\0';
    if (file) fclose(file);
}

static int32_t create(const weir_operator *op, weir_connection_context *context, weir_str config, void **self,
                      weir_error *error) {
    decider *d = calloc(1, sizeof *d);
    (void)op;
    if (!d) return fail_with(error, WEIR_E_FATAL, "", "no memory");
    d->context = context;
    config_text(config, "file", d->path, sizeof d->path);
    snprintf(d->temporary, sizeof d->temporary, "%s.next", d->path);
    pthread_mutex_init(&d->mutex, NULL);
    *self = d;
    return WEIR_OK;
}

/* Pending once: a real one connects in the background and wakes the host when it is through. */
static int32_t open_log(void *self, weir_error *error) {
    decider *d = self;
    (void)error;
    if (!d->asked++) {
        d->context->wake(d->context);
        return WEIR_PENDING;
    }
    read_log(d);
    return WEIR_OK;
}
static int32_t close_log(void *self, weir_error *error) {
    (void)self, (void)error;
    return WEIR_OK;
}
static void cancel(void *self) { (void)self; }
static void destroy(void *self) {
    pthread_mutex_destroy(&((decider *)self)->mutex);
    free(self);
}

static int32_t begin(void *self, uint64_t epoch, weir_error *error) {
    decider *d = self;
    (void)epoch, (void)error;
    pthread_mutex_lock(&d->mutex);
    d->n_held = 0;
    pthread_mutex_unlock(&d->mutex);
    return WEIR_OK;
}

static int32_t append(decider *d, const char *text, size_t n) {
    int32_t code = WEIR_E_RETRYABLE;
    pthread_mutex_lock(&d->mutex);
    if (d->n_held + n < sizeof d->held) {
        memcpy(d->held + d->n_held, text, n);
        d->n_held += n;
        code = WEIR_OK;
    }
    pthread_mutex_unlock(&d->mutex);
    return code;
}

/* Writes `text` behind the log and the rows that are held, durably, into the temporary file. */
static int32_t write_next(decider *d, weir_str text, weir_error *error) {
    int fd = open(d->temporary, O_WRONLY | O_CREAT | O_TRUNC, 0644), ok = fd >= 0;
    pthread_mutex_lock(&d->mutex);
    ok = ok && write(fd, d->log, strlen(d->log)) >= 0 && write(fd, d->held, d->n_held) >= 0 &&
         write(fd, text.data, text.size) >= 0 && fsync(fd) == 0;
    pthread_mutex_unlock(&d->mutex);
    if (fd >= 0) close(fd);
    return ok ? WEIR_OK : fail_with(error, WEIR_E_RETRYABLE, "file", "the log cannot be written");
}

static int32_t prepare(void *self, uint64_t epoch, weir_error *error) {
    (void)epoch;
    return write_next(self, text_of(""), error);
}

static int32_t commit(void *self, uint64_t epoch, weir_str marker, weir_error *error) {
    decider *d = self;
    char line[256];
    int32_t code;
    (void)epoch;
    snprintf(line, sizeof line, "marker %.*s\n", (int)marker.size, marker.data);
    code = write_next(d, text_of(line), error);
    if (code == WEIR_OK && rename(d->temporary, d->path) != 0)
        code = fail_with(error, WEIR_E_RETRYABLE, "file", "the log cannot be replaced");
    if (code == WEIR_OK) read_log(d);
    return code;
}

static int32_t abort_transaction(void *self, uint64_t epoch, weir_error *error) {
    decider *d = self;
    unlink(d->temporary);
    return begin(d, epoch, error);
}

/* The last marker, or nothing where there is none. */
static int32_t last_committed(void *self, const weir_bytes_out *marker, weir_error *error) {
    static const char word[] = "marker ";
    const char *last = NULL, *at = ((decider *)self)->log;
    (void)error;
    while ((at = strstr(at, word)) != NULL) last = at += sizeof word - 1;
    if (last) {
        weir_str text = {last, strcspn(last, "\n")};
        marker->put(marker, text);
    }
    return WEIR_OK;
}

static const weir_connection_api connection_api = {
    .size = sizeof connection_api, .create = create, .open = open_log, .close = close_log, .cancel = cancel,
    .destroy = destroy, .begin = begin, .prepare = prepare, .commit = commit, .abort = abort_transaction,
    .last_committed = last_committed,
};

/* ---- the sink ---- */

typedef struct sink {
    decider *log;
    int64_t column;
} sink;

static int32_t sink_create(const weir_operator *op, weir_context *context, weir_str config, void **self,
                           weir_error *error) {
    sink *s = calloc(1, sizeof *s);
    (void)op, (void)config;
    if (!s) return fail_with(error, WEIR_E_FATAL, "", "no memory");
    s->log = context->connection(context);
    *self = s;
    return WEIR_OK;
}
static int32_t sink_bind(void *self, const weir_bind *bind, weir_error *error) {
    sink *s = self;
    s->column = int64_column(bind->inputs[0].schema, "n");
    return s->column >= 0 ? WEIR_OK : fail_with(error, WEIR_E_CONFIG, "", "needs an int64 column `n`");
}
static int32_t sink_process(void *self, const weir_batch *batch, uint32_t input, weir_error *error) {
    sink *s = self;
    (void)input;
    for (int64_t row = 0; row < batch->rows; ++row) {
        char line[32];
        int n = snprintf(line, sizeof line, "row %lld\n", (long long)int64_values(batch->array, s->column)[row]);
        int32_t code = append(s->log, line, (size_t)n);
        if (code != WEIR_OK) return fail_with(error, code, "", "the transaction is too large");
    }
    return WEIR_OK;
}
static int32_t sink_resume(void *self, uint64_t budget, weir_error *error) {
    (void)self, (void)budget, (void)error;
    return WEIR_OK;
}

static const weir_instance_api sink_api = {
    .size = sizeof sink_api, .create = sink_create, .bind = sink_bind, .process = sink_process,
    .resume = sink_resume, .destroy = free,
};
static const weir_param params[] = {
    PARAM(WEIR_PARAM_STRING, WEIR_PARAM_REQUIRED | WEIR_PARAM_PRIMARY, "file", "The log.")};
static const weir_port inputs[] = {PORT("in", "Rows with an int64 column `n`.", 0)};
static const weir_operator connection = {
    .size = sizeof connection, .kind = WEIR_KIND_CONNECTION, .name = "ledger", .doc = "A log with transactions.",
    .params = params, .n_params = 1, .flags = WEIR_OP_TRANSACTIONAL, .api = &connection_api,
};
static const weir_operator sink_op = {
    .size = sizeof sink_op, .kind = WEIR_KIND_SINK, .name = "ledger.sink", .doc = "Writes numbers to the log.",
    .inputs = inputs, .n_inputs = 1, .flags = WEIR_OP_TRANSACTIONAL, .connection = "ledger", .api = &sink_api,
};
static const weir_operator *const operators[] = {&connection, &sink_op};
CONFORMANCE_MODULE("ledger", NULL);
