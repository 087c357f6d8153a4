#include "lookup_table.hpp"

#include <sys/stat.h>

#include <algorithm>

#include <weir/builder.hpp>
#include <weir/ext/memory.h>
#include <weir/row_json.hpp>

namespace weir::lookup {
namespace {

// Tells two states of a file apart; empty: it cannot be looked at.
std::string version_of(const std::string &path) {
    struct stat found {};
    if (::stat(path.c_str(), &found)) return {};
    return std::to_string(found.st_dev) + ":" + std::to_string(found.st_ino) + ":" + std::to_string(found.st_size) + ":" +
           std::to_string(found.st_mtim.tv_sec) + "." + std::to_string(found.st_mtim.tv_nsec);
}

}  // namespace

LookupTable::LookupTable(Context context, LookupOptions options)
    : Instance(context),
      options_(std::move(options)),
      shared_(shared_by_node<SharedTable>(context)),
      missing_metric_(context.metric("missing", WEIR_METRIC_COUNTER, "Rows whose key the table does not have.")),
      loads_metric_(context.metric("loads", WEIR_METRIC_COUNTER, "How often the file was loaded.")),
      failures_metric_(context.metric("failed_loads", WEIR_METRIC_COUNTER, "How often a changed file could not be loaded.")) {}

Status LookupTable::bind(const Binding &binding) {
    const Schema &in = binding.input(0);
    const Schema &record = options_.table.record;
    key_.clear();
    passed_.clear();
    made_.clear();
    out_ = {};
    binding.reads_nothing(0);  // but what follows
    for (size_t i = 0; i < options_.input_key.size(); ++i) {
        const std::string &name = options_.input_key[i];
        const Field &field = record.fields[options_.table.key[i]];
        const auto found = in.find(name);
        if (!found) return Status::config("column", "the input has no column `" + name + "`; it has " + to_string(in));
        if (in.fields[*found].type != field.type)
            return Status::config("column", "`" + name + "` is " + to_string(in.fields[*found].type) + ", and `" + field.name +
                                                "` of the table " + to_string(field.type) + ": give both one type");
        binding.reads(0, name);
        key_.push_back(*found);
    }
    for (size_t i = 0; i < in.size(); ++i) {
        if (!binding.wanted(0, in.fields[i].name)) continue;
        binding.reads(0, in.fields[i].name);
        passed_.push_back(i);
        out_.fields.push_back(in.fields[i]);
    }
    for (size_t i : options_.added) {
        Field field = record.fields[i];
        field.name = options_.prefix + field.name;
        field.nullable = field.nullable || options_.missing == Missing::kNull;
        if (!binding.wanted(0, field.name)) continue;
        if (out_.find(field.name))
            return Status::config("prefix", "the input has a column `" + field.name + "` already: a `prefix` tells the table's apart");
        made_.push_back(i);
        out_.fields.push_back(std::move(field));
    }
    binding.set_output(0, out_);
    return bind_decode(codec_, record);
}

Status LookupTable::open() {
    std::lock_guard lock(shared_->mutex);
    if (shared_->table) return {};
    shared_->looked_at = context_.now();
    return load();
}

Status LookupTable::load() {
    std::string version = version_of(options_.table.path);
    auto table = Table::load(options_.table, codec_);
    shared_->version = std::move(version);  // also of one that is wrong: it is not tried again as it is
    if (!table) return table.status();
    shared_->table = *table;
    context_.metric_add(loads_metric_, 1);
    const weir_host &host = *context_.raw()->host;
    auto *memory = host.extension ? static_cast<const weir_memory_api *>(host.extension(&host, WEIR_EXT_MEMORY)) : nullptr;
    if (memory) memory->hold(context_.raw(), shared_->table->bytes());
    return {};
}

// A file that has become wrong leaves the table as it was.
std::shared_ptr<const Table> LookupTable::current() {
    std::lock_guard lock(shared_->mutex);
    const int64_t now = context_.now();
    if (!options_.reload || now - shared_->looked_at < options_.reload) return shared_->table;
    shared_->looked_at = now;
    if (version_of(options_.table.path) == shared_->version) return shared_->table;
    if (Status s = load(); s.ok()) {
        context_.log(WEIR_LOG_INFO, "`" + options_.table.path + "` has changed: " + std::to_string(shared_->table->size()) + " rows");
    } else {
        context_.metric_add(failures_metric_, 1);
        context_.log(WEIR_LOG_WARNING, s.message() + "; the table stays as it was");
    }
    return shared_->table;
}

std::string LookupTable::key_text(const BatchView &batch, int64_t row) const {
    std::string text;
    for (size_t i = 0; i < key_.size(); ++i) {
        text += (i ? ", " : "") + options_.table.record.fields[options_.table.key[i]].name + " = ";
        append_json_value(text, batch.column(key_[i]), row);
    }
    return text;
}

Status LookupTable::process(const BatchView &batch, uint32_t) {
    const std::shared_ptr<const Table> table = current();
    std::vector<int32_t> rows;
    std::vector<const Table::Place *> found;
    std::vector<RowError> failed;
    int64_t missing = 0;
    std::string key;
    for (int64_t row = 0; row < batch.rows(); ++row) {
        key.clear();
        const bool whole = std::all_of(key_.begin(), key_.end(), [&](size_t i) { return append_key(key, batch.column(i), row); });
        const Table::Place *place = whole ? table->find(key) : nullptr;
        missing += !place;
        if (!place && options_.missing == Missing::kError)
            failed.push_back({row, "missing", options_.input_key[0], "no row of `" + options_.table.path + "` has " + key_text(batch, row)});
        if (!place && options_.missing != Missing::kNull) continue;
        rows.push_back(static_cast<int32_t>(row));
        found.push_back(place);
    }
    context_.metric_add(missing_metric_, missing);
    context_.fail(batch, failed);
    return rows.empty() || emit(batch, *table, rows, found) ? Status() : Status::more();
}

bool LookupTable::emit(const BatchView &batch, const Table &table, const std::vector<int32_t> &rows,
                       const std::vector<const Table::Place *> &found) {
    const bool whole = static_cast<int64_t>(rows.size()) == batch.rows();
    std::vector<ArrowArray> columns;
    for (size_t i : passed_) {
        if (whole) {
            columns.push_back(context_.retain_column(batch, i));
            continue;
        }
        const Column column = batch.column(i);
        ColumnBuilder to(column.type());
        for (int32_t row : rows) to.append_from(column, row);
        to.finish(&columns.emplace_back());
    }
    for (size_t i : made_) {
        ColumnBuilder to(options_.table.record.fields[i].type);
        for (const Table::Place *place : found) {
            if (place)
                to.append_from(table.column(*place, i), place->row);
            else
                to.append_null();
        }
        to.finish(&columns.emplace_back());
    }
    ArrowArray array;
    make_struct(std::move(columns), static_cast<int64_t>(rows.size()), &array);
    return context_.emit_derived(0, array, batch.raw(), rows);
}

}  // namespace weir::lookup
