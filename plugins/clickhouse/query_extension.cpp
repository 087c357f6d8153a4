#include "query_extension.hpp"

#include <algorithm>
#include <string_view>
#include <vector>

#include <weir/config.hpp>
#include <weir/ext/query.h>
#include <weir/operator.hpp>

#include "bound_query.hpp"
#include "connection.hpp"

namespace weir::clickhouse {
namespace {

using std::chrono::microseconds;
using std::chrono::milliseconds;

constexpr std::pair<int, int> kOldest{23, 3};  // that has all settings below
constexpr milliseconds kDescribeTimeout{10'000};
constexpr uint64_t kMaxDescription = 1 << 20;
constexpr milliseconds kGrace{500};  // for the server's word of its own time-out to come
// TOO_MANY_ROWS_OR_BYTES, BAD_QUERY_PARAMETER: it is this call's arguments or limits, not the query.
constexpr int kTooManyRows = 396, kBadParameter = 457;

ClickHouseConnection &of(void *connection) { return *static_cast<ClickHouseConnection *>(connection); }

Status as_row_error(const std::string &message) {
    weir_error error{};
    error.size = sizeof error;
    detail::copy_text(error.message, sizeof error.message, message);
    return Status::from_abi(WEIR_E_ROW, error);
}

Result<BoundQuery> bound(weir_str sql, const weir_query_argument *arguments, uint64_t n) {
    std::vector<Argument> out;
    for (uint64_t i = 0; i < n; ++i) {
        auto field = parse_field(std::string(view(arguments[i].name)), view(arguments[i].type));
        if (!field) return field.status();
        Argument argument{field->name, *field, {}};
        if (arguments[i].text.data) argument.text = std::string(view(arguments[i].text));
        out.push_back(std::move(argument));
    }
    return bind_query(trimmed_query(view(sql)), out);
}

// What a query may not answer, and how long it may take.
Query reading(BoundQuery query) {
    Query out{std::move(query.sql)};
    out.settings = std::move(query.parameters);
    out.settings.insert(out.settings.end(), {{"readonly", "2"}, {"wait_end_of_query", "1"}, {"cancel_http_readonly_queries_on_client_close", "1"}});
    return out;
}

Status answered(ClickHouseConnection &connection, const Answer &answer) {
    if (answer.ok()) return {};
    if (answer.code == kTooManyRows || answer.code == kBadParameter) return as_row_error(answer.message);
    if (answer.reaction == Reaction::kRetry) return Status::retryable(answer.message);
    if (connection.version() < kOldest)
        return Status::config("", "ClickHouse " + std::to_string(connection.version().first) + "." + std::to_string(connection.version().second) +
                                      " answers no views, which need 23.3 or later: " + answer.message);
    return Status::config("", answer.message);
}

// weir's name of a type that a view's column has.
std::string type_name(const DataType &type) {
    switch (type.kind) {
        case Kind::kNullable: return type_name(type.children[0]) + "?";
        case Kind::kLowCardinality: return type_name(type.children[0]);
        case Kind::kArray: return "list<" + type_name(type.children[0]) + ">";
        case Kind::kMap: return "map<" + type_name(type.children[0]) + ", " + type_name(type.children[1]) + ">";
        case Kind::kTuple: {
            if (type.names.empty()) return "string";
            std::string out = "struct<";
            for (size_t i = 0; i < type.names.size(); ++i)
                out += (i ? ", " : "") + type.names[i] + ": " + type_name(type.children[i]);
            return out + ">";
        }
        default: {
            const std::string name = weir_type(type);
            return name.empty() ? "string" : name;
        }
    }
}

int32_t describe(void *connection, weir_str sql, const weir_query_argument *arguments, uint64_t n, void *data,
                 void (*column)(void *, weir_str, weir_str), weir_error *error) {
    return detail::guarded(error, [&]() -> Status {
        auto query = bound(sql, arguments, n);
        if (!query) return query.status();
        query->sql = "DESCRIBE TABLE (\n" + query->sql + "\n) FORMAT JSONCompactEachRow";
        Query asked = reading(std::move(*query));
        asked.timeout = kDescribeTimeout;
        asked.max_answer_bytes = kMaxDescription;
        const Answer answer = of(connection).ask(std::move(asked));
        if (Status s = answered(of(connection), answer); !s.ok()) return s;
        std::string_view left = answer.body;
        while (!left.empty()) {
            const std::string_view line = left.substr(0, left.find('\n'));
            left.remove_prefix(std::min(line.size() + 1, left.size()));
            const auto row = Config::Json::parse(line, nullptr, false);
            if (!row.is_array() || row.size() < 2 || !row[0].is_string() || !row[1].is_string())
                return Status::retryable("ClickHouse describes the query by what is no description: " + one_line(line));
            const auto name = row[0].get<std::string>(), type = type_name(parse_data_type(row[1].get<std::string>()));
            column(data, to_abi(name), to_abi(type));
        }
        return {};
    });
}

void as_json(Query &query, const weir_query_limits &limits) {
    query.settings.insert(query.settings.end(), {{"default_format", "JSONEachRow"},
                                                 {"output_format_json_array_of_rows", "1"},
                                                 {"output_format_json_quote_64bit_integers", "0"},
                                                 {"output_format_json_quote_decimals", "0"},
                                                 {"output_format_json_quote_denormals", "0"},
                                                 {"output_format_json_validate_utf8", "1"},
                                                 {"output_format_json_named_tuples_as_objects", "1"},
                                                 {"date_time_output_format", "iso"}});
    if (limits.rows) query.settings.insert(query.settings.end(), {{"max_result_rows", std::to_string(limits.rows)}, {"result_overflow_mode", "throw"}});
    if (limits.bytes) query.max_answer_bytes = limits.bytes;
    if (limits.timeout > 0) {
        const auto seconds = std::chrono::ceil<std::chrono::seconds>(microseconds(limits.timeout));
        query.settings.emplace_back("max_execution_time", std::to_string(seconds.count()));
        query.timeout = std::chrono::ceil<milliseconds>(microseconds(limits.timeout)) + kGrace;
    }
}

int32_t run(void *connection, weir_str sql, const weir_query_argument *arguments, uint64_t n, const weir_query_limits *limits,
            const weir_bytes_out *rows, weir_error *error) {
    return detail::guarded(error, [&]() -> Status {
        auto query = bound(sql, arguments, n);
        if (!query) return query.status();
        Query asked = reading(std::move(*query));
        as_json(asked, *limits);
        Answer answer = of(connection).ask(std::move(asked));
        if (answer.too_long) return as_row_error("the result is longer than " + std::to_string(limits->bytes) + " bytes of JSON");
        if (Status s = answered(of(connection), answer); !s.ok()) return s;
        if (!answer.body.starts_with('['))
            return Status::config("", "the query gives no rows as JSON: it is to be a SELECT, without FORMAT and INTO OUTFILE");
        rows->put(rows, to_abi(answer.body));
        return {};
    });
}

constexpr weir_query_api kQuery = {sizeof(weir_query_api), 0, "clickhouse", describe, run};

}  // namespace

const void *extension(const char *id) { return std::string_view(id) == WEIR_EXT_QUERY ? &kQuery : nullptr; }

}  // namespace weir::clickhouse
