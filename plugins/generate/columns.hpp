// What the columns of `generate` hold: one Maker for each way to say it (range, list, normal, ...).
//
// A maker fills a column for any rows; what it gives depends on the seed, the column's name and the row's
// number alone. Immutable once made; any thread.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include <weir/builder.hpp>
#include <weir/config.hpp>

#include "random.hpp"

namespace weir::generate {

// Rows first, first + step, ... of the whole stream.
struct Rows {
    uint64_t first = 0, step = 1;
    int64_t n = 0;
    int64_t start = 0;  // time when the stream began; microseconds

    uint64_t number(int64_t i) const { return first + static_cast<uint64_t>(i) * step; }
};

class Maker {
public:
    virtual ~Maker() = default;
    // `before`: the columns that were made already, by index; templates refer to them.
    virtual void fill(const Rows &rows, const std::vector<Column> &before, ColumnBuilder &to) const = 0;
    // Indexes of the columns it refers to.
    virtual std::vector<size_t> needs() const { return {}; }
    // At most so many bytes of text a row.
    virtual size_t row_bytes() const { return 16; }
};

struct MadeColumn {
    Field field;
    std::unique_ptr<Maker> maker;
};

// Everything of the configuration that makers may depend on.
struct MakerContext {
    int64_t seed = 0;
    int64_t row_time = 0;  // microseconds from a row to the next, by `rate` or 1 ms
};

// The columns that `columns` declares, in written order. WEIR_E_CONFIG names the parameter at fault.
Result<std::vector<MadeColumn>> make_columns(const Config &columns, const MakerContext &context);

}  // namespace weir::generate
