#include "outside.hpp"

#include <algorithm>

#include <weir/config.hpp>

#include "native_rows.hpp"

namespace weir::clickhouse {
namespace {

struct Described {
    std::vector<std::string> names;
    Answer answer;
};

// The columns that a query gives.
Described describe(ClickHouseConnection &connection, const std::string &sql, const std::vector<std::pair<std::string, std::string>> &parameters) {
    Described out;
    Query query{"DESCRIBE TABLE (\n" + sql + "\n) FORMAT JSONCompactEachRow"};
    query.settings = parameters;
    query.settings.emplace_back("readonly", "2");
    out.answer = connection.ask(std::move(query));
    for (std::string_view left = out.answer.body; out.answer.ok() && !left.empty();) {
        const std::string_view line = left.substr(0, left.find('\n'));
        left.remove_prefix(std::min(line.size() + 1, left.size()));
        const auto row = Config::Json::parse(line, nullptr, false);
        if (row.is_array() && !row.empty() && row[0].is_string()) out.names.push_back(row[0].get<std::string>());
    }
    return out;
}

}  // namespace

Status check_query(ClickHouseConnection &connection, const Check &check, const char *parameter, const std::string &sql,
                   const std::vector<std::pair<std::string, std::string>> &arguments, const Schema &record) {
    const Described given = describe(connection, sql, arguments);
    if (given.answer.reaction == Reaction::kRetry) return Status::retryable(given.answer.message);
    if (!given.answer.ok()) {
        check.find({given.answer.reaction == Reaction::kDenied ? WEIR_FINDING_DENIED : WEIR_FINDING_MISMATCH, parameter, given.answer.message});
        return {};
    }
    Schema there;
    for (const Field &field : record.fields) {
        if (std::find(given.names.begin(), given.names.end(), field.name) != given.names.end()) {
            there.fields.push_back(field);
            continue;
        }
        std::string names;
        for (const std::string &name : given.names) names += (names.empty() ? "`" : ", `") + name + "`";
        check.find({WEIR_FINDING_MISSING, "record", "there is no column `" + field.name + "` to read", names});
    }
    for (const Field &field : there.fields) {
        const Described cast = describe(connection, select_cast(Schema{{field}}, sql), arguments);
        if (cast.answer.reaction == Reaction::kRetry) return Status::retryable(cast.answer.message);
        if (!cast.answer.ok())
            check.find({WEIR_FINDING_MISMATCH, "record", "the column `" + field.name + "` cannot be made " + to_string(field.type) + ": " + cast.answer.message});
    }
    return {};
}

}  // namespace weir::clickhouse
