/*
 * State: what crosses in snapshot, restore and migrate. What the host holds itself is in keyed.h. Part of weir/abi.h, which tells the rules.
 */
#ifndef WEIR_ABI_STATE_H
#define WEIR_ABI_STATE_H

#include <weir/abi/host.h>

#ifdef __cplusplus
extern "C" {
#endif

#define WEIR_HOST_STATES 0x40000000u /* from here on the numbers are the host's */

/* Entries of one state, of one key group (keyed), split (split), or neither. */
typedef struct weir_state_block {
    uint32_t size;
    uint32_t state;   /* the operator's own number of the state, from 0, below WEIR_HOST_STATES */
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

#define WEIR_CLOCK_EVENT 0u
#define WEIR_CLOCK_PROCESSING 1u

#ifdef __cplusplus
}
#endif

#endif /* WEIR_ABI_STATE_H */
