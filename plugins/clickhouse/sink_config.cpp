// clickhouse.sink: its parameters and its inputs.
#include <algorithm>

#include "sink.hpp"

namespace weir::clickhouse {
namespace {

constexpr weir_param kTextItem[] = {param("", WEIR_PARAM_STRING, "")};
constexpr weir_param kAnySetting[] = {param("", WEIR_PARAM_ANY, "")};

constexpr weir_param kCreateTable[] = {
    param("engine", WEIR_PARAM_STRING, "The engine, with its arguments.").default_json("\"MergeTree\""),
    param("order_by", WEIR_PARAM_LIST, "Columns or expressions by which the table is sorted. By default none.").scalar_or_list().fields(kTextItem),
    param("partition_by", WEIR_PARAM_STRING, "Expression of the partitions, such as `toYYYYMM(ts)`. By default there is one."),
    param("ttl", WEIR_PARAM_STRING, "How long rows are kept, such as `ts + INTERVAL 90 DAY`. By default for ever."),
    param("columns", WEIR_PARAM_MAP,
          "ClickHouse's type of a column where it is another than weir's choice, such as `LowCardinality(String)`; also columns that "
          "the rows do not have, `DateTime DEFAULT now()`.")
        .fields(kTextItem),
    param("settings", WEIR_PARAM_MAP, "Settings of the table: name to value.").fields(kAnySetting),
};

constexpr weir_param kSinkParams[] = {
    param("table", WEIR_PARAM_STRING, "The table to write to: `database.table`, or one of the connection's database.").required().primary(),
    param("create_table", WEIR_PARAM_OBJECT,
          "Creates the table, and its database, where it is missing: columns as the rows have them. Without it a missing table is an "
          "error.")
        .fields(kCreateTable),
    param("batch_rows", WEIR_PARAM_INT64, "A block of so many rows is sent.").default_json("200000"),
    param("batch_bytes", WEIR_PARAM_BYTES, "A block of so many bytes, before compression, is sent.").default_json("33554432"),
    param("max_age", WEIR_PARAM_DURATION, "A block whose first row is so old is sent. Every epoch (`checkpoint`) sends all.")
        .default_json("1000000"),
    param("in_flight", WEIR_PARAM_INT64, "At most so many blocks of each worker are under way.").default_json("2"),
    param("compression", WEIR_PARAM_STRING, "How blocks are compressed.").default_json("\"lz4\"").one_of(R"(["lz4","zstd","none"])"),
    param("retry_for", WEIR_PARAM_DURATION,
          "How long a block is sent again while the server cannot be reached or says that it cannot take it now; then the run fails.")
        .default_json("300000000"),
    param("max_refused", WEIR_PARAM_INT64,
          "Rows that the server refuses go to `errors`, one by one. More than this in one epoch stop the topology: then it is the table "
          "that does not fit.")
        .default_json("10000"),
    param("max_waiting", WEIR_PARAM_BYTES,
          "With `exactly_once`: once so many bytes, compressed, are committed and wait for the server, no more rows are taken.")
        .default_json("33554432"),
};

constexpr weir_port kInputs[] = {
    port("in", "Rows; several edges of unlike columns are blocks of their own. Also failed rows.", WEIR_PORT_MANY)};

constexpr int64_t kMaxBlockRows = 1'000'000;            // of a block: what a server takes as one
constexpr int64_t kMaxBytes = 256 * 1024 * 1024;   // the same
constexpr int64_t kMaxInFlight = 64;
constexpr int64_t kMicrosPerMs = 1'000;

std::vector<std::pair<std::string, std::string>> texts_of(const Config &map) {
    std::vector<std::pair<std::string, std::string>> out;
    for (const auto &[name, value] : map.json().items())
        out.emplace_back(name, value.is_string() ? value.get<std::string>() : value.is_boolean() ? (value.get<bool>() ? "1" : "0") : value.dump());
    return out;
}

Status out_of_bounds(const Config &config, const char *name, int64_t least, int64_t most, const std::string &expected) {
    const int64_t value = config.int64(name);
    if (value >= least && value <= most) return {};
    return Status::config(name, "`" + std::to_string(value) + "` is not within " + expected);
}

}  // namespace

const OperatorSpec kSinkSpec =
    sink_spec<Sink>("clickhouse.sink", "Writes rows to a ClickHouse table, columns by name.")
        .params(kSinkParams)
        .inputs(kInputs)
        .connection("clickhouse")
        .with(WEIR_OP_OUTBOX);

Result<std::unique_ptr<Instance>> Sink::create(Context context, const Config &config) {
    SinkOptions options;
    options.table = config.string("table");
    if (options.table.empty() || options.table.front() == '.' || options.table.back() == '.')
        return Status::config("table", "`" + options.table + "` names no table: write `table`, or `database.table`");
    if (config.has("create_table")) {
        const Config given = config.child("create_table");
        options.create = CreateOptions{given.string("engine"),   given.string("partition_by"),       given.string("ttl"),
                                       given.strings("order_by"), texts_of(given.child("columns")), texts_of(given.child("settings"))};
    }
    for (const Status &fault :
         {out_of_bounds(config, "batch_rows", 1, kMaxBlockRows, "1 to 1000000, which a server takes as one block"),
          out_of_bounds(config, "batch_bytes", 1, kMaxBytes, "1 to 256MiB, which a server takes as one block"),
          out_of_bounds(config, "in_flight", 1, kMaxInFlight, "1 to 64"), out_of_bounds(config, "max_age", 1, INT64_MAX, "times above 0"),
          out_of_bounds(config, "max_refused", 0, INT64_MAX, "0 and above"),
          out_of_bounds(config, "max_waiting", 1, INT64_MAX, "sizes above 0")})
        if (!fault.ok()) return fault;
    options.batch_rows = config.int64("batch_rows");
    options.batch_bytes = static_cast<size_t>(config.int64("batch_bytes"));
    options.max_age = config.int64("max_age");
    options.in_flight = static_cast<size_t>(config.int64("in_flight"));
    const std::string compression = config.string("compression");
    options.compression = compression == "zstd" ? Compression::kZstd : compression == "none" ? Compression::kNone : Compression::kLz4;
    options.retry_for = std::chrono::milliseconds(config.int64("retry_for") / kMicrosPerMs);
    options.max_refused = config.int64("max_refused");
    options.max_waiting = static_cast<size_t>(config.int64("max_waiting"));
    return std::unique_ptr<Instance>(new Sink(context, std::move(options)));
}

Status Sink::bind(const Binding &binding) {
    inputs_.clear();
    for (uint32_t i = 0; i < binding.inputs(); ++i) {
        Input &input = inputs_.emplace_back();
        input.schema = binding.input(i);
        size_t columns = 0;
        for (const Field &field : input.schema.fields) {
            if (is_metadata_column(field.name)) continue;
            binding.reads(i, field.name);
            ++columns;
        }
        if (columns == 0) return Status::config("", "the rows have no columns to write");
    }
    return {};
}

}  // namespace weir::clickhouse
