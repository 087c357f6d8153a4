// lookup_table: its parameters.
#include <algorithm>

#include "lookup_table.hpp"

namespace weir::lookup {
namespace {

constexpr weir_param kName[] = {param("", WEIR_PARAM_STRING, "")};
constexpr weir_param kInputColumn[] = {param("", WEIR_PARAM_COLUMN, "")};
constexpr weir_param kParams[] = {
    param("path", WEIR_PARAM_STRING, "The file, a row a line. A relative one begins where weir was started.").required().primary(),
    param("format", WEIR_PARAM_CODEC,
          "The codec of a line. `csv` and `tsv` with `header: true`, as it is by default, read the first line as the header.")
        .default_json(R"({"codec":"csv","config":{"header":true}})"),
    param("record", WEIR_PARAM_RECORD, "The table's columns.").required(),
    param("key", WEIR_PARAM_LIST, "The columns of the table by which rows are found. No two rows have the same values there.")
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
    param("reload", WEIR_PARAM_DURATION,
          "How often the file is looked at, and loaded anew if it has changed; 0s: never. Replace it by a rename: half a file is "
          "a table, too.")
        .default_json("5000000"),
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

}  // namespace

constexpr OperatorSpec kLookupTableSpec =
    operator_spec<LookupTable>("lookup_table",
                               "Adds columns of a file's row that is found by a key. The file is a small table, held in memory, and "
                               "loaded anew when it changes.")
        .params(kParams)
        .with(WEIR_OP_ONE_INPUT);

Result<std::unique_ptr<Instance>> LookupTable::create(Context context, const Config &config) {
    LookupOptions options;
    options.table.path = config.string("path");
    if (options.table.path.empty()) return Status::config("path", "is empty: name a file");
    auto record = config.record("record");
    if (!record) return record.status();
    options.table.record = *record;
    auto key = columns_of(*record, "key", config.strings("key"));
    if (!key) return key.status();
    if (key->empty()) return Status::config("key", "is empty: name the columns by which rows are found");
    options.table.key = *key;
    options.table.header = config.child("format").child("config").boolean("header");
    options.input_key = config.has("column") ? config.strings("column") : config.strings("key");
    if (options.input_key.size() != key->size()) return Status::config("column", "names as many columns as `key`, one for each");
    auto added = columns_of(*record, "add", config.strings("add"));
    if (!added) return added.status();
    options.added = *added;
    for (size_t i = 0; !config.has("add") && i < record->size(); ++i)
        if (std::find(key->begin(), key->end(), i) == key->end()) options.added.push_back(i);
    options.prefix = config.string("prefix");
    const std::string missing = config.string("missing");
    options.missing = missing == "error" ? Missing::kError : missing == "drop" ? Missing::kDrop : Missing::kNull;
    options.reload = config.int64("reload");
    auto made = std::make_unique<LookupTable>(context, std::move(options));
    auto codec = context.codec(config.text("format"));
    if (!codec) return codec.status();
    made->codec_ = *codec;
    return std::unique_ptr<Instance>(std::move(made));
}

}  // namespace weir::lookup
