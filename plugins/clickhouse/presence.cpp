#include "presence.hpp"

#include <algorithm>
#include <charconv>

#include "block_view.hpp"
#include "compression.hpp"

namespace weir::clickhouse {
namespace {

constexpr uint64_t kMaxCountBytes = 1'024;
constexpr size_t kHashDigits = 32;  // at the end of a token

bool has_all(const std::vector<std::string> &columns, const std::vector<std::string> &wanted) {
    return std::all_of(wanted.begin(), wanted.end(),
                       [&](const std::string &each) { return std::find(columns.begin(), columns.end(), each) != columns.end(); });
}

}  // namespace

Result<Presence> Presence::of(ClickHouseConnection &connection, const Table &table) {
    Presence out;
    out.table_ = table.name.quoted();
    for (const TableColumn &column : table.columns) {
        if (column.default_kind == "EPHEMERAL") out.unreadable_.push_back(column.name);
        if (column.type.is(Kind::kJson)) out.json_.emplace(column.name, column.type.text);
    }
    auto columns = rows_of(connection, "SELECT name, is_in_sorting_key, is_in_partition_key FROM system.columns" + where_table(table.name));
    if (!columns) return columns.status();
    for (const auto &column : *columns) {
        if (column[1] != "0") out.sort_columns_.push_back(column[0]);
        if (column[2] != "0") out.partition_columns_.push_back(column[0]);
    }
    auto keys = rows_of(connection, "SELECT sorting_key, partition_key FROM system.tables" + where_table(table.name, "name"));
    if (!keys) return keys.status();
    if (keys->empty()) return Status::retryable("table `" + table.name.text() + "` is gone");
    out.sorting_key_ = keys->front()[0];
    out.partition_key_ = keys->front()[1];
    return out;
}

Result<Query> Presence::ask(const SealedBlock &block) const {
    auto bytes = decompress(*block.body);
    if (!bytes) return bytes.status();
    // What no block contains: the hash of itself.
    const std::string boundary = "weir" + block.token.substr(block.token.size() - std::min(block.token.size(), kHashDigits));
    const std::string head = "--" + boundary +
                             "\r\nContent-Disposition: form-data; name=\"weir_block\"; filename=\"block\"\r\n"
                             "Content-Type: application/octet-stream\r\n\r\n";
    auto body = std::make_shared<const std::string>(head + *bytes + "\r\n--" + boundary + "--\r\n");
    auto view = BlockView::parse(std::move(*bytes));
    if (!view) return view.status();

    std::vector<std::string> columns;  // that are compared
    std::string structure, given, found, names;
    for (const auto &[name, type] : view->columns()) {
        structure += (structure.empty() ? "" : ", ") + quote_name(name) + " " + type->text;
        if (std::find(unreadable_.begin(), unreadable_.end(), name) != unreadable_.end()) continue;
        const std::string comma = columns.empty() ? "" : ", ", as = "weir_" + std::to_string(columns.size()), quoted = quote_name(name);
        const auto json = json_.find(name);
        given += comma + (json == json_.end() ? quoted : "toString(CAST(" + quoted + ", " + quote_text(json->second) + "))") + " AS " + as;
        found += comma + (json == json_.end() ? quoted : "toString(" + quoted + ")");
        names += comma + as;
        columns.emplace_back(name);
    }
    std::string where;
    auto prune = [&](const std::string &key, const std::vector<std::string> &of) {
        if (key.empty() || of.empty() || !has_all(columns, of)) return;
        where += (where.empty() ? " WHERE " : " AND ") + ("(" + key + ") IN (SELECT " + key + " FROM weir_block)");
    };
    prune(partition_key_, partition_columns_);
    prune(sorting_key_, sort_columns_);
    Query query{"SELECT sum(missing) FROM (SELECT sum(weir_row) AS missing FROM (SELECT " + given +
                    ", toInt64(1) AS weir_row FROM weir_block UNION ALL SELECT " + found + ", toInt64(-1) AS weir_row FROM " + table_ + where +
                    ") GROUP BY " + names + " HAVING missing > 0) FORMAT TSV",
                std::move(body)};
    query.content_type = "multipart/form-data; boundary=" + boundary;
    query.settings = {{"weir_block_format", "Native"}, {"weir_block_structure", structure}, {"transform_null_in", "1"}, {"wait_end_of_query", "1"}};
    query.max_answer_bytes = kMaxCountBytes;
    return query;
}

Result<int64_t> Presence::missing(const Answer &answer) {
    int64_t rows = 0;
    const char *begin = answer.body.data(), *end = begin + answer.body.size();
    const auto [at, failed] = std::from_chars(begin, end, rows);
    if (failed != std::errc() || (at != end && *at != '\n')) return Status::retryable(answer.server + " answers " + one_line(answer.body) + " for a number of rows");
    return rows;
}

}  // namespace weir::clickhouse
