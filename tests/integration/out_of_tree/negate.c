/* An operator in plain C, over weir/abi.h alone: `acme.negate` gives -n for its input's column n. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <weir/abi.h>

struct negate {
    weir_context *context;
    int64_t column; /* index of n in the input */
};

static int32_t fail(weir_error *error, int32_t code, const char *message) {
    snprintf(error->message, sizeof error->message, "%s", message);
    return code;
}

static int32_t create(const weir_operator *op, weir_context *context, weir_str config, void **self,
                      weir_error *error) {
    struct negate *made = calloc(1, sizeof *made);
    (void)op;
    (void)config;
    if (!made) return fail(error, WEIR_E_FATAL, "no memory");
    made->context = context;
    *self = made;
    return WEIR_OK;
}

/* The output's schema: { n: int64 }, in constant memory, so that release has nothing to free. */
static void release_schema(struct ArrowSchema *schema) { schema->release = NULL; }
static struct ArrowSchema kColumn = {"l", "n", NULL, 0, 0, NULL, NULL, release_schema, NULL};
static struct ArrowSchema *kColumns[] = {&kColumn};
static const weir_str kName = {"n", 1};

static int32_t bind(void *self, const weir_bind *request, weir_error *error) {
    struct negate *me = self;
    const struct ArrowSchema *in = request->inputs[0].schema;
    struct ArrowSchema out = {"+s", "", NULL, 0, 1, kColumns, NULL, release_schema, NULL};
    for (me->column = 0; me->column < in->n_children; ++me->column) {
        const struct ArrowSchema *c = in->children[me->column];
        if (strcmp(c->name, "n") != 0) continue;
        if (strcmp(c->format, "l") != 0) return fail(error, WEIR_E_CONFIG, "column `n` must be an int64");
        request->reads(request, 0, kName);
        request->set_output(request, 0, &out);
        return WEIR_OK;
    }
    return fail(error, WEIR_E_CONFIG, "the input has no column `n`");
}

struct block { /* an emitted batch: one struct array with one child */
    const weir_host *host;
    struct ArrowArray child;
    struct ArrowArray *children[1];
    const void *none[1];
    const void *buffers[2];
};

static void release_child(struct ArrowArray *array) { array->release = NULL; }

static void release_batch(struct ArrowArray *array) {
    struct block *b = array->private_data;
    b->host->free((void *)b->buffers[1]);
    free(b);
    array->release = NULL;
}

static int32_t process(void *self, const weir_batch *in, uint32_t input, weir_error *error) {
    struct negate *me = self;
    const int64_t *from = in->array->children[me->column]->buffers[1];
    struct block *b = calloc(1, sizeof *b);
    int64_t *to = me->context->host->alloc((uint64_t)in->rows * sizeof *to);
    struct ArrowArray array = {0};
    weir_batch out = {0};
    int64_t i;
    (void)input;
    if (!b || !to) return fail(error, WEIR_E_FATAL, "no memory");
    for (i = 0; i < in->rows; ++i) to[i] = -from[i];
    b->host = me->context->host;
    b->buffers[1] = to;
    b->child.length = in->rows;
    b->child.n_buffers = 2;
    b->child.buffers = b->buffers;
    b->child.release = release_child;
    b->children[0] = &b->child;
    array.length = in->rows;
    array.n_buffers = 1;
    array.buffers = b->none;
    array.n_children = 1;
    array.children = b->children;
    array.release = release_batch;
    array.private_data = b;
    out.size = sizeof out;
    out.rows = in->rows;
    out.split = in->split;
    out.array = &array;
    return me->context->emit(me->context, 0, &out) == WEIR_FULL ? WEIR_MORE : WEIR_OK;
}

static int32_t resume(void *self, uint64_t budget, weir_error *error) {
    (void)self;
    (void)budget;
    (void)error;
    return WEIR_OK;
}

static void destroy(void *self) { free(self); }

static const weir_instance_api kApi = {
    .size = sizeof(weir_instance_api),
    .create = create,
    .bind = bind,
    .process = process,
    .resume = resume,
    .destroy = destroy,
};
static const weir_port kIn[] = {{sizeof(weir_port), 0, "in", "Rows with a column n."}};
static const weir_port kOut[] = {{sizeof(weir_port), 0, "out", "The negated numbers."}};
static const weir_operator kNegate = {
    .size = sizeof(weir_operator),
    .kind = WEIR_KIND_OPERATOR,
    .name = "acme.negate",
    .doc = "Gives -n for each row.",
    .inputs = kIn,
    .n_inputs = 1,
    .outputs = kOut,
    .n_outputs = 1,
    .api = &kApi,
};
static const weir_operator *const kOperators[] = {&kNegate};

WEIR_EXPORT const weir_module weir_module_v1 = {
    .size = sizeof(weir_module),
    .abi_major = WEIR_ABI_MAJOR,
    .abi_minor = WEIR_ABI_MINOR,
    .n_operators = 1,
    .id = "acme",
    .version = "1.0.0",
    .operators = kOperators,
};
