// Whether the rows of a block are in their table, asked of the table itself.
//
// A MergeTree keeps the tokens of its inserts in a file of its own, which it writes a moment before the rows become a part of the
// table (26.7; other versions a moment after). A server that ends between the two, or that fails there, knows the token of rows
// that it does not have, and takes the block that is sent again for one that it has (or the other way round). So after an insert
// that may have gone wrong half-way the server's word is not enough. Replicated tables note both in one transaction.
#pragma once

#include <map>
#include <string>
#include <vector>

#include <weir/result.hpp>

#include "connection.hpp"
#include "sealed_block.hpp"
#include "table.hpp"

namespace weir::clickhouse {

// A table in which can be looked for rows.
class Presence {
public:
    // Engines that merge rows into others do not show what was inserted, and replicated ones need not be asked.
    static bool tells(const Table &table) { return table.engine == "MergeTree"; }

    // Blocks on the connection. REQUIRES: tells(table).
    static Result<Presence> of(ClickHouseConnection &connection, const Table &table);

    // Whether a block may lie in several partitions, which the table takes one by one.
    bool is_partitioned() const { return !partition_key_.empty(); }

    // The question how many rows of the block are missing in the table. It carries the block, uncompressed, as external data.
    Result<Query> ask(const SealedBlock &block) const;
    // What the answer says; rows that the table has more often than the block are not missing.
    static Result<int64_t> missing(const Answer &answer);

private:
    std::string table_;                 // quoted
    std::vector<std::string> unreadable_;  // columns that are inserted, and are not there to be read
    std::map<std::string, std::string, std::less<>> json_;  // columns that nothing can be grouped by, with their types: compared as texts
    std::vector<std::string> sort_columns_, partition_columns_;
    std::string sorting_key_, partition_key_;
};

}  // namespace weir::clickhouse
