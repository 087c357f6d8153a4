/*
 * Binding: the schemas of ports, and which columns are read. Part of weir/abi.h, which tells the rules.
 */
#ifndef WEIR_ABI_BIND_H
#define WEIR_ABI_BIND_H

#include <weir/abi/batch.h>

#ifdef __cplusplus
extern "C" {
#endif

#define WEIR_STREAM_ROWS 0u
#define WEIR_STREAM_ERRORS 1u    /* failed rows: the columns of the `errors` port (listed in weir/errors.hpp) */
#define WEIR_STREAM_CHANGELOG 2u /* has an `_op` column */

typedef struct weir_bind_input {
    uint32_t size;
    uint32_t port;   /* index among the operator's input ports */
    uint32_t stream; /* WEIR_STREAM_* */
    uint32_t reserved;
    const struct ArrowSchema *schema; /* borrowed while the instance lives */
    weir_str tag;                     /* where the edge comes from, as the user named it; may be empty */
    weir_str node;                    /* the upstream node's id */
    uint64_t n_key;                   /* columns of the node's key in this input, in the key's order; 0: none */
    const weir_str *key;
} weir_bind_input;

#define WEIR_ALL_COLUMNS UINT64_MAX           /* all but metadata */
#define WEIR_OFFERED_COLUMNS (UINT64_MAX - 1) /* all, metadata included: the host asks what there could be */

/* What is read of an output port: `n_columns` names, or one of the two above. */
typedef struct weir_bind_output {
    uint32_t size;
    uint32_t reserved;
    uint64_t n_columns;
    const weir_str *columns;
} weir_bind_output;

/*
 * The argument of bind. An operator looks at its inputs and at what is read of its outputs, and answers by
 * set_output for each port and by `reads` for each input column it reads. Without a call of `reads` for an
 * input it reads all columns of it but metadata. bind may be called several times, also at lint time; the
 * last call counts. A column that nobody reads must be left out of the output schema.
 */
typedef struct weir_bind {
    uint32_t size;
    uint32_t n_inputs; /* edges; process gives the index among these */
    uint32_t n_outputs; /* ports, with those that the configuration names (WEIR_PORT_BY_KEYS) */
    uint32_t reserved;
    const weir_bind_input *inputs;
    const weir_bind_output *outputs;
    void *data;
    void (*set_output)(const struct weir_bind *, uint32_t port, struct ArrowSchema *schema); /* moved */
    void (*reads)(const struct weir_bind *, uint32_t input, weir_str column);
    void (*reads_nothing)(const struct weir_bind *, uint32_t input);
} weir_bind;

#ifdef __cplusplus
}
#endif

#endif /* WEIR_ABI_BIND_H */
