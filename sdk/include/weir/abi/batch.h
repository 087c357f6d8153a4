/*
 * Record batches, in the Arrow C Data Interface (arrow.apache.org/docs/format/CDataInterface.html), and
 * where their rows came from. Part of weir/abi.h, which tells the rules.
 */
#ifndef WEIR_ABI_BATCH_H
#define WEIR_ABI_BATCH_H

#include <weir/abi/results.h>

#ifdef __cplusplus
extern "C" {
#endif

#ifndef ARROW_C_DATA_INTERFACE
#define ARROW_C_DATA_INTERFACE

#define ARROW_FLAG_DICTIONARY_ORDERED 1
#define ARROW_FLAG_NULLABLE 2
#define ARROW_FLAG_MAP_KEYS_SORTED 4

struct ArrowSchema {
    const char *format;
    const char *name;
    const char *metadata;
    int64_t flags;
    int64_t n_children;
    struct ArrowSchema **children;
    struct ArrowSchema *dictionary;
    void (*release)(struct ArrowSchema *);
    void *private_data;
};

struct ArrowArray {
    int64_t length;
    int64_t null_count;
    int64_t offset;
    int64_t n_buffers;
    int64_t n_children;
    const void **buffers;
    struct ArrowArray **children;
    struct ArrowArray *dictionary;
    void (*release)(struct ArrowArray *);
    void *private_data;
};

#endif /* ARROW_C_DATA_INTERFACE */

/*
 * The subset that weir uses. Top level: a struct ("+s") of `rows` rows, no nulls, offset 0, children with
 * offset 0. Buffers are 64-byte aligned, come from weir_host.alloc and never change after emit. Formats: b,
 * c C s S i I l L, f g, d:p,s (128 bit), u and z (int32 offsets), tdD, "tsu:UTC", +l, +s, +m. No dictionary.
 * A null_count of -1 (unknown) is not used. A column whose name begins with `_` is metadata: it travels only
 * where an operator or the user names it; sinks that write "all columns" leave it out.
 */

/*
 * Key of the metadata of the column that has a row's event time: its value, as decimal text, is what to add to the
 * column's value (microseconds): 0 as a rule, -1 for the end of a window. At most one column has it. Who passes the column
 * on unchanged, under whatever name, and holds no row back behind a watermark, passes the metadata on.
 */
#define WEIR_FIELD_EVENT_TIME "weir.event_time"

#define WEIR_BATCH_MAX_ROWS 1024
#define WEIR_BATCH_MAX_BYTES (4 * 1024 * 1024)

/* One header of a message. value.data NULL: a null value. */
typedef struct weir_header {
    weir_str name;
    weir_str value;
} weir_header;

/* A record as it entered weir; what a dead letter keeps. Filled by weir_origin.get. */
typedef struct weir_origin_record {
    uint32_t size;
    int32_t partition;      /* -1: none */
    int64_t offset;         /* -1: none */
    int64_t timestamp;      /* INT64_MIN: none */
    weir_str topic;         /* or file, table, ...; empty: none */
    weir_str payload;       /* data NULL: there was none (a tombstone) */
    weir_str key;           /* data NULL: there was none */
    const weir_header *headers;
    uint64_t n_headers;
} weir_origin_record;

/*
 * Where the rows of a batch came from. A source attaches one to the batches that it emits; the host carries
 * it along rows that are copied, chosen or reordered, and asks only when a row fails.
 */
typedef struct weir_origin {
    uint32_t size;
    void (*retain)(struct weir_origin *);  /* [any] */
    void (*release)(struct weir_origin *); /* [any] the last one frees it */
    /* [any] Row `row` of the batch that the source emitted. *out is valid until release. */
    int32_t (*get)(struct weir_origin *, int64_t row, weir_origin_record *out);
} weir_origin;

#define WEIR_NO_SPLIT UINT64_MAX

/*
 * A batch. As an input it is borrowed until return, read-only. To emit: set array (moved to the host),
 * rows, split, and origin with origin_rows where the rows still stem from single source records.
 */
typedef struct weir_batch {
    uint32_t size;
    uint32_t flags; /* 0 */
    int64_t rows;
    int64_t bytes;                    /* of all buffers; filled by the host */
    uint64_t split;                   /* number of the source's split, or WEIR_NO_SPLIT */
    const struct ArrowSchema *schema; /* filled by the host; valid while the instance lives */
    struct ArrowArray *array;
    struct weir_origin *origin;  /* NULL: unknown. In emit one reference passes to the host */
    const int32_t *origin_rows;  /* row i stems from origin row origin_rows[i]; NULL: from row i.
                                    In emit it is from weir_host.alloc and passes to the host */
    void *handle;                /* the host's; NULL in a batch that the plugin made */
    const uint64_t *hashes;      /* an input that is keyed by the node's key: the hash of each row's key, whose
                                    top 8 bits are its key group. Otherwise NULL. Not looked at in emit */
} weir_batch;

#ifdef __cplusplus
}
#endif

#endif /* WEIR_ABI_BATCH_H */
