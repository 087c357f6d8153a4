/*
 * weir/ext/expression.h: a host extension that compiles SQL scalar expressions (docs/expressions.md) over the columns of
 * a schema, and evaluates them by column. Found through weir_host.extension. weir/expression.hpp wraps it for C++.
 *
 * A program holds the expressions that an operator evaluates together; what they share is computed once. It is made in
 * bind, also at lint time: compiler, add, define, finish. It is immutable then, and any number of evaluators, on any
 * threads, use it. An evaluator belongs to one instance: it has the memory of one evaluation.
 *
 * Expressions are given as JSON: the value of a WEIR_PARAM_EXPRESSION, as the operator's configuration has it,
 *     {"text": "n > $limit", "parameters": {"limit": {"type": "int64", "value": 5}}}
 * or a text alone: "n > 5"; or {"column": "n"}, a column by its exact name. A parameter is a bound variable: of type
 * string, int64, float64, bool, duration (microseconds; an interval), bytes (an int64), or column (the column it names).
 */
#ifndef WEIR_EXT_EXPRESSION_H
#define WEIR_EXT_EXPRESSION_H

#include <weir/abi.h>

#ifdef __cplusplus
extern "C" {
#endif

#define WEIR_EXT_EXPRESSION "weir.expression/0"

typedef struct weir_expression_compiler weir_expression_compiler;
typedef struct weir_expression_program weir_expression_program;
typedef struct weir_expression_evaluator weir_expression_evaluator;

#define WEIR_EXPRESSION_VALUE 0u     /* any type that a column may have */
#define WEIR_EXPRESSION_CONDITION 1u /* bool */

/* What an expression comes to for a row. */
#define WEIR_OUTCOME_FALSE 0u
#define WEIR_OUTCOME_TRUE 1u /* of an expression that is no bool: there is a value */
#define WEIR_OUTCOME_NULL 2u
#define WEIR_OUTCOME_FAILED 3u /* see errors */

#define WEIR_EXPRESSION_TEXT_BYTES 512

/* What is wrong with an expression. Filled by the callee; texts end with NUL and may be empty. */
typedef struct weir_expression_problem {
    uint32_t size;
    uint32_t offset; /* of the part at fault, in bytes of the expression's text */
    uint32_t length;
    uint32_t reserved;
    char message[WEIR_EXPRESSION_TEXT_BYTES];
    char expected[WEIR_EXPRESSION_TEXT_BYTES]; /* what would be right there */
    char nearest[WEIR_EXPRESSION_TEXT_BYTES];  /* the name that was probably meant */
    char hint[WEIR_EXPRESSION_TEXT_BYTES];     /* what to do */
} weir_expression_problem;

/* A row without a value. */
typedef struct weir_expression_error {
    uint32_t size;
    uint32_t expression; /* whose evaluation failed */
    int64_t row;         /* as in the rows that were given to evaluate */
    weir_str code;       /* `overflow`, `division-by-zero`, `bad-cast`, `bad-argument`, `too-large` */
    weir_str message;
} weir_expression_error;

/* Functions are [any], one user at a time of a compiler and of an evaluator, unless tagged otherwise. */
typedef struct weir_expression_api {
    uint32_t size;
    uint32_t reserved;

    /* Of expressions over these columns. WEIR_E_CONFIG: a type that weir does not have. */
    int32_t (*compiler)(const struct ArrowSchema *columns, weir_expression_compiler **out, weir_error *);
    void (*discard)(weir_expression_compiler *);
    /*
     * Adds an expression and gives its number, from 0. WEIR_E_CONFIG: `problem` says what is wrong; it has no number, and
     * those that were added before stay as they are.
     */
    int32_t (*add)(weir_expression_compiler *, weir_str expression_json, uint32_t kind, uint32_t *number,
                   weir_expression_problem *);
    /* The type of an expression. Filled; the caller releases it. It has no name. */
    void (*type)(const weir_expression_compiler *, uint32_t number, struct ArrowSchema *out);
    /* Expressions that are added from now on have a column of that name: this expression. It hides one of that name. */
    void (*define)(weir_expression_compiler *, weir_str name, uint32_t number);
    /* Expressions that are added from now on have no columns but those defined behind this call. */
    void (*hide_columns)(weir_expression_compiler *);
    /* Makes the program; the compiler is gone. */
    weir_expression_program *(*finish)(weir_expression_compiler *);
    /* Evaluators of the program stay usable. */
    void (*release)(weir_expression_program *);

    /* The column of the schema that an expression is, unchanged, so that nothing needs to be evaluated; -1: none. */
    int64_t (*column)(const weir_expression_program *, uint32_t number);
    /*
     * Sets to 1 the bytes of those columns of the schema that an expression reads, also through what was defined, and of
     * those expressions that it is made of, itself included. Either may be NULL.
     */
    void (*reads)(const weir_expression_program *, uint32_t number, uint8_t *columns, uint8_t *expressions);

    weir_expression_evaluator *(*evaluator)(const weir_expression_program *);
    void (*free)(weir_expression_evaluator *);
    /*
     * Begins with rows [from, from + n) of a struct array of the program's schema, n <= WEIR_BATCH_MAX_ROWS, and forgets the
     * last ones. The array stays until the next begin, or free. Rows count from `from` in what follows. `now`: the
     * engine's clock. WEIR_E_UNSUPPORTED: more rows.
     */
    int32_t (*begin)(weir_expression_evaluator *, const struct ArrowArray *batch, int64_t from, int64_t n, int64_t now);
    /*
     * Evaluates an expression for n of the rows, ascending; rows NULL: for the first n. outcomes[i]: WEIR_OUTCOME_* of
     * rows[i]. A row that has failed is to be left out from then on.
     */
    void (*evaluate)(weir_expression_evaluator *, uint32_t number, const int32_t *rows, int64_t n, uint8_t *outcomes);
    /* A column of the values of n rows, out of those of the last evaluate of this expression; none may have failed. */
    void (*values)(weir_expression_evaluator *, uint32_t number, const int32_t *rows, int64_t n, struct ArrowArray *out);
    /* Of all evaluations since begin, one for each row that failed; valid until the next evaluate or begin. */
    void (*errors)(weir_expression_evaluator *, const weir_expression_error **out, uint64_t *n);

    /*
     * [host] In bind, which must fail then: tells the user of a problem at its place in the topology's file. `path`: the
     * parameter that has the expression, as in weir_error. All that is reported in one bind is told; the error
     * that bind returns as well, unless it is about one of these paths.
     */
    void (*report)(weir_context *, weir_str path, const weir_expression_problem *);
} weir_expression_api;

#ifdef __cplusplus
}
#endif

#endif /* WEIR_EXT_EXPRESSION_H */
