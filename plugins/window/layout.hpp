// What bind finds out: the input's columns that matter, the group's columns that expressions see, the aggregation, and the
// columns of the output. Immutable behind bind.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <weir/aggregation.hpp>
#include <weir/key_codec.hpp>

#include "spec.hpp"

namespace weir::window {

enum class Pane : uint8_t { kEarly, kOnTime, kLate };

// The values of `_op`, the changelog column.
enum class Op : int8_t { kInsert = 0, kUpdateBefore = 1, kUpdateAfter = 2, kDelete = 3 };

struct Layout {
    struct Column {
        enum class From : uint8_t { kGroup, kResult, kOp };
        From from;
        size_t index;  // among the group's columns, or the expressions
    };

    Schema group;          // the key, then pane, then the bounds if there are any
    size_t keys = 0;       // columns of the key
    bool bounded = false;  // windows have window_start and window_end
    size_t pane() const { return keys; }
    size_t start() const { return keys + 1; }
    size_t end() const { return keys + 2; }
    KeyCodec codec;   // of the input's key
    Aggregation aggregation;   // of what states hold: for the columns, and for the trigger behind them
    Aggregation columns_only;  // the same without the trigger: reads the same states
    std::optional<uint32_t> trigger;  // the expression that is early.when, where that is over aggregates
    weir_expression_problem trigger_problem{};  // why it is not
    uint64_t fingerprint = 0;     // of what a state's bytes mean
    Schema all;                   // the output with all of its columns but `_op`
    std::vector<Column> columns;  // of `output`
    Schema output;                // those that are wanted
    std::vector<Column> all_columns;
    bool changelog = false;
    bool has_op = false;          // `_op` is the last of `columns`
    int64_t time_column = -1;  // of the input; -1: rows belong to windows by the clock, or by their number
    int64_t time_offset = 0;   // of its values

    // What else a state's bytes depend on.
    void add_to_fingerprint(std::string_view text);

    // `time_column` by name, or empty for the one that is marked as the event time.
    static Result<Layout> create(Context context, const Binding &binding, const Spec &spec, const Config &config);
};

}  // namespace weir::window
