// clickhouse.source: its parameters.
#include <weir/config.hpp>

#include "bound_query.hpp"
#include "outside.hpp"
#include "source.hpp"

namespace weir::clickhouse {
namespace {

constexpr weir_param kArgument[] = {param("", WEIR_PARAM_ANY, "")};
constexpr weir_param kSourceParams[] = {
    param("query", WEIR_PARAM_STRING,
          "A SELECT. What is `{name:Type}` in it, with a type of ClickHouse's, the server takes from `arguments`, as a value.")
        .required()
        .primary(),
    param("record", WEIR_PARAM_RECORD, "The columns of its rows that are taken, by name; values are converted to these types or are an error.").required(),
    param("arguments", WEIR_PARAM_MAP, "Values of the query's `{name:Type}`.").fields(kArgument),
    param("position", WEIR_PARAM_STRING,
          "A column of the record whose values grow: rows are read in its order, `rows` at a time, and a restart goes on behind the last. "
          "Without it the query is read whole, at once, and again after a restart; `exactly_once` needs it."),
    param("start", WEIR_PARAM_STRING, "The value of `position` to begin at. By default with the first row."),
    param("every", WEIR_PARAM_DURATION, "How often rows are looked for that have come since. By default the source ends with the last row."),
    param("settle", WEIR_PARAM_DURATION,
          "Rows whose `position`, a timestamp, is not so old yet are left for later: for tables whose rows do not come in its order.")
        .default_json("0"),
    param("rows", WEIR_PARAM_INT64, "With `position`: so many rows are asked for at a time.").default_json("16384"),
    param("max_bytes", WEIR_PARAM_BYTES, "An answer may not be longer, as it is held in memory.").default_json("268435456"),
    param("retry_for", WEIR_PARAM_DURATION, "How long the server is asked again while it cannot be reached; then the run fails.")
        .default_json("300000000"),
};

constexpr int64_t kMostRows = 1'000'000;

bool can_be_position(const Field &field) {
    switch (field.type.id) {
        case TypeId::kBool:
        case TypeId::kFloat32:
        case TypeId::kFloat64:
        case TypeId::kDecimal128:
        case TypeId::kBinary: return false;
        default: return !field.nullable && !field.type.is_nested();
    }
}

// As a parameter of the request.
Result<std::pair<std::string, std::string>> parameter_of(const std::string &name, const Config::Json &value) {
    Argument out{name, {}, {}};
    out.type.name = name;
    out.type.type = type_of(value.is_boolean() ? TypeId::kBool : value.is_number_integer() ? TypeId::kInt64 : value.is_number() ? TypeId::kFloat64 : TypeId::kString);
    if (value.is_structured()) return Status::config("arguments", "`" + name + "` is a list or a map, and only plain values can be bound");
    if (!value.is_null()) out.text = value.is_string() ? value.get<std::string>() : value.dump();
    auto text = value_text(out);
    if (!text) return Status::config("arguments", text.status().message());
    return std::pair("param_" + name, std::move(*text));
}

Status read_position(const Config &config, SourceOptions &options, bool exactly_once) {
    for (const char *name : {"start", "every", "settle"})
        if (!config.has("position") && (name != std::string("settle") ? config.has(name) : config.int64(name) != 0))
            return Status::config(name, "is about `position`, which is not given: name the column whose values grow");
    if (!config.has("position")) {
        if (!exactly_once) return {};
        return Status::config("position", "is missing: without it a restart reads the query anew, which is not exactly once. Name a column "
                                          "whose values grow");
    }
    const std::string name = config.string("position");
    options.position = options.record.find(name);
    if (!options.position) return Status::config("position", "`" + name + "` is no column of the record, which has " + to_string(options.record));
    const Field &field = options.record.fields[*options.position];
    if (!can_be_position(field))
        return Status::config("position", "`" + name + "` is " + to_string(field.type) + (field.nullable ? "?" : "") +
                                              ": an integer, a date, a timestamp or a string that is never null can be a position");
    if (config.has("start")) {
        options.start = config.string("start");
        if (auto value = value_text({"start", field, options.start}); !value) return Status::config("start", value.status().message());
    }
    options.every = config.has("every") ? config.int64("every") : 0;
    options.settle = config.int64("settle");
    if (options.settle && field.type.id != TypeId::kTimestamp)
        return Status::config("settle", "is about time, and `" + name + "` is " + to_string(field.type));
    return {};
}

}  // namespace

const OperatorSpec kSourceSpec =
    source_spec<Source>("clickhouse.source", "Reads the rows of a query, once, or those that come, by a column whose values grow.")
        .params(kSourceParams)
        .connection("clickhouse")
        .with(WEIR_SOURCE_REPLAYABLE);

Result<std::unique_ptr<Instance>> Source::create(Context context, const Config &config) {
    SourceOptions options;
    options.sql = config.string("query");
    if (trimmed_query(options.sql).empty()) return Status::config("query", "is empty");
    auto record = config.record("record");
    if (!record) return record.status();
    options.record = std::move(*record);
    if (options.record.fields.empty()) return Status::config("record", "has no columns");
    const Config given = config.child("arguments");
    for (const auto &[name, value] : given.json().items()) {
        auto parameter = parameter_of(name, value);
        if (!parameter) return parameter.status();
        options.parameters.push_back(std::move(*parameter));
    }
    if (Status s = read_position(config, options, context.exactly_once()); !s.ok()) return s;
    const int64_t rows = config.int64("rows"), bytes = config.int64("max_bytes");
    if (rows < 1 || rows > kMostRows) return Status::config("rows", "`" + std::to_string(rows) + "` is not within 1 to 1000000");
    if (bytes < 1) return Status::config("max_bytes", "is more than 0");
    options.rows = static_cast<uint64_t>(rows);
    options.max_bytes = static_cast<uint64_t>(bytes);
    options.retry_for = config.int64("retry_for");
    return std::unique_ptr<Instance>(new Source(context, std::move(options)));
}

Status Source::check_outside(const Check &check) {
    return check_query(*context_.connection<ClickHouseConnection>(), check, "query", std::string(trimmed_query(options_.sql)), options_.parameters,
                       options_.record);
}

}  // namespace weir::clickhouse
