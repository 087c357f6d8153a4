// A table as a server describes it, and whether rows of weir fit into it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <weir/types.hpp>

#include "block.hpp"
#include "connection.hpp"
#include "data_type.hpp"

namespace weir::clickhouse {

struct TableName {
    std::string database, table;

    // `db.table`, or a table of the connection's database.
    static TableName of(const std::string &text, const std::string &database);
    std::string text() const { return database + "." + table; }
    std::string quoted() const { return quote_name(database) + "." + quote_name(table); }
};

struct TableColumn {
    std::string name;
    DataType type;
    std::string default_kind;  // DEFAULT, MATERIALIZED, ALIAS, EPHEMERAL; empty: the type's default
    bool computed() const { return default_kind == "MATERIALIZED" || default_kind == "ALIAS"; }
};

struct Table {
    TableName name;
    std::string engine, engine_full, partition_key;
    std::vector<TableColumn> columns;

    const TableColumn *find(std::string_view column) const {
        for (const TableColumn &c : columns)
            if (c.name == column) return &c;
        return nullptr;
    }
    bool is_merge_tree() const { return engine.ends_with("MergeTree"); }
    bool is_replicated() const { return engine.starts_with("Replicated") || engine.starts_with("Shared"); }
};

// What a query finds: each row's values as texts. Blocks on the connection.
using Row = std::vector<std::string>;
Result<std::vector<Row>> rows_of(ClickHouseConnection &connection, const std::string &sql);

// The condition of that table's rows in a system table, whose column `column` has the names of tables.
std::string where_table(const TableName &name, std::string_view column = "table");
// Blocks on the connection. nullopt: there is no such table.
Result<std::optional<Table>> find_table(ClickHouseConnection &connection, const TableName &name);
// The table of the database whose name is nearest; empty: none is near.
std::string nearest_table(ClickHouseConnection &connection, const TableName &name);

// What is wrong between the rows and the table, and what to do.
struct Problem {
    std::string message, expected, nearest, hint;
    std::string text() const;  // all of it in one line
};

// Rows of `schema`, but for metadata columns, as inserts into `table`.
std::vector<Problem> check_columns(const Table &table, const Schema &schema);
// REQUIRES: check_columns found nothing. In the schema's order.
std::vector<BlockColumn> block_columns(const Table &table, const Schema &schema);
std::string insert_statement(const TableName &table, const Schema &schema);

struct CreateOptions {
    std::string engine, partition_by, ttl;
    std::vector<std::string> order_by;
    std::vector<std::pair<std::string, std::string>> columns;   // name and type where it is another than weir's choice
    std::vector<std::pair<std::string, std::string>> settings;  // of the table
};
// Statements that make the database and the table where they are missing. `deduplicates`: it is to know tokens again.
std::vector<std::string> create_statements(const TableName &name, const Schema &schema, const CreateOptions &options, bool deduplicates);

// How many of its last inserts the table knows again; 0: none. Blocks.
Result<uint64_t> deduplication_window(ClickHouseConnection &connection, const Table &table);
inline constexpr uint64_t kCreatedWindow = 10'000;  // of tables that are created for exactly_once

}  // namespace weir::clickhouse
