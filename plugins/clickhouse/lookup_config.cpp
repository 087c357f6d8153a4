// clickhouse.lookup: its parameters.
#include <algorithm>

#include <weir/config.hpp>

#include "bound_query.hpp"
#include "lookup.hpp"
#include "outside.hpp"

namespace weir::clickhouse {
namespace {

constexpr weir_param kName[] = {param("", WEIR_PARAM_STRING, "")};
constexpr weir_param kInputColumn[] = {param("", WEIR_PARAM_COLUMN, "")};
constexpr weir_param kLookupParams[] = {
    param("table", WEIR_PARAM_STRING, "The table: `database.table`, or one of the connection's database.").primary(),
    param("query", WEIR_PARAM_STRING, "Instead of `table`: a SELECT that gives its rows, `SELECT ... FROM customers FINAL`, say."),
    param("record", WEIR_PARAM_RECORD, "The table's columns that are read, those of the key among them.").required(),
    param("key", WEIR_PARAM_LIST, "The columns of the table by which rows are found. Of several rows with the same values one is taken.")
        .required()
        .scalar_or_list()
        .fields(kName),
    param("column", WEIR_PARAM_LIST, "The columns of the input that hold the key, in its order. By default they are called as the key's.")
        .scalar_or_list()
        .fields(kInputColumn),
    param("add", WEIR_PARAM_LIST, "The columns of the table that are added. By default all but the key's.").scalar_or_list().fields(kName),
    param("prefix", WEIR_PARAM_STRING, "Stands before the names of added columns."),
    param("missing", WEIR_PARAM_STRING,
          "What becomes of a row whose key the table does not have, or is null: its added columns are `null`, it goes to "
          "`errors` (`error`), or it is left out and counted (`drop`).")
        .default_json("\"null\"")
        .one_of(R"(["null","error","drop"])"),
    param("cache_for", WEIR_PARAM_DURATION, "How long a row, or that there is none, is remembered; 0s: every key is asked for with every batch.")
        .default_json("60000000"),
    param("cache_bytes", WEIR_PARAM_BYTES, "So much of it is remembered by each worker; what was used longest ago goes first.").default_json("67108864"),
    param("retry_for", WEIR_PARAM_DURATION, "How long the server is asked again while it cannot be reached; then the run fails.")
        .default_json("300000000"),
};

// The columns of the record with these names.
Result<std::vector<size_t>> columns_of(const Schema &record, const char *path, const std::vector<std::string> &names) {
    std::vector<size_t> out;
    for (const std::string &name : names) {
        const auto found = record.find(name);
        if (!found) return Status::config(path, "the record has no column `" + name + "`; it has " + to_string(record));
        if (std::find(out.begin(), out.end(), *found) != out.end()) return Status::config(path, "`" + name + "` is there twice");
        out.push_back(*found);
    }
    return out;
}

Result<std::string> from_of(const Config &config) {
    const std::string query(trimmed_query(config.string("query"))), table = config.string("table");
    if (query.empty() == table.empty()) return Status::config("table", "or `query`: one of them says where the rows are");
    if (!query.empty()) return query;
    if (table.front() == '.' || table.back() == '.') return Status::config("table", "`" + table + "` names no table: write `table`, or `database.table`");
    const size_t dot = table.find('.');
    if (dot == table.npos) return "SELECT * FROM " + quote_name(table);
    return "SELECT * FROM " + quote_name(table.substr(0, dot)) + "." + quote_name(table.substr(dot + 1));
}

Status read_key(const Config &config, LookupOptions &options) {
    auto key = columns_of(options.record, "key", config.strings("key"));
    if (!key) return key.status();
    if (key->empty()) return Status::config("key", "is empty: name the columns by which rows are found");
    for (const size_t i : *key) {
        const Field &field = options.record.fields[i];
        const bool is_exact = field.type.id != TypeId::kFloat32 && field.type.id != TypeId::kFloat64 && field.type.id != TypeId::kDecimal128;
        if (field.type.is_nested() || !is_exact || field.nullable)
            return Status::config("key", "`" + field.name + "` is " + to_string(field.type) + (field.nullable ? "?" : "") +
                                             ": integers, strings, dates, timestamps and bools that are never null can be a key");
    }
    options.key = *key;
    options.input_key = config.has("column") ? config.strings("column") : config.strings("key");
    if (options.input_key.size() != key->size()) return Status::config("column", "names as many columns as `key`, one for each");
    return {};
}

}  // namespace

const OperatorSpec kLookupSpec =
    operator_spec<Lookup>("clickhouse.lookup", "Adds columns of a ClickHouse table's row that is found by a key, and remembers it for a while.")
        .params(kLookupParams)
        .connection("clickhouse")
        .with(WEIR_OP_ONE_INPUT);

Result<std::unique_ptr<Instance>> Lookup::create(Context context, const Config &config) {
    LookupOptions options;
    auto from = from_of(config);
    if (!from) return from.status();
    options.from = *from;
    auto record = config.record("record");
    if (!record) return record.status();
    options.record = std::move(*record);
    if (Status s = read_key(config, options); !s.ok()) return s;
    auto added = columns_of(options.record, "add", config.strings("add"));
    if (!added) return added.status();
    options.added = *added;
    for (size_t i = 0; !config.has("add") && i < options.record.size(); ++i)
        if (std::find(options.key.begin(), options.key.end(), i) == options.key.end()) options.added.push_back(i);
    for (const size_t i : options.added)
        if (std::find(options.key.begin(), options.key.end(), i) != options.key.end())
            return Status::config("add", "`" + options.record.fields[i].name + "` is of the key, which the input has");
    options.prefix = config.string("prefix");
    const std::string missing = config.string("missing");
    options.missing = missing == "error" ? Missing::kError : missing == "drop" ? Missing::kDrop : Missing::kNull;
    options.cache_for = config.int64("cache_for");
    options.cache_bytes = static_cast<uint64_t>(std::max<int64_t>(config.int64("cache_bytes"), 0));
    options.retry_for = config.int64("retry_for");
    return std::unique_ptr<Instance>(new Lookup(context, std::move(options)));
}

Status Lookup::check_outside(const Check &check) {
    return check_query(*context_.connection<ClickHouseConnection>(), check, "", options_.from, {}, options_.record);
}

}  // namespace weir::clickhouse
