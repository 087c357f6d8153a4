// The rows of a `latest` view: the last one of each key, or the last ones, as JSON, bounded in number and bytes.
//
// Every change has a number, so that whoever follows asks for what is newer than he has, and a slow one gets fewer rows
// instead of a queue.
//
// Threads: add on one; all others on any.
#pragma once

#include <cstdint>
#include <functional>
#include <list>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include <weir/abi.h>
#include <weir/types.hpp>

namespace weir::host {

inline constexpr size_t kMaxViewBytes = size_t{64} << 20;  // of a view's rows

// A column and the JSON text that it must have.
using RowFilter = std::vector<std::pair<size_t, std::string>>;

class LatestTable {
public:
    // `columns`: those that are kept, with their types; `key`: some of them, or none. `rows`: at most so many, at least one.
    LatestTable(Schema columns, const std::vector<std::string>& key, size_t rows);

    // `schema` describes `rows`, and has all columns that are kept.
    void add(const Schema& schema, const weir_batch& rows);

    const Schema& columns() const { return columns_; }
    const std::vector<size_t>& key() const { return key_; }
    size_t most_rows() const { return most_rows_; }

    // As a JSON array: by key, the oldest first where there is none. At most the last `limit` of those that fit the filter.
    std::string rows(const RowFilter& filter, size_t limit) const;
    // The number of the last change.
    uint64_t version() const;
    // The rows that changed behind `since`, in the order in which they did, as a JSON array; empty: none did. Then `since` is
    // the version that they are of.
    std::string changes(uint64_t& since) const;
    // Rows that were shown to it.
    int64_t seen() const;

private:
    struct Row {
        uint64_t version = 0;
        std::string key;
        std::string json;
        std::vector<uint32_t> ends;  // of each column's value in json
    };
    using Rows = std::list<Row>;  // by version

    void note_columns(const Schema& schema);
    void append_key(const weir_batch& rows, int64_t row, std::string& out) const;
    Row row_of(const weir_batch& rows, int64_t row) const;
    void add_last(const weir_batch& rows);
    void add_by_key(const weir_batch& rows);
    void put(Row row, Rows::iterator old);
    void shrink();
    static bool fits(const Row& row, const RowFilter& filter);
    std::vector<const Row*> ordered() const;

    const Schema columns_;
    std::vector<size_t> key_;
    const size_t most_rows_;

    // [add]
    const Schema* noted_ = nullptr;
    std::vector<std::pair<size_t, Type>> sources_;  // by kept column: where it is in a batch, and as what

    mutable std::mutex mutex_;  // guards what follows
    Rows rows_;
    std::unordered_map<std::string, Rows::iterator> by_key_;
    size_t bytes_ = 0;
    uint64_t version_ = 0;
    int64_t seen_ = 0;
};

}  // namespace weir::host
