/* The layout of the extensions, weir/ext/, as abi_layout.h has that of weir/abi.h. Included by it. */
#ifndef WEIR_CONFORMANCE_ABI_LAYOUT_EXT_H
#define WEIR_CONFORMANCE_ABI_LAYOUT_EXT_H

#include <weir/ext/expression.h>
#include <weir/ext/messaging.h>
#include <weir/ext/start.h>

/* A check is known by its line: not one of abi_layout.h's. */
#line 1001
ABI_SIZE(weir_start_api, 16)
ABI_AT(weir_start_api, size, 0)
ABI_AT(weir_start_api, reserved, 4)
ABI_AT(weir_start_api, outside_start, 8)
ABI_IS(WEIR_START_OUTSIDE, 0)
ABI_IS(WEIR_START_CONFIGURED, 1)

ABI_SIZE(weir_expression_problem, 2064)
ABI_AT(weir_expression_problem, size, 0)
ABI_AT(weir_expression_problem, offset, 4)
ABI_AT(weir_expression_problem, length, 8)
ABI_AT(weir_expression_problem, message, 16)
ABI_AT(weir_expression_problem, expected, 528)
ABI_AT(weir_expression_problem, nearest, 1040)
ABI_AT(weir_expression_problem, hint, 1552)

ABI_SIZE(weir_expression_error, 48)
ABI_AT(weir_expression_error, size, 0)
ABI_AT(weir_expression_error, expression, 4)
ABI_AT(weir_expression_error, row, 8)
ABI_AT(weir_expression_error, code, 16)
ABI_AT(weir_expression_error, message, 32)

ABI_SIZE(weir_expression_api, 144)
ABI_AT(weir_expression_api, size, 0)
ABI_AT(weir_expression_api, compiler, 8)
ABI_AT(weir_expression_api, discard, 16)
ABI_AT(weir_expression_api, add, 24)
ABI_AT(weir_expression_api, type, 32)
ABI_AT(weir_expression_api, define, 40)
ABI_AT(weir_expression_api, hide_columns, 48)
ABI_AT(weir_expression_api, finish, 56)
ABI_AT(weir_expression_api, release, 64)
ABI_AT(weir_expression_api, column, 72)
ABI_AT(weir_expression_api, reads, 80)
ABI_AT(weir_expression_api, evaluator, 88)
ABI_AT(weir_expression_api, free, 96)
ABI_AT(weir_expression_api, begin, 104)
ABI_AT(weir_expression_api, evaluate, 112)
ABI_AT(weir_expression_api, values, 120)
ABI_AT(weir_expression_api, errors, 128)
ABI_AT(weir_expression_api, report, 136)
ABI_IS(WEIR_EXPRESSION_VALUE, 0)
ABI_IS(WEIR_EXPRESSION_CONDITION, 1)
ABI_IS(WEIR_OUTCOME_FALSE, 0)
ABI_IS(WEIR_OUTCOME_TRUE, 1)
ABI_IS(WEIR_OUTCOME_NULL, 2)
ABI_IS(WEIR_OUTCOME_FAILED, 3)
ABI_IS(WEIR_EXPRESSION_TEXT_BYTES, 512)

ABI_SIZE(weir_bookmark, 32)
ABI_AT(weir_bookmark, size, 0)
ABI_AT(weir_bookmark, partition, 4)
ABI_AT(weir_bookmark, offset, 8)
ABI_AT(weir_bookmark, note, 16)
ABI_IS(WEIR_BOOKMARK_NOTE_BYTES, 4000)

ABI_SIZE(weir_topics_api, 104)
ABI_AT(weir_topics_api, size, 0)
ABI_AT(weir_topics_api, connection_kind, 8)
ABI_AT(weir_topics_api, source, 16)
ABI_AT(weir_topics_api, list, 24)
ABI_AT(weir_topics_api, create, 32)
ABI_AT(weir_topics_api, produce, 40)
ABI_AT(weir_topics_api, flush, 48)
ABI_AT(weir_topics_api, sink, 56)
ABI_AT(weir_topics_api, topic_param, 64)
ABI_AT(weir_topics_api, read, 72)
ABI_AT(weir_topics_api, produce_record, 80)
ABI_AT(weir_topics_api, bookmarks, 88)
ABI_AT(weir_topics_api, set_bookmark, 96)

#endif /* WEIR_CONFORMANCE_ABI_LAYOUT_EXT_H */
