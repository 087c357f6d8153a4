/*
 * An asynchronous operator: a thread of its own looks numbers up (here: squares them), results come in the order of
 * the inputs. When more than `async_capacity` rows are in flight, process answers WEIR_PENDING. A watermark and the
 * end wait for everything in flight; a barrier does not: inputs in flight are part of the snapshot.
 *
 * Inputs are retained while they are in flight, so that results still tell where they came from.
 */
#include <pthread.h>

#include "support.h"

enum { kCapacity = 4 };

typedef struct request {
    struct request *next;
    weir_batch batch; /* retained; array NULL after a restore */
    int64_t n, *numbers, *squares;
} request;

typedef struct lookup {
    weir_context *context;
    int64_t column, allowed; /* rows that may stay in flight when the current call ends */
    pthread_t thread;
    int runs;
    pthread_mutex_t mutex; /* guards all below */
    pthread_cond_t work;
    request *first, **last; /* in the order of the inputs, done ones in front */
    request *todo;          /* the first that is not done */
    int64_t in_flight;
    int stop;
} lookup;

static void *run(void *self) {
    lookup *l = self;
    pthread_mutex_lock(&l->mutex);
    while (!l->stop) {
        if (!l->todo) {
            pthread_cond_wait(&l->work, &l->mutex);
            continue;
        }
        /* A real one lets go of the mutex here, and asks a server. */
        for (int64_t i = 0; i < l->todo->n; ++i) l->todo->squares[i] = l->todo->numbers[i] * l->todo->numbers[i];
        l->todo = l->todo->next;
        l->context->wake(l->context);
    }
    pthread_mutex_unlock(&l->mutex);
    return NULL;
}

static void enqueue(lookup *l, const weir_batch *batch, const int64_t *numbers, int64_t n) {
    request *r = calloc(1, sizeof *r);
    r->n = n;
    r->numbers = malloc(2 * (size_t)n * sizeof *numbers);
    r->squares = r->numbers + n;
    memcpy(r->numbers, numbers, (size_t)n * sizeof *numbers);
    if (batch) l->context->retain(l->context, batch, &r->batch);
    pthread_mutex_lock(&l->mutex);
    *l->last = r;
    l->last = &r->next;
    if (!l->todo) l->todo = r;
    l->in_flight += n;
    pthread_cond_signal(&l->work);
    pthread_mutex_unlock(&l->mutex);
}

static void drop(lookup *l, request *r) {
    if (r->batch.array) l->context->release(l->context, &r->batch);
    free(r->numbers);
    free(r);
}

/* Takes the first request if it is done. */
static request *take_done(lookup *l, int64_t *in_flight) {
    request *r = NULL;
    pthread_mutex_lock(&l->mutex);
    if (l->first && l->first != l->todo) {
        r = l->first;
        l->first = r->next;
        if (!l->first) l->last = &l->first;
        l->in_flight -= r->n;
    }
    *in_flight = l->in_flight;
    pthread_mutex_unlock(&l->mutex);
    return r;
}

/* Emits what is done. WEIR_MORE if the port is full, WEIR_PENDING if more rows remain than are allowed. */
static int32_t deliver(lookup *l) {
    int64_t in_flight;
    for (request *r; (r = take_done(l, &in_flight)) != NULL;) {
        struct ArrowArray rows;
        weir_batch out;
        int32_t code;
        int64_rows(&rows, r->n, 1);
        memcpy(int64_values(&rows, 0), r->squares, (size_t)r->n * sizeof *r->squares);
        out = batch_of(&rows, r->batch.array ? r->batch.split : WEIR_NO_SPLIT);
        if (r->batch.origin && !r->batch.origin_rows) {
            out.origin = r->batch.origin;
            out.origin->retain(out.origin);
        }
        drop(l, r);
        code = l->context->emit(l->context, 0, &out);
        if (code != WEIR_OK) return code == WEIR_FULL ? WEIR_MORE : code;
    }
    return in_flight > l->allowed ? WEIR_PENDING : WEIR_OK;
}

static int32_t create(const weir_operator *op, weir_context *context, weir_str config, void **self,
                      weir_error *error) {
    lookup *l = calloc(1, sizeof *l);
    (void)op, (void)config;
    if (!l) return fail_with(error, WEIR_E_FATAL, "", "no memory");
    l->context = context;
    l->last = &l->first;
    pthread_mutex_init(&l->mutex, NULL);
    pthread_cond_init(&l->work, NULL);
    *self = l;
    return WEIR_OK;
}

static int32_t bind(void *self, const weir_bind *bind, weir_error *error) {
    static const char *const names[] = {"square"};
    struct ArrowSchema out;
    lookup *l = self;
    l->column = int64_column(bind->inputs[0].schema, "n");
    if (l->column < 0) return fail_with(error, WEIR_E_CONFIG, "", "needs an int64 column `n`");
    bind->reads(bind, 0, text_of("n"));
    int64_schema(&out, names, 1);
    bind->set_output(bind, 0, &out);
    return WEIR_OK;
}

static int32_t start(void *self, weir_error *error) {
    lookup *l = self;
    if (pthread_create(&l->thread, NULL, run, l) != 0) return fail_with(error, WEIR_E_FATAL, "", "no thread");
    l->runs = 1;
    return WEIR_OK;
}

static int32_t process(void *self, const weir_batch *batch, uint32_t input, weir_error *error) {
    lookup *l = self;
    (void)input, (void)error;
    enqueue(l, batch, int64_values(batch->array, l->column), batch->rows);
    l->allowed = kCapacity;
    return deliver(l);
}
static int32_t resume(void *self, uint64_t budget, weir_error *error) {
    (void)budget, (void)error;
    return deliver(self);
}
static int32_t on_wake(void *self, weir_error *error) {
    (void)error;
    ((lookup *)self)->allowed = kCapacity;
    return deliver(self);
}
static int32_t drain(void *self) {
    ((lookup *)self)->allowed = 0;
    return deliver(self);
}
static int32_t on_watermark(void *self, int64_t time, weir_error *error) {
    (void)time, (void)error;
    return drain(self);
}
static int32_t finish(void *self, weir_error *error) {
    (void)error;
    return drain(self);
}

/* An entry for each batch in flight. */
static int32_t snapshot(void *self, const weir_snapshot *out, weir_error *error) {
    lookup *l = self;
    int32_t code = WEIR_OK;
    (void)error;
    pthread_mutex_lock(&l->mutex);
    for (request *r = l->first; r && code == WEIR_OK; r = r->next) {
        weir_str value = {(const char *)r->numbers, (uint64_t)r->n * sizeof *r->numbers};
        weir_str key = {"", 0};
        weir_state_block block = {.size = sizeof block, .kind = WEIR_STATE_LIST, .version = 1, .n = 1};
        block.keys = &key;
        block.values = &value;
        code = out->put(out, &block);
    }
    pthread_mutex_unlock(&l->mutex);
    return code;
}

static int32_t restore(void *self, const weir_state_block *block, weir_error *error) {
    if (block->version != 1) return fail_with(error, WEIR_E_STATE_VERSION, "", "state of another version");
    for (uint64_t i = 0; i < block->n; ++i)
        enqueue(self, NULL, (const int64_t *)block->values[i].data, (int64_t)(block->values[i].size / sizeof(int64_t)));
    return WEIR_OK;
}

static void destroy(void *self) {
    lookup *l = self;
    pthread_mutex_lock(&l->mutex);
    l->stop = 1;
    pthread_cond_signal(&l->work);
    pthread_mutex_unlock(&l->mutex);
    if (l->runs) pthread_join(l->thread, NULL);
    for (request *next; l->first; l->first = next) {
        next = l->first->next;
        drop(l, l->first);
    }
    pthread_cond_destroy(&l->work);
    pthread_mutex_destroy(&l->mutex);
    free(l);
}

static const weir_instance_api api = {
    .size = sizeof api, .create = create, .bind = bind, .restore = restore, .open = start,
    .process = process, .resume = resume, .on_watermark = on_watermark, .on_wake = on_wake,
    .finish = finish, .snapshot = snapshot, .destroy = destroy,
};
static const weir_port inputs[] = {PORT("in", "Rows with an int64 column `n`.", 0)};
static const weir_port outputs[] = {PORT("out", "A `square` for each row.", 0)};
static const weir_operator op = {
    .size = sizeof op, .kind = WEIR_KIND_OPERATOR, .name = "async.square", .doc = "Looks squares up.",
    .inputs = inputs, .n_inputs = 1, .outputs = outputs, .n_outputs = 1,
    .flags = WEIR_OP_ASYNC_ORDERED, .async_capacity = kCapacity,
    .state_version = 1, .state_kinds = WEIR_STATE_LIST, .api = &api,
};
static const weir_operator *const operators[] = {&op};
CONFORMANCE_MODULE("async", NULL);
