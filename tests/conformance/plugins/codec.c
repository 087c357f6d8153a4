/*
 * A codec both ways: records of int64 columns as decimal numbers with commas between them, "1,-2,3". Columns that are
 * not wanted are checked and left out; a payload that does not fit fails, the others are decoded.
 */
#include "support.h"

typedef struct csv {
    int64_t n_columns;
} csv;

static int32_t create(const weir_operator *op, const weir_host *given, weir_str config, void **self,
                      weir_error *error) {
    csv *c = calloc(1, sizeof *c);
    (void)op, (void)given, (void)config;
    if (!c) return fail_with(error, WEIR_E_FATAL, "", "no memory");
    *self = c;
    return WEIR_OK;
}
static void destroy(void *self) { free(self); }

static int32_t bind_record(void *self, const struct ArrowSchema *record, weir_error *error) {
    csv *c = self;
    for (int64_t i = 0; i < record->n_children; ++i)
        if (strcmp(record->children[i]->format, "l") != 0)
            return fail_with(error, WEIR_E_CONFIG, record->children[i]->name, "numbers knows only int64");
    c->n_columns = record->n_children;
    return WEIR_OK;
}

/* A number at *at, which moves behind it. 0 if there is none, or none that fits. */
static int read_number(const uint8_t **at, const uint8_t *end, int64_t *out) {
    const int negative = *at < end && **at == '-';
    int64_t value = 0;
    const uint8_t *digits = *at += negative;
    for (; *at < end && **at >= '0' && **at <= '9'; ++*at)
        if (__builtin_mul_overflow(value, 10, &value) ||
            __builtin_add_overflow(value, negative ? -(**at - '0') : **at - '0', &value))
            return 0;
    *out = value;
    return *at > digits;
}

/* Appends one payload as row `row`. Returns NULL, or what is wrong at *at. */
static const char *read_row(const csv *c, const weir_decode *in, const uint8_t **at, const uint8_t *end,
                            struct ArrowArray *rows, int64_t row) {
    int64_t column = 0, value;
    for (int64_t i = 0; i < c->n_columns; ++i) {
        if (i > 0 && (*at == end || *(*at)++ != ',')) return "a comma is expected";
        if (!read_number(at, end, &value)) return "an int64 is expected";
        if (!in->wanted || in->wanted[i]) int64_values(rows, column++)[row] = value;
    }
    return *at == end ? NULL : "nothing more is expected";
}

static int32_t decode(void *self, const weir_decode *in, struct ArrowArray *out, weir_error *error) {
    const csv *c = self;
    int64_t columns = 0, rows = 0;
    (void)error;
    for (int64_t i = 0; i < c->n_columns; ++i) columns += !in->wanted || in->wanted[i];
    int64_rows(out, in->n, columns);
    for (uint32_t i = 0; i < in->n; ++i) {
        const uint8_t *begin = in->base + in->offsets[i], *at = begin;
        const char *wrong = "a payload is expected";
        if (in->lengths[i] >= 0) wrong = read_row(c, in, &at, begin + in->lengths[i], out, rows);
        if (wrong) in->fail(in, i, text_of(""), in->lengths[i] < 0 ? -1 : at - begin, text_of(wrong));
        else ++rows;
    }
    out->length = rows;
    for (int64_t i = 0; i < columns; ++i) out->children[i]->length = rows;
    return WEIR_OK;
}

/* A row of nulls is a tombstone; one with some cannot be written. */
static int32_t encode(void *self, const weir_encode *in, weir_encoded *out, weir_error *error) {
    const csv *c = self;
    const struct ArrowArray *rows = in->rows;
    const uint64_t widest = (uint64_t)c->n_columns * 21 + 1; /* of a row: sign, 19 digits, a comma */
    uint64_t at = 0;
    (void)error;
    out->data = host->alloc((uint64_t)rows->length * widest + 1);
    out->offsets = host->alloc(((uint64_t)rows->length + 1) * sizeof *out->offsets);
    out->nulls = host->alloc((uint64_t)rows->length + 1);
    for (int64_t row = 0; row < rows->length; ++row) {
        int64_t nulls = 0;
        for (int64_t i = 0; i < c->n_columns; ++i) nulls += is_null(rows, i, row);
        out->offsets[row] = at;
        out->nulls[row] = nulls == c->n_columns;
        if (nulls > 0 && nulls < c->n_columns) in->fail(in, row, text_of(""), text_of("some values are null"));
        for (int64_t i = 0; i < c->n_columns && !nulls; ++i)
            at += (uint64_t)snprintf((char *)out->data + at, 22, i ? ",%lld" : "%lld",
                                     (long long)int64_values(rows, i)[row]);
    }
    out->offsets[rows->length] = at;
    return WEIR_OK;
}

static const weir_codec_api api = {
    .size = sizeof api, .create = create, .destroy = destroy, .bind_decode = bind_record, .decode = decode,
    .bind_encode = bind_record, .encode = encode,
};
static const weir_operator op = {
    .size = sizeof op, .kind = WEIR_KIND_CODEC, .name = "numbers", .doc = "Numbers with commas.", .api = &api};
static const weir_operator *const operators[] = {&op};
CONFORMANCE_MODULE("numbers", NULL);
