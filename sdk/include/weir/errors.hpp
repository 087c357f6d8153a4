// The schema of every `errors` port (WEIR_STREAM_ERRORS), in one place for the host, which writes such rows,
// and for sinks, which turn them into dead letters.
//
//   node      string      the node where the row failed
//   code      string      a short word: decode, out-of-range, delivery, ...
//   field     string?     the column at fault
//   message   string      what was expected, with the value
//   payload   binary?     the record as it entered weir; null: it had none, or no single record is known
//   key       binary?
//   headers   map<string, binary?>?
//   topic     string?     where it came from; null when no single record is known
//   partition int32?
//   offset    int64?
//   timestamp timestamp?
//   row       string?     the failed row as JSON, where no single source record is known
#pragma once

#include <weir/types.hpp>

namespace weir {

enum ErrorColumn : size_t {
    kErrorNode,
    kErrorCode,
    kErrorField,
    kErrorMessage,
    kErrorPayload,
    kErrorKey,
    kErrorHeaders,
    kErrorTopic,
    kErrorPartition,
    kErrorOffset,
    kErrorTimestamp,
    kErrorRow,
};

inline Schema error_schema() {
    Type headers = type_of(TypeId::kMap);
    headers.children = {{"key", type_of(TypeId::kString), false}, {"value", type_of(TypeId::kBinary), true}};
    return Schema{{
        {"node", type_of(TypeId::kString), false},
        {"code", type_of(TypeId::kString), false},
        {"field", type_of(TypeId::kString), true},
        {"message", type_of(TypeId::kString), false},
        {"payload", type_of(TypeId::kBinary), true},
        {"key", type_of(TypeId::kBinary), true},
        {"headers", headers, true},
        {"topic", type_of(TypeId::kString), true},
        {"partition", type_of(TypeId::kInt32), true},
        {"offset", type_of(TypeId::kInt64), true},
        {"timestamp", type_of(TypeId::kTimestamp), true},
        {"row", type_of(TypeId::kString), true},
    }};
}

}  // namespace weir
