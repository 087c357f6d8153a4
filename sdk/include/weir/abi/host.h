/*
 * What the host offers: to the process, and to one instance. Part of weir/abi.h, which tells the rules.
 */
#ifndef WEIR_ABI_HOST_H
#define WEIR_ABI_HOST_H

#include <weir/abi/batch.h>

#ifdef __cplusplus
extern "C" {
#endif

#define WEIR_LOG_DEBUG 0u
#define WEIR_LOG_INFO 1u
#define WEIR_LOG_WARNING 2u
#define WEIR_LOG_ERROR 3u

/* Of the process. Given to weir_module.init; valid until deinit has returned. */
typedef struct weir_host {
    uint32_t size;
    uint32_t abi_minor;
    void *data;
    void *(*alloc)(uint64_t bytes); /* [any] 64-byte aligned; NULL when there is no memory */
    void (*free)(void *);           /* [any] also of NULL */
    void (*log)(const struct weir_host *, uint32_t level, weir_str text); /* [any] */
    /* [any] Whole lines to the user's terminal or standard output, never torn by other output. */
    void (*print)(const struct weir_host *, weir_str text);
    /* [any] Optional features by name ("weir.state/0", ...), or NULL. */
    const void *(*extension)(const struct weir_host *, const char *id);
} weir_host;

#define WEIR_METRIC_COUNTER 0u
#define WEIR_METRIC_GAUGE 1u

/* One failed row, for weir_context.fail_rows. */
typedef struct weir_row_error {
    uint32_t size;
    uint32_t reserved;
    int64_t row;      /* of the batch that is passed beside it */
    weir_str code;    /* a short word: `decode`, `out-of-range` */
    weir_str field;   /* the column at fault, or empty */
    weir_str message; /* what was expected, with the value */
} weir_row_error;

struct weir_codec_api;
typedef struct weir_codec {
    uint32_t size;
    uint32_t reserved;
    const struct weir_codec_api *api;
    void *self;
} weir_codec;

/*
 * Of one instance; given to create, valid until destroy has returned. Functions are [worker], and only
 * during a call of the instance, unless tagged otherwise.
 */
typedef struct weir_context {
    uint32_t size;
    uint32_t worker;  /* number of the worker, from 0 */
    uint32_t workers; /* how many run the topology */
    uint32_t flags;   /* WEIR_CONTEXT_* */
    const weir_host *host;
    weir_str topology; /* names, for client ids and messages */
    weir_str node;

    /*
     * Sends a batch to a port. Always takes array, origin and origin_rows (sets them NULL in *batch).
     * WEIR_OK, or WEIR_FULL: no room left; return WEIR_MORE soon, and emit at most one further batch a port.
     */
    int32_t (*emit)(struct weir_context *, uint32_t port, weir_batch *batch);
    /*
     * Sends rows to the `errors` port. `batch` is the input, a retained batch, one that holds only an origin
     * (array NULL), or rows of the operator's own with their `schema` (out of its state, say), which stay its.
     * Never refuses; the host makes room before the next call.
     */
    void (*fail_rows)(struct weir_context *, const weir_batch *batch, const weir_row_error *errors,
                      uint64_t n);

    /* [any] A counted copy of a batch; *out is as the input, to keep, emit, or release. */
    void (*retain)(struct weir_context *, const weir_batch *batch, weir_batch *out);
    void (*release)(struct weir_context *, weir_batch *batch);
    /* [any] A counted column of a batch as an array of its own, to put into another batch. */
    void (*retain_column)(struct weir_context *, const weir_batch *batch, int64_t column,
                          struct ArrowArray *out);

    /* The instance of the connection that the node names (the plugin's own type), or NULL. [any] */
    void *(*connection)(struct weir_context *);
    /*
     * A codec for a value of a WEIR_PARAM_CODEC parameter; owned by the host, lives as long as the
     * instance. In create and bind. WEIR_E_CONFIG when the codec refuses its configuration.
     */
    int32_t (*codec)(struct weir_context *, weir_str codec_json, weir_codec *out, weir_error *error);

    int64_t (*now)(struct weir_context *); /* [any] the engine's clock */
    /* Calls on_wake (a source: poll) at that time at the latest; the earliest of several calls wins. */
    void (*wake_at)(struct weir_context *, int64_t time);
    /* [any] Calls on_wake, resume, poll, or what returned WEIR_PENDING, on the worker, soon. */
    void (*wake)(struct weir_context *);

    void (*log)(struct weir_context *, uint32_t level, weir_str text); /* [any] */
    /* In create. A metric of the node; the same name from several workers is summed. */
    uint32_t (*metric)(struct weir_context *, const char *name, uint32_t type, const char *doc);
    void (*metric_add)(struct weir_context *, uint32_t metric, int64_t delta); /* [any] */
    void (*metric_set)(struct weir_context *, uint32_t metric, int64_t value); /* [any] */
} weir_context;

#define WEIR_CONTEXT_CHECK_ONLY 1u   /* lint: create and bind, never open */
#define WEIR_CONTEXT_EXACTLY_ONCE 2u /* delivery: exactly_once */

#ifdef __cplusplus
}
#endif

#endif /* WEIR_ABI_HOST_H */
