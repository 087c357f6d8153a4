#include "latest.hpp"

#include <algorithm>

namespace weir::latest {
namespace {

constexpr weir_param kLatestColumn[] = {param("", WEIR_PARAM_COLUMN, "")};
constexpr weir_param kLatestParams[] = {
    param("columns", WEIR_PARAM_LIST, "The columns to keep, beside the key. By default all, but metadata.").fields(kLatestColumn).scalar_or_list(),
    param("by", WEIR_PARAM_COLUMN,
          "The column whose time says which of two values is the later one; of equal times the one that came later. By default the "
          "order of arrival does."),
    param("ttl", WEIR_PARAM_DURATION,
          "A key without rows for so long is forgotten, on the time of `by` or, without it, by the clock. By default never."),
    param("emit", WEIR_PARAM_STRING, "Which rows lead to one: those that changed a value, or every one.")
        .default_json("\"changes\"")
        .one_of(R"(["changes","every"])"),
};

}  // namespace

constexpr OperatorSpec kLatestSpec =
    operator_spec<Latest>("latest", "Keeps for each key the last value of each column that was not null, such as a profile.")
        .params(kLatestParams)
        .with(WEIR_OP_KEYED | WEIR_OP_ONE_INPUT)
        .state(1, WEIR_STATE_BROADCAST);

Result<std::unique_ptr<Instance>> Latest::create(Context context, const Config &config) {
    if (config.has("ttl") && config.int64("ttl") <= 0) return Status::config("ttl", "is a time above 0, such as 30d");
    return std::unique_ptr<Instance>(new Latest(context, config));
}

Latest::Latest(Context context, const Config &config)
    : Instance(context),
      config_(config),
      by_(config.string("by")),
      every_(config.string("emit") == "every"),
      state_(context, "latest",
             {.version = 1,
              .ttl = {std::chrono::microseconds(config.int64("ttl")), by_.empty() ? WEIR_CLOCK_PROCESSING : WEIR_CLOCK_EVENT}}) {}

Status Latest::find_order(const Binding &binding) {
    if (by_.empty()) return {};
    const Schema &input = binding.input(0);
    const auto found = input.find(by_);
    if (!found) return Status::config("by", "the input has no column `" + by_ + "`; it has " + to_string(input));
    const Field &field = input.fields[*found];
    if (field.type.id != TypeId::kTimestamp || field.nullable)
        return Status::config("by", "`" + by_ + "` is " + to_string(field.type) + (field.nullable ? "?" : "") +
                                        ", and a time is a timestamp that is never null");
    by_column_ = *found;
    binding.reads(0, by_);
    return {};
}

Result<std::vector<size_t>> Latest::choose_columns(const Binding &binding) const {
    const Schema &input = binding.input(0);
    std::vector<size_t> out;
    const auto is_key = [&](size_t column) { return std::find(key_.begin(), key_.end(), column) != key_.end(); };
    if (!config_.has("columns")) {
        for (size_t i = 0; i < input.size(); ++i)
            if (!is_key(i) && !is_metadata_column(input.fields[i].name)) out.push_back(i);
        return out;
    }
    for (const std::string &name : config_.strings("columns")) {
        const auto found = input.find(name);
        if (!found) return Status::config("columns", "the input has no column `" + name + "`; it has " + to_string(input));
        if (is_key(*found)) return Status::config("columns", "`" + name + "` is a column of the key, which goes out by itself: leave it out");
        if (std::find(out.begin(), out.end(), *found) != out.end())
            return Status::config("columns", "`" + name + "` is there twice");
        out.push_back(*found);
    }
    return out;
}

Status Latest::bind(const Binding &binding) {
    const Schema &input = binding.input(0);
    const weir_bind_input &info = binding.input_info(0);
    binding.reads_nothing(0);
    if (Status s = find_order(binding); !s.ok()) return s;
    Schema kept, output;
    key_.clear();
    sent_.clear();
    for (uint64_t i = 0; i < info.n_key; ++i) {
        const auto found = input.find(view(info.key[i]));
        if (!found) return Status::config("", "the input has no column `" + std::string(view(info.key[i])) + "` of the key");
        key_.push_back(*found);
    }
    auto columns = choose_columns(binding);
    if (!columns) return columns.status();
    columns_ = std::move(*columns);
    std::erase_if(key_, [&](size_t c) { return !binding.wanted(0, input.fields[c].name); });
    for (const size_t c : key_) output.fields.push_back(input.fields[c]);
    for (size_t i = 0; i < columns_.size(); ++i) {
        Field field = input.fields[columns_[i]];
        field.event_time.reset();  // the latest value is not the row's
        kept.fields.push_back(field);
        binding.reads(0, field.name);
        if (!binding.wanted(0, field.name)) continue;
        output.fields.push_back(field);
        sent_.push_back(i);
    }
    for (Field &field : kept.fields) field.nullable = true;  // a column that was added later is null in older rows
    for (const size_t c : key_) binding.reads(0, input.fields[c].name);
    layouts_.bind(std::move(kept));
    offer_restored_check<Latest>(context_);
    binding.set_output(0, output);
    return {};
}

Status Latest::open() {
    const Status status = check_restored();
    return status.ok() ? layouts_.open() : status;
}

void Latest::load(const Kept &kept) {
    values_.assign(columns_.size(), {});
    const std::string_view row(kept.values.data, kept.values.size), times(kept.times.data, kept.times.size);
    if (row.empty()) return;
    std::vector<RowLayouts::Value> values;
    if (!layouts_.split(row, values)) throw std::runtime_error("the state of a key is damaged");
    for (size_t i = 0; i < values_.size(); ++i) {
        if (values[i].bytes) values_[i].bytes = std::string(*values[i].bytes);
        if (values[i].place && times.size() >= (*values[i].place + 1) * sizeof(int64_t))
            std::memcpy(&values_[i].time, times.data() + *values[i].place * sizeof(int64_t), sizeof(int64_t));
    }
}

void Latest::store(Kept &kept) {
    std::vector<std::optional<std::string_view>> values;
    std::string row, times;
    for (const Value &value : values_) {
        values.push_back(value.bytes ? std::optional<std::string_view>(*value.bytes) : std::nullopt);
        if (!by_.empty()) times.append(reinterpret_cast<const char *>(&value.time), sizeof value.time);
    }
    layouts_.begin_row(row);
    layouts_.codec().join(values, row);
    state_.set_text(kept.values, row);
    state_.set_text(kept.times, times);
}

// Whether the row changed a value.
bool Latest::take_row(const BatchView &batch, int64_t row, int64_t time) {
    bool changed = false;
    for (size_t i = 0; i < columns_.size(); ++i) {
        const Column column = batch.column(columns_[i]);
        Value &value = values_[i];
        if (column.is_null(row) || time < value.time) continue;
        bytes_.clear();
        append_row_value(bytes_, column, row);
        value.time = time;
        if (value.bytes && *value.bytes == bytes_) continue;
        value.bytes = bytes_;
        changed = true;
    }
    return changed;
}

Status Latest::process(const BatchView &batch, uint32_t) {
    if (batch.rows() == 0) return {};
    const int64_t *times = by_.empty() ? nullptr : batch.column(by_column_).values<int64_t>();
    auto kept = state_.update(batch, times);
    BatchBuilder out(layouts_.codec().schema());
    std::vector<int32_t> rows;
    const Kept *loaded = nullptr;
    for (int64_t row = 0; row < batch.rows(); ++row) {
        Kept &state = kept[row];
        if (&state != loaded) load(state);
        loaded = &state;
        const bool is_new = state.values.size == 0;
        const bool changed = take_row(batch, row, times ? times[row] : INT64_MAX);
        if (changed || is_new || times) store(state);
        if (!changed && !is_new && !every_) continue;
        std::string_view bytes(state.values.data, state.values.size);
        if (!layouts_.is_present(bytes)) {  // it was written by an older layout, and is unchanged
            store(state);
            bytes = {state.values.data, state.values.size};
            layouts_.is_present(bytes);
        }
        if (!layouts_.codec().decode(bytes, out)) throw std::runtime_error("the state of a key is damaged");
        rows.push_back(static_cast<int32_t>(row));
    }
    return emit(batch, rows, out);
}

Status Latest::emit(const BatchView &batch, const std::vector<int32_t> &rows, BatchBuilder &values) {
    if (rows.empty()) return {};
    std::vector<ArrowArray> columns;
    for (const size_t c : key_) {
        const Column from = batch.column(c);
        ColumnBuilder to(from.type());
        for (const int32_t row : rows) to.append_from(from, row);
        to.finish(&columns.emplace_back());
    }
    for (const size_t i : sent_) values.column(i).finish(&columns.emplace_back());
    ArrowArray out;
    make_struct(std::move(columns), static_cast<int64_t>(rows.size()), &out);
    return context_.emit_derived(0, out, batch.raw(), rows) ? Status() : Status::more();
}

}  // namespace weir::latest
