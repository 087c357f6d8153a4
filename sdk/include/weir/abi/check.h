/*
 * What an instance finds where it looks at the outside before anything runs (`weir lint --deep`). Part of weir/abi.h, which
 * tells the rules.
 */
#ifndef WEIR_ABI_CHECK_H
#define WEIR_ABI_CHECK_H

#include <weir/abi/results.h>

#ifdef __cplusplus
extern "C" {
#endif

#define WEIR_FINDING_MISSING 0u  /* an error: what the configuration names is not there */
#define WEIR_FINDING_MISMATCH 1u /* an error: it is there and does not fit: columns, types, partitions */
#define WEIR_FINDING_DENIED 2u   /* an error: it may not be used as it would be */
#define WEIR_FINDING_MADE 3u     /* a note: it is not there, and a run makes it */

typedef struct weir_finding {
    uint32_t size;
    uint32_t kind;     /* WEIR_FINDING_* */
    weir_str path;     /* the parameter at fault, as in weir_error, or empty */
    weir_str message;  /* what is wrong, with the value */
    weir_str expected; /* what would be right; may be empty */
    weir_str nearest;  /* the name that was probably meant; may be empty */
    weir_str hint;     /* what to do; may be empty */
} weir_finding;

/* Texts are copied before return. */
typedef struct weir_check {
    uint32_t size;
    uint32_t reserved;
    void *data;
    void (*find)(const struct weir_check *, const weir_finding *);
} weir_check;

#ifdef __cplusplus
}
#endif

#endif /* WEIR_ABI_CHECK_H */
