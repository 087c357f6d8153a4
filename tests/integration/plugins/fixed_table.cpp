// A connection that answers queries over a table of three rows, for the tests of views: whoever asks sees what reached it.
//
// `SELECT ticks`: the table, or its rows of `symbol` where that is an argument. `SELECT arguments`: a row for each argument, with
// its type and text. `FAIL config|retryable|row|argument`: that error. `WAIT`: until the time-out that it was given.
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <string>

#include <weir/ext/query.h>
#include <weir/weir.hpp>

namespace {

using weir::Status;
using weir::view;

class FixedTable final : public weir::Connection {
public:
    static weir::Result<std::unique_ptr<FixedTable>> create(weir::ConnectionContext, const weir::Config &) {
        return std::make_unique<FixedTable>();
    }
};

constexpr weir_operator kFixedTable = weir::connection_spec<FixedTable>("fixed_table", "Three ticks, for tests.");

struct Tick {
    const char *symbol, *json;
};
constexpr Tick kTicks[] = {
    {"ACME", R"({"symbol":"ACME","price":12.5,"volume":9007199254740993,"at":"2024-05-23T12:00:00Z"})"},
    {"ACME", R"({"symbol":"ACME","price":13.5,"volume":2,"at":"2024-05-23T12:01:00Z"})"},
    {"INIT", R"({"symbol":"INIT","price":null,"volume":3,"at":"2024-05-23T12:02:00Z"})"},
};

// Status has no maker for it: operators fail rows by another way.
Status refusal(const char *path, const char *message) {
    weir_error error{};
    error.size = sizeof error;
    std::string_view(path).copy(error.path, sizeof error.path - 1);
    std::string_view(message).copy(error.message, sizeof error.message - 1);
    return Status::from_abi(WEIR_E_ROW, error);
}

Status failure(std::string_view sql) {
    if (sql == "FAIL config") return Status::config("", "there is no table `tics`");
    if (sql == "FAIL retryable") return Status::retryable("10.0.0.1:9000 does not answer");
    if (sql == "FAIL row") return refusal("", "the result has more than 10000 rows");
    if (sql == "FAIL argument") return refusal("symbol", "`symbol` has a time before 1900");
    return {};
}

void add(std::string &rows, std::string_view row) {
    if (rows.size() > 1) rows += ',';
    rows += row;
}

std::string json_text(weir_str text) {
    std::string out;
    if (!text.data) return "null";
    weir::append_json_string(out, view(text));
    return out;
}

int32_t describe(void *, weir_str sql, const weir_query_argument *, uint64_t, void *data,
                 void (*column)(void *data, weir_str name, weir_str type), weir_error *error) {
    if (const Status status = failure(view(sql)); !status.ok()) return status.to_abi(error);
    const auto tell = [&](std::string_view name, std::string_view type) { column(data, weir::to_abi(name), weir::to_abi(type)); };
    if (view(sql).find("arguments") != std::string_view::npos) {
        for (const char *name : {"name", "type", "text"}) tell(name, "string");
        return WEIR_OK;
    }
    tell("symbol", "string");
    tell("price", "float64?");
    tell("volume", "int64");
    tell("at", "timestamp");
    return WEIR_OK;
}

int32_t wait(const weir_query_limits &limits, weir_error *error) {
    std::mutex mutex;
    std::condition_variable never;
    std::unique_lock lock(mutex);
    never.wait_for(lock, std::chrono::microseconds(limits.timeout), [] { return false; });
    return Status::retryable("no answer within the time-out").to_abi(error);
}

int32_t run(void *, weir_str sql, const weir_query_argument *arguments, uint64_t n, const weir_query_limits *limits,
            const weir_bytes_out *out, weir_error *error) {
    if (const Status status = failure(view(sql)); !status.ok()) return status.to_abi(error);
    if (view(sql) == "WAIT") return wait(*limits, error);
    std::string rows = "[";
    if (view(sql).find("arguments") != std::string_view::npos) {
        for (uint64_t i = 0; i < n; ++i)
            add(rows, "{\"name\":" + json_text(arguments[i].name) + ",\"type\":" + json_text(arguments[i].type) +
                          ",\"text\":" + json_text(arguments[i].text) + "}");
    } else {
        for (const Tick &tick : kTicks) {
            bool wanted = true;
            for (uint64_t i = 0; i < n; ++i) wanted = wanted && (view(arguments[i].name) != "symbol" || view(arguments[i].text) == tick.symbol);
            if (wanted) add(rows, tick.json);
        }
    }
    rows += ']';
    out->put(out, weir::to_abi(rows));
    return WEIR_OK;
}

constexpr weir_query_api kQueries = {sizeof kQueries, 0, "fixed_table", describe, run};

const void *extension(const char *id) { return std::string_view(id) == WEIR_EXT_QUERY ? &kQueries : nullptr; }

}  // namespace

WEIR_MODULE_WITH("fixed_table", "1.0.0", extension, &kFixedTable)
