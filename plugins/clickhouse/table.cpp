#include "table.hpp"

#include <algorithm>
#include <charconv>

namespace weir::clickhouse {
namespace {

using Json = Config::Json;

std::string small(std::string_view text) {
    std::string out(text);
    for (char &c : out)
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    return out;
}

size_t edit_distance(std::string_view a, std::string_view b) {
    std::vector<size_t> row(b.size() + 1);
    for (size_t j = 0; j <= b.size(); ++j) row[j] = j;
    for (size_t i = 1; i <= a.size(); ++i) {
        size_t diagonal = std::exchange(row[0], i);
        for (size_t j = 1; j <= b.size(); ++j) {
            const size_t above = row[j];
            row[j] = std::min({above + 1, row[j - 1] + 1, diagonal + (a[i - 1] != b[j - 1])});
            diagonal = above;
        }
    }
    return row[b.size()];
}

std::string nearest_of(std::string_view name, const std::vector<std::string> &names) {
    std::string found;
    size_t best = std::max<size_t>(2, name.size() / 3) + 1;
    for (const std::string &other : names) {
        const size_t distance = edit_distance(small(name), small(other));
        if (distance < best) {
            best = distance;
            found = other;
        }
    }
    return found;
}

std::string joined(const std::vector<std::string> &parts) {
    std::string out;
    for (const std::string &part : parts) out += (out.empty() ? "" : ", ") + part;
    return out;
}

// What to do about a column whose types do not fit.
std::string remedy(const Table &table, const Field &field, const Misfit &misfit) {
    std::string out;
    if (!misfit.cast.empty() && !field.type.is_nested())
        out = "cast it before: `set: { " + field.name + ": " + field.name + "::" + misfit.cast + " }`, or ";
    return out + "`ALTER TABLE " + table.name.text() + " MODIFY COLUMN " + field.name + " " + clickhouse_type(field.type, field.nullable) + "`";
}

}  // namespace

std::string where_table(const TableName &name, std::string_view column) {
    return " WHERE database = " + quote_text(name.database) + " AND " + std::string(column) + " = " + quote_text(name.table);
}

Result<std::vector<Row>> rows_of(ClickHouseConnection &connection, const std::string &sql) {
    auto text = connection.post(sql + " FORMAT JSONCompact");
    if (!text) return text.status();
    const Json json = Json::parse(*text, nullptr, false);
    if (!json.is_object() || !json.contains("data")) return Status::retryable("ClickHouse: an answer that is no JSON: " + one_line(*text));
    std::vector<Row> out;
    for (const Json &row : json["data"]) {
        Row &values = out.emplace_back();
        for (const Json &value : row) values.push_back(value.is_string() ? value.get<std::string>() : value.dump());
    }
    return out;
}

TableName TableName::of(const std::string &text, const std::string &database) {
    const size_t dot = text.find('.');
    if (dot == text.npos) return {database, text};
    return {text.substr(0, dot), text.substr(dot + 1)};
}

std::string Problem::text() const {
    std::string out = message;
    if (!expected.empty()) out += " (" + expected + ")";
    if (!nearest.empty()) out += "; did you mean `" + nearest + "`?";
    if (!hint.empty()) out += (nearest.empty() ? "; " : " ") + hint;
    return out;
}

Result<std::optional<Table>> find_table(ClickHouseConnection &connection, const TableName &name) {
    auto columns = rows_of(connection, "SELECT name, type, default_kind FROM system.columns" + where_table(name));
    if (!columns) return columns.status();
    auto tables = rows_of(connection, "SELECT engine, engine_full, partition_key FROM system.tables" + where_table(name, "name"));
    if (!tables) return tables.status();
    if (tables->empty() || columns->empty()) return std::optional<Table>();
    Table table{name, tables->front()[0], tables->front()[1], tables->front()[2], {}};
    for (const Row &row : *columns) table.columns.push_back({row[0], parse_data_type(row[1]), row[2]});
    return std::optional(std::move(table));
}

std::string nearest_table(ClickHouseConnection &connection, const TableName &name) {
    auto rows = rows_of(connection, "SELECT name FROM system.tables WHERE database = " + quote_text(name.database));
    std::vector<std::string> names;
    for (const Row &row : rows ? *rows : std::vector<Row>{}) names.push_back(row[0]);
    return nearest_of(name.table, names);
}

std::vector<Problem> check_columns(const Table &table, const Schema &schema) {
    std::vector<Problem> problems;
    const std::string begin = "table `" + table.name.text() + "`: ";
    for (const Field &field : schema.fields) {
        if (is_metadata_column(field.name)) continue;
        const TableColumn *column = table.find(field.name);
        if (!column) {
            std::vector<std::string> names;
            for (const TableColumn &c : table.columns)
                if (!c.computed() && !schema.find(c.name)) names.push_back(c.name);
            problems.push_back({begin + "it has no column `" + field.name + "`, which the rows have (" + to_string(field.type) + ")", "",
                                nearest_of(field.name, names),
                                "leave it out with `select:`, or `ALTER TABLE " + table.name.text() + " ADD COLUMN " + field.name + " " +
                                    clickhouse_type(field.type, field.nullable) + "`"});
            continue;
        }
        if (column->computed()) {
            problems.push_back({begin + "column `" + field.name + "` is " + column->default_kind + ": the server computes it", "", "",
                                "leave it out with `select:`"});
            continue;
        }
        const Fit found = fit(field.type, field.nullable, column->type);
        if (found.writer) continue;
        problems.push_back({begin + "column `" + field.name + "` is " + column->type.text + ", and the rows have " + to_string(field.type) +
                                (field.nullable ? "?" : "") + (found.misfit.why.empty() ? "" : ": " + found.misfit.why),
                            "", "", remedy(table, field, found.misfit)});
    }
    return problems;
}

std::vector<BlockColumn> block_columns(const Table &table, const Schema &schema) {
    std::vector<BlockColumn> out;
    for (size_t i = 0; i < schema.size(); ++i) {
        const Field &field = schema.fields[i];
        if (is_metadata_column(field.name)) continue;
        out.push_back({i, field.name, fit(field.type, field.nullable, table.find(field.name)->type).writer});
    }
    return out;
}

std::string insert_statement(const TableName &table, const Schema &schema) {
    std::vector<std::string> names;
    for (const Field &field : schema.fields)
        if (!is_metadata_column(field.name)) names.push_back(quote_name(field.name));
    return "INSERT INTO " + table.quoted() + " (" + joined(names) + ") FORMAT Native";
}

std::vector<std::string> create_statements(const TableName &name, const Schema &schema, const CreateOptions &options, bool deduplicates) {
    std::vector<std::string> columns;
    for (const Field &field : schema.fields) {
        if (is_metadata_column(field.name)) continue;
        const auto given = std::find_if(options.columns.begin(), options.columns.end(), [&](const auto &c) { return c.first == field.name; });
        columns.push_back(quote_name(field.name) + " " +
                          (given != options.columns.end() ? given->second : clickhouse_type(field.type, field.nullable)));
    }
    for (const auto &[column, type] : options.columns)  // that the rows do not have: with a default, say
        if (!schema.find(column)) columns.push_back(quote_name(column) + " " + type);
    std::string sql = "CREATE TABLE IF NOT EXISTS " + name.quoted() + " (" + joined(columns) + ") ENGINE = " + options.engine;
    if (!options.partition_by.empty()) sql += " PARTITION BY " + options.partition_by;
    sql += options.order_by.empty() ? " ORDER BY tuple()" : " ORDER BY (" + joined(options.order_by) + ")";
    if (!options.ttl.empty()) sql += " TTL " + options.ttl;
    std::vector<std::string> settings;
    bool has_window = options.engine.find("MergeTree") == std::string::npos || options.engine.starts_with("Replicated");
    for (const auto &[setting, value] : options.settings) {
        has_window = has_window || setting == "non_replicated_deduplication_window";
        settings.push_back(setting + " = " + value);
    }
    if (deduplicates && !has_window) settings.push_back("non_replicated_deduplication_window = " + std::to_string(kCreatedWindow));
    if (!settings.empty()) sql += " SETTINGS " + joined(settings);
    return {"CREATE DATABASE IF NOT EXISTS " + quote_name(name.database), std::move(sql)};
}

Result<uint64_t> deduplication_window(ClickHouseConnection &connection, const Table &table) {
    if (!table.is_merge_tree()) return uint64_t{0};
    const std::string setting = table.is_replicated() ? "replicated_deduplication_window" : "non_replicated_deduplication_window";
    uint64_t window = 0;
    const std::string &text = table.engine_full;
    for (size_t at = text.find(setting + " = "); at != text.npos; at = text.find(setting + " = ", at + 1)) {
        if (at > 0 && text[at - 1] == '_') continue;  // of the other's name
        std::from_chars(text.data() + at + setting.size() + 3, text.data() + text.size(), window);
        return window;
    }
    auto rows = rows_of(connection, "SELECT value FROM system." + std::string(table.is_replicated() ? "replicated_" : "") +
                                        "merge_tree_settings WHERE name = " + quote_text(setting));
    if (!rows) return rows.status();
    if (!rows->empty()) std::from_chars(rows->front()[0].data(), rows->front()[0].data() + rows->front()[0].size(), window);
    return window;
}

}  // namespace weir::clickhouse
