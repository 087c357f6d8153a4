// What over's configuration and its input come to. Immutable behind bind.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <weir/aggregation.hpp>
#include <weir/key_codec.hpp>
#include <weir/row_codec.hpp>

namespace weir::over {

// Times are microseconds.
struct Spec {
    int64_t last = 0;  // 0: the frame is `rows`
    int64_t rows = 0;
    bool exclude_current = false;
    bool processing_time = false;
    int64_t allowed_lateness = 0;
    int64_t ttl = 0;  // of a frame of rows; 0: never

    static Result<Spec> parse(const Config &config);
    // Rows of a key that are still needed when the next one comes.
    size_t rows_kept() const { return static_cast<size_t>(exclude_current ? rows : rows - 1); }
};

struct Layout {
    struct Column {
        bool of_input;
        size_t index;  // in the input, or among the results
    };

    std::vector<size_t> row_columns, group_columns;  // of the input, that are read inside of aggregates and outside
    Schema rows, group;                              // the same as schemas
    RowCodec codec;                                  // of the frames' rows
    KeyCodec key;
    Aggregation aggregation;
    std::vector<Field> results;
    int64_t time_column = -1;  // of the input
    int64_t time_offset = 0;
    Schema output;
    std::vector<Column> columns;  // of `output`

    static Result<Layout> create(Context context, const Binding &binding, const Spec &spec, const Config &config);
};

}  // namespace weir::over
