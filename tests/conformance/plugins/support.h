/*
 * What a plugin in plain C needs besides weir/abi.h, as each would write it for itself: the module's boilerplate,
 * reading a configuration, making columns and schemas. C99.
 *
 * The functions are static inline: each skeleton remains one translation unit, and leaves out what it does not use.
 */
#ifndef WEIR_CONFORMANCE_SUPPORT_H
#define WEIR_CONFORMANCE_SUPPORT_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <weir/abi.h>

static const weir_host *host;

static int32_t keep_host(const weir_host *given, weir_error *error) {
    (void)error;
    host = given;
    return WEIR_OK;
}

/* The module's symbol over an array `operators`. */
#define CONFORMANCE_MODULE(module_id, extension)                                                                  \
    WEIR_EXPORT const weir_module weir_module_v1 = {                                                              \
        sizeof(weir_module), WEIR_ABI_MAJOR, WEIR_ABI_MINOR, sizeof operators / sizeof *operators, module_id, "0.1.0", \
        operators,           keep_host,      NULL,           extension}

#define PARAM(the_type, the_flags, the_name, the_doc)                                                      \
    {.size = sizeof(weir_param), .type = (the_type), .flags = (the_flags), .name = (the_name), .doc = (the_doc)}
#define PORT(the_name, the_doc, the_flags) {sizeof(weir_port), (the_flags), (the_name), (the_doc)}

static inline weir_str text_of(const char *text) {
    weir_str s = {text, strlen(text)};
    return s;
}

/* Fills the caller's error and returns the code. */
static inline int32_t fail_with(weir_error *error, int32_t code, const char *path, const char *message) {
    if (error) {
        snprintf(error->path, sizeof error->path, "%s", path);
        snprintf(error->message, sizeof error->message, "%s", message);
    }
    return code;
}

/* Where the value of a top-level member begins. The host has checked the JSON; names do not recur in values here. */
static inline const char *config_at(weir_str config, const char *name) {
    char quoted[64];
    size_t n = (size_t)snprintf(quoted, sizeof quoted, "\"%s\":", name);
    for (uint64_t i = 0; i + n <= config.size; ++i)
        if (memcmp(config.data + i, quoted, n) == 0) return config.data + i + n;
    return NULL;
}
static inline int64_t config_int64(weir_str config, const char *name) {
    const char *at = config_at(config, name);
    return at ? strtoll(at, NULL, 10) : 0;
}
/* A text without escapes, cut at `size` - 1 bytes. */
static inline void config_text(weir_str config, const char *name, char *out, size_t size) {
    const char *at = config_at(config, name);
    const char *end = config.data + config.size;
    size_t n = 0;
    for (at = at ? at + 1 : end; at < end && *at != '"' && n + 1 < size; ++at) out[n++] = *at;
    out[n] = '\0';
}

/* ---- batches of int64 columns ---- */

static inline void rows_release(struct ArrowArray *array) {
    for (int64_t i = 0; i < array->n_children; ++i) {
        if (array->children[i]->release) array->children[i]->release(array->children[i]);
        free(array->children[i]);
    }
    for (int64_t i = 0; i < array->n_buffers; ++i) host->free((void *)array->buffers[i]);
    free(array->children);
    free(array->buffers);
    array->release = NULL;
}

static inline void array_init(struct ArrowArray *out, int64_t length, int64_t n_buffers, int64_t n_children) {
    memset(out, 0, sizeof *out);
    out->length = length;
    out->n_buffers = n_buffers;
    out->n_children = n_children;
    out->buffers = calloc((size_t)n_buffers, sizeof *out->buffers);
    out->children = n_children ? calloc((size_t)n_children, sizeof *out->children) : NULL;
    for (int64_t i = 0; i < n_children; ++i) out->children[i] = calloc(1, sizeof **out->children);
    out->release = rows_release;
}

/* A struct array of `length` rows with room for `columns` int64 columns, whose values int64_values gives. */
static inline void int64_rows(struct ArrowArray *out, int64_t length, int64_t columns) {
    array_init(out, length, 1, columns);
    for (int64_t i = 0; i < columns; ++i) {
        array_init(out->children[i], length, 2, 0);
        out->children[i]->buffers[1] = host->alloc((uint64_t)length * sizeof(int64_t));
    }
}
static inline int64_t *int64_values(const struct ArrowArray *rows, int64_t column) {
    return (int64_t *)rows->children[column]->buffers[1];
}
static inline int is_null(const struct ArrowArray *rows, int64_t column, int64_t row) {
    const uint8_t *bits = rows->children[column]->buffers[0];
    return bits && !(bits[row / 8] >> (row % 8) & 1);
}

static inline weir_batch batch_of(struct ArrowArray *rows, uint64_t split) {
    weir_batch batch;
    memset(&batch, 0, sizeof batch);
    batch.size = sizeof batch;
    batch.rows = rows->length;
    batch.split = split;
    batch.array = rows;
    return batch;
}

/* ---- schemas ---- */

static inline void schema_release(struct ArrowSchema *schema) {
    for (int64_t i = 0; i < schema->n_children; ++i) {
        schema->children[i]->release(schema->children[i]);
        free(schema->children[i]);
    }
    free(schema->children);
    schema->release = NULL;
}
/* `name` must be a constant. */
static inline void column_schema(struct ArrowSchema *out, const char *name, const char *format, int64_t flags) {
    memset(out, 0, sizeof *out);
    out->format = format;
    out->name = name;
    out->flags = flags;
    out->release = schema_release;
}
/* A record of int64 columns; `names` are constants. */
static inline void int64_schema(struct ArrowSchema *out, const char *const *names, int64_t n) {
    column_schema(out, "", "+s", 0);
    out->n_children = n;
    out->children = calloc((size_t)n, sizeof *out->children);
    for (int64_t i = 0; i < n; ++i) {
        out->children[i] = calloc(1, sizeof **out->children);
        column_schema(out->children[i], names[i], "l", 0);
    }
}
/* The index of an int64 column, or -1. */
static inline int64_t int64_column(const struct ArrowSchema *schema, const char *name) {
    for (int64_t i = 0; i < schema->n_children; ++i)
        if (strcmp(schema->children[i]->name, name) == 0 && strcmp(schema->children[i]->format, "l") == 0) return i;
    return -1;
}

#endif /* WEIR_CONFORMANCE_SUPPORT_H */
