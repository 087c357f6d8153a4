/*
 * Codecs: payloads into columns, and back. Part of weir/abi.h, which tells the rules.
 */
#ifndef WEIR_ABI_CODEC_H
#define WEIR_ABI_CODEC_H

#include <weir/abi/declare.h>
#include <weir/abi/host.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Payloads to decode: span i is base[offsets[i] .. + lengths[i]); length -1: no payload (a tombstone). */
typedef struct weir_decode {
    uint32_t size;
    uint32_t n;
    const uint8_t *base;
    const uint32_t *offsets;
    const int32_t *lengths;
    const uint8_t *wanted; /* a byte for each column of the record, 0: leave it out; NULL: all */
    void *data;
    /* Span `index` (ascending) gives no row. `position`: byte in the payload, or -1. */
    void (*fail)(const struct weir_decode *, uint32_t index, weir_str field, int64_t position,
                 weir_str message);
} weir_decode;

/* Rows to encode: a struct array of the columns that bind_encode was told. */
typedef struct weir_encode {
    uint32_t size;
    uint32_t reserved;
    const struct ArrowArray *rows;
    void *data;
    /* Row `row` (ascending) cannot be written: it has no payload, the other rows do. */
    void (*fail)(const struct weir_encode *, int64_t row, weir_str field, weir_str message);
} weir_encode;

/*
 * What encode wrote: row i is data[offsets[i] .. offsets[i+1]), and empty where row i failed. All from
 * weir_host.alloc, the caller frees.
 */
typedef struct weir_encoded {
    uint32_t size;
    uint32_t reserved;
    uint8_t *data;
    uint64_t *offsets; /* n + 1 */
    uint8_t *nulls;    /* a byte for each row, 1: no payload (a tombstone); NULL: there is none such */
} weir_encoded;

/*
 * Metadata of the fields of a record (as the Arrow C data interface has it), for bind_decode: where a field stands in
 * a payload, if not under its name, and how its text is written, if not as the codec's configuration says.
 */
#define WEIR_FIELD_PATH "weir.path"
#define WEIR_FIELD_FORMAT "weir.format"

/* One user at a time; no thread affinity. Decoding never drops, guesses or crashes. */
typedef struct weir_codec_api {
    uint32_t size;
    uint32_t reserved;
    int32_t (*create)(const weir_operator *, const weir_host *, weir_str config, void **self, weir_error *);
    void (*destroy)(void *self);
    int32_t (*bind_decode)(void *self, const struct ArrowSchema *record, weir_error *);
    /* A struct array of the wanted columns, in the record's order, one row for each span not failed. */
    int32_t (*decode)(void *self, const weir_decode *, struct ArrowArray *out, weir_error *);
    int32_t (*bind_encode)(void *self, const struct ArrowSchema *rows, weir_error *);
    /* Rows that cannot be written are told by `fail`; an error is about none of them. */
    int32_t (*encode)(void *self, const weir_encode *, weir_encoded *out, weir_error *);
} weir_codec_api;

#ifdef __cplusplus
}
#endif

#endif /* WEIR_ABI_CODEC_H */
