/*
 * What a plugin declares: parameters, ports, operators. Part of weir/abi.h, which tells the rules.
 */
#ifndef WEIR_ABI_DECLARE_H
#define WEIR_ABI_DECLARE_H

#include <weir/abi/results.h>

#ifdef __cplusplus
extern "C" {
#endif

#define WEIR_PARAM_STRING 0u
#define WEIR_PARAM_INT64 1u
#define WEIR_PARAM_FLOAT64 2u
#define WEIR_PARAM_BOOL 3u
#define WEIR_PARAM_DURATION 4u   /* in JSON an integer of microseconds */
#define WEIR_PARAM_BYTES 5u      /* in JSON an integer of bytes */
#define WEIR_PARAM_COLUMN 6u     /* a column of the input */
#define WEIR_PARAM_EXPRESSION 7u /* SQL scalar text, checked in bind; pass it to weir/ext/expression.h */
#define WEIR_PARAM_RECORD 8u     /* {"fields":[{"name":"n","type":"int64","nullable":false}]} */
#define WEIR_PARAM_CODEC 9u      /* {"codec":"json","config":{}}; pass it to weir_context.codec */
#define WEIR_PARAM_OBJECT 10u    /* members in `fields` */
#define WEIR_PARAM_LIST 11u      /* elements as fields[0] */
#define WEIR_PARAM_MAP 12u       /* any keys, in written order; values as fields[0] */
#define WEIR_PARAM_ANY 13u       /* any value, unchecked */

#define WEIR_PARAM_REQUIRED 1u
#define WEIR_PARAM_SECRET 2u         /* redacted wherever the host shows it */
#define WEIR_PARAM_PRIMARY 4u        /* may stand for the whole configuration: `kafka.sink: topic` */
#define WEIR_PARAM_SCALAR_OR_LIST 8u /* a list that one bare element may stand for */

/* A parameter: the one declaration behind parsing, lint, defaults, documentation and schema. */
typedef struct weir_param {
    uint32_t size;
    uint32_t type;  /* WEIR_PARAM_* */
    uint32_t flags; /* WEIR_PARAM_REQUIRED, ... */
    uint32_t n_fields;
    const char *name;
    const char *doc;          /* one or two sentences; the first stands alone in a table */
    const char *default_json; /* NULL: none */
    const char *one_of_json;  /* NULL, or a JSON array of the allowed values */
    const struct weir_param *fields;
} weir_param;

#define WEIR_PORT_MANY 1u      /* an input that takes several edges, of unlike schemas */
#define WEIR_PORT_BROADCAST 2u /* an input whose every row reaches every instance, whatever its key */
/*
 * Of an operator: an output that is not one port but several, one for each key of the map parameter of this name, in
 * written order; bind and emit number them in its place. The host has made sure that there is one at least, and that
 * each name can stand behind the dot of `from: node.port`.
 */
#define WEIR_PORT_BY_KEYS 4u

typedef struct weir_port {
    uint32_t size;
    uint32_t flags;
    const char *name;
    const char *doc;
} weir_port;

#define WEIR_KIND_SOURCE 0u
#define WEIR_KIND_OPERATOR 1u
#define WEIR_KIND_SINK 2u
#define WEIR_KIND_CODEC 3u
#define WEIR_KIND_CONNECTION 4u
#define WEIR_KIND_AGGREGATE 5u

/* The kinds of state: how entries find their place with another number of workers. Bits. */
#define WEIR_STATE_KEYED 1u     /* by key group */
#define WEIR_STATE_SPLIT 2u     /* with the source's split */
#define WEIR_STATE_LIST 4u      /* dealt out freely: outbox, inputs in flight */
#define WEIR_STATE_BROADCAST 8u /* one copy to all */

#define WEIR_OP_KEYED 1u           /* all rows of a key must reach one instance; needs `key:` or OWN_KEY */
#define WEIR_OP_OWN_KEY 2u         /* computes its key itself: has compute_key */
#define WEIR_OP_CHANGELOG_IN 4u    /* understands a changelog (`_op` column) as input */
#define WEIR_OP_CHANGELOG_OUT 8u   /* emits one */
#define WEIR_OP_BLOCKING 16u       /* its calls may block: the host gives it a thread of its own */
#define WEIR_OP_ASYNC_ORDERED 32u  /* results of asynchronous work come in the order of the inputs */
#define WEIR_OP_TRANSACTIONAL 64u  /* a connection that can decide epochs; a sink that writes through one */
#define WEIR_OP_OUTBOX 128u        /* a sink whose committables may be sent any number of times */
#define WEIR_OP_ONE_INPUT 4096u   /* takes the rows of one node: where a file names several, the host unites them before */
#define WEIR_OP_LINES 8192u       /* a source's or sink's payloads are lines of files: a codec's header stands once, before all */
#define WEIR_SOURCE_REPLAYABLE 256u /* can be read again from a position */
#define WEIR_SOURCE_JOURNALED 512u  /* keeps a journal of its own until on_epoch_committed */
#define WEIR_SOURCE_LOSSY 1024u     /* cannot be read again */
#define WEIR_SOURCE_BOUNDED 2048u   /* always ends by itself */

/*
 * An operator. Constant data, valid while the module is loaded. `api` is, by kind: source, operator, sink:
 * weir_instance_api; codec: weir_codec_api; connection: weir_connection_api; aggregate: weir_aggregate_api.
 */
typedef struct weir_operator {
    uint32_t size;
    uint32_t kind;
    const char *name;
    const char *doc;
    const weir_param *params;
    const weir_port *inputs;  /* sources have none; of an aggregate: its arguments that are columns */
    const weir_port *outputs; /* without `errors`, which every operator has; the first is the default, unless BY_KEYS */
    uint32_t n_params;
    uint32_t n_inputs;
    uint32_t n_outputs;
    uint32_t flags;
    uint32_t state_version; /* of what snapshot writes; 0: no state. Of an aggregate: of its state's bytes */
    uint32_t state_kinds;   /* WEIR_STATE_* bits */
    uint32_t async_capacity; /* at most so many rows in flight; 0: synchronous */
    uint32_t reserved;
    const char *connection; /* name of the connection operator (of this module) that it needs, or NULL */
    const void *api;
} weir_operator;

#ifdef __cplusplus
}
#endif

#endif /* WEIR_ABI_DECLARE_H */
