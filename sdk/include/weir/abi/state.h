/*
 * State: what crosses in snapshot, restore and migrate, and host-held keyed state. Part of weir/abi.h, which tells the rules.
 */
#ifndef WEIR_ABI_STATE_H
#define WEIR_ABI_STATE_H

#include <weir/abi/host.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Entries of one state, of one key group (keyed), split (split), or neither. */
typedef struct weir_state_block {
    uint32_t size;
    uint32_t state;   /* the operator's own number of the state, from 0 */
    uint32_t kind;    /* one WEIR_STATE_* */
    uint32_t group;   /* keyed: 0..255, the top 8 bits of the key's hash */
    uint32_t version; /* state_version of the operator that wrote it */
    uint32_t reserved;
    weir_str split;   /* split: its id */
    uint64_t n;
    const weir_str *keys;
    const weir_str *values; /* data NULL: the entry was deleted since the last epoch */
} weir_state_block;

#define WEIR_SNAPSHOT_CHANGES 0u /* what changed since the last snapshot */
#define WEIR_SNAPSHOT_FULL 1u

typedef struct weir_snapshot {
    uint32_t size;
    uint32_t mode;
    uint64_t epoch;
    void *data;
    int32_t (*put)(const struct weir_snapshot *, const weir_state_block *block); /* copied before return */
} weir_snapshot;

/* A receiver of byte strings: committables, positions, split ids. Copied before return. */
typedef struct weir_bytes_out {
    uint32_t size;
    uint32_t reserved;
    void *data;
    void (*put)(const struct weir_bytes_out *, weir_str bytes);
} weir_bytes_out;

/* A split and a position in it, both in the source's own notation. */
typedef struct weir_position {
    uint64_t split; /* number given in assign */
    weir_str position;
} weir_position;

/*
 * Host-held keyed state, extension "weir.state/0". Slots of fixed size, zeroed when new, larger values
 * behind them in the host's arena. Slots are valid until the next resolve or until return.
 */
#define WEIR_RESOLVE_CREATE 1u /* make missing entries; otherwise their slot is NULL */
#define WEIR_RESOLVE_READ 2u   /* entries will not be changed */

typedef struct weir_state_api {
    uint32_t size;
    uint32_t reserved;
    /* In create. Declares a keyed state; returns its number. ttl 0: none. */
    uint32_t (*declare)(weir_context *, const char *name, uint32_t slot_bytes, int64_t ttl);
    /* The slot of each row's key; hashes and keys as computed by the node's key. */
    int32_t (*resolve)(weir_context *, uint32_t state, const weir_batch *batch, uint32_t flags, void **slots);
    int32_t (*erase)(weir_context *, uint32_t state, const weir_batch *batch, const uint8_t *rows);
    void *(*arena_alloc)(weir_context *, uint32_t state, uint64_t bytes);
    void (*arena_free)(weir_context *, uint32_t state, void *);
    /* Calls on_timers with the row's key once the time has passed. */
    int32_t (*set_timer)(weir_context *, uint32_t clock, const weir_batch *batch, int64_t row, int64_t time);
} weir_state_api;

#define WEIR_CLOCK_EVENT 0u
#define WEIR_CLOCK_PROCESSING 1u

#ifdef __cplusplus
}
#endif

#endif /* WEIR_ABI_STATE_H */
