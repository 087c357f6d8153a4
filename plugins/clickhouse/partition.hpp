// Which partition of a table a row goes to, as far as that can be told from the key's text: `toYYYYMM(ts)`, `(symbol, toDate(ts))`.
//
// Exactly-once needs a block to lie within one partition: then the server takes all of it or nothing. It is told so (it refuses
// blocks of more), so what is computed here only has to be good enough to keep blocks large.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include <weir/batch.hpp>

#include "table.hpp"

namespace weir::clickhouse {

// One user at a time.
class Partitioner {
public:
    virtual ~Partitioner() = default;
    // Appends to keys[i] what tells row i's partition from others. REQUIRES: keys has a text for each row.
    virtual void append(const BatchView &batch, std::vector<std::string> &keys) const = 0;
    // Whether all rows are in one partition.
    virtual bool is_single() const { return false; }
};

// Of the key of `table` for rows of `schema`; `zone`: the server's. WEIR_E_CONFIG: it cannot be told from the rows.
Result<std::unique_ptr<Partitioner>> make_partitioner(const Table &table, const Schema &schema, const std::string &zone);

}  // namespace weir::clickhouse
