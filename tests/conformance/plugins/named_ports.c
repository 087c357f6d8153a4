/*
 * Output ports that the configuration names (WEIR_PORT_BY_KEYS): a port for each key of the map `to`, and `rest` behind
 * them. A row goes to the port whose number its `n` is, and others to `rest`: what the ports are called is the host's
 * business.
 */
#include "support.h"

typedef struct sorter {
    weir_context *context;
    int64_t column;
    uint32_t ports; /* `rest` is the last */
} sorter;

static int32_t create(const weir_operator *op, weir_context *context, weir_str config, void **self,
                      weir_error *error) {
    sorter *s = calloc(1, sizeof *s);
    (void)op, (void)config;
    if (!s) return fail_with(error, WEIR_E_FATAL, "", "no memory");
    s->context = context;
    *self = s;
    return WEIR_OK;
}

static int32_t bind(void *self, const weir_bind *bind, weir_error *error) {
    static const char *const names[] = {"n"};
    sorter *s = self;
    s->column = int64_column(bind->inputs[0].schema, "n");
    s->ports = bind->n_outputs;
    if (s->column < 0) return fail_with(error, WEIR_E_CONFIG, "", "needs an int64 column `n`");
    bind->reads(bind, 0, text_of("n"));
    for (uint32_t port = 0; port < s->ports; ++port) {
        struct ArrowSchema out;
        int64_schema(&out, names, 1);
        bind->set_output(bind, port, &out);
    }
    return WEIR_OK;
}

static uint32_t port_of(const sorter *s, int64_t n) {
    return n >= 0 && n < (int64_t)s->ports - 1 ? (uint32_t)n : s->ports - 1;
}

static int32_t process(void *self, const weir_batch *batch, uint32_t input, weir_error *error) {
    sorter *s = self;
    const int64_t *numbers = int64_values(batch->array, s->column);
    int32_t result = WEIR_OK;
    (void)input, (void)error;
    for (uint32_t port = 0; port < s->ports; ++port) {
        struct ArrowArray rows;
        weir_batch out;
        int32_t code;
        int64_t n = 0;
        for (int64_t row = 0; row < batch->rows; ++row) n += port_of(s, numbers[row]) == port;
        if (n == 0) continue;
        int64_rows(&rows, n, 1);
        n = 0;
        for (int64_t row = 0; row < batch->rows; ++row)
            if (port_of(s, numbers[row]) == port) int64_values(&rows, 0)[n++] = numbers[row];
        out = batch_of(&rows, batch->split);
        code = s->context->emit(s->context, port, &out);
        if (code < 0) return code;
        if (code == WEIR_FULL) result = WEIR_MORE;
    }
    return result;
}

static int32_t resume(void *self, uint64_t budget, weir_error *error) {
    (void)self, (void)budget, (void)error;
    return WEIR_OK;
}

static void destroy(void *self) { free(self); }

static const weir_instance_api api = {
    .size = sizeof api, .create = create, .bind = bind, .process = process, .resume = resume, .destroy = destroy,
};
static const weir_param text[] = {PARAM(WEIR_PARAM_STRING, 0, "", "")};
static const weir_param params[] = {{.size = sizeof(weir_param), .type = WEIR_PARAM_MAP, .flags = WEIR_PARAM_REQUIRED,
                                     .n_fields = 1, .name = "to", .doc = "The ports.", .fields = text}};
static const weir_port inputs[] = {PORT("in", "Rows with an int64 column `n`.", 0)};
static const weir_port outputs[] = {PORT("to", "Rows of its number.", WEIR_PORT_BY_KEYS), PORT("rest", "Other rows.", 0)};
static const weir_operator op = {
    .size = sizeof op, .kind = WEIR_KIND_OPERATOR, .name = "named.sort", .doc = "Sorts rows into ports.",
    .params = params, .n_params = 1, .inputs = inputs, .n_inputs = 1, .outputs = outputs, .n_outputs = 2, .api = &api,
};
static const weir_operator *const operators[] = {&op};
CONFORMANCE_MODULE("named", NULL);
