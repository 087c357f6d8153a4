// The Native format's encoding of one column: rows of Arrow batches are appended, and the column of a block is written.
//
// Between two blocks the memory is kept. One user at a time.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include <weir/column.hpp>
#include <weir/memory.hpp>

#include "compression.hpp"
#include "data_type.hpp"

namespace weir::clickhouse {

// A row, by its number in the column that was looked at, and what is wrong with its value.
using Fault = std::function<void(int64_t row, const std::string &message)>;

class ColumnWriter {
public:
    virtual ~ColumnWriter() = default;

    // Whether check() may find anything, in a column of the type that this is made for.
    virtual bool can_fail() const { return false; }
    // Names the rows of [begin, end) whose values cannot be written. They must not be appended.
    virtual void check(const Column &, int64_t /*begin*/, int64_t /*end*/, const Fault &) const {}
    // REQUIRES: none of the rows is null, but for a writer of a Nullable.
    virtual void append(const Column &column, int64_t begin, int64_t end) = 0;
    // Values that stand behind a null and are not looked at.
    virtual void append_defaults(int64_t n) = 0;
    // What stands before the values of the whole column.
    virtual void write_prefix(Output &) const {}
    virtual void write(Output &out) const = 0;
    // Of the values so far, about.
    virtual size_t bytes() const = 0;
    virtual void clear() = 0;
    // The type that the block says it has; the server converts where the table's is another.
    virtual std::string type() const = 0;
};

// Why a column of weir cannot be written to a column of a table.
struct Misfit {
    std::string why;   // `it would be cut`; may be empty
    std::string cast;  // the type of weir to cast to; empty: none helps
};

struct Fit {
    std::unique_ptr<ColumnWriter> writer;  // NULL: it does not fit
    Misfit misfit;
};

// A writer for values of `from`, as values of `to`. What depends on values is left to ColumnWriter::check: nulls for a column
// that takes none, texts that are no UUID, days out of range.
Fit fit(const Type &from, bool nullable, const DataType &to);

// Parts of fit(), by kind of the table's type.
Fit fit_number(const Type &from, const DataType &to);  // Bool, Int, UInt, Float, Decimal
Fit fit_time(const Type &from, const DataType &to);    // Date, Date32, DateTime, DateTime64
Fit fit_text(const Type &from, const DataType &to);    // String, FixedString, UUID, Enum, IPv4, IPv6, JSON
std::unique_ptr<ColumnWriter> make_dictionary_writer(bool nullable);  // LowCardinality(String), or of Nullable(String)

}  // namespace weir::clickhouse
