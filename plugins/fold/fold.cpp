#include "fold.hpp"

#include <algorithm>
#include <numeric>

#include <weir/codec_call.hpp>

namespace weir::fold {
namespace {

constexpr weir_param kFoldColumn[] = {
    param("init", WEIR_PARAM_EXPRESSION, "What it is before a key's first row: an expression over that row. It gives the column's type.")
        .required(),
    param("next", WEIR_PARAM_EXPRESSION, "What it is behind a row: an expression over the row's columns and the state's, as they were before the "
          "row.")
        .required(),
};
constexpr weir_param kFoldColumns[] = {param("", WEIR_PARAM_OBJECT, "").fields(kFoldColumn)};
constexpr weir_param kKeptColumn[] = {param("", WEIR_PARAM_COLUMN, "")};
constexpr weir_param kFoldParams[] = {
    param("columns", WEIR_PARAM_MAP, "The state of a key: `{ visits: { init: 0, next: visits + 1 } }`.").required().fields(kFoldColumns),
    param("keep", WEIR_PARAM_LIST, "Columns of the row that go out beside the key and the state.").fields(kKeptColumn).scalar_or_list(),
    param("ttl", WEIR_PARAM_DURATION, "A key without rows for so long is forgotten and begins anew. By default never."),
    param("time", WEIR_PARAM_COLUMN, "The column whose time `ttl` goes by. By default it is when the row comes by."),
};

}  // namespace

constexpr OperatorSpec kFoldSpec =
    operator_spec<Fold>("fold", "Keeps columns for each key, made anew by each of its rows, such as counters; one row out for each row in.")
        .params(kFoldParams)
        .with(WEIR_OP_KEYED | WEIR_OP_ONE_INPUT)
        .state(1, WEIR_STATE_BROADCAST);

Result<std::unique_ptr<Instance>> Fold::create(Context context, const Config &config) {
    if (config.has("ttl") && config.int64("ttl") <= 0) return Status::config("ttl", "is a time above 0, such as 30d");
    if (config.has("time") && !config.has("ttl")) return Status::config("time", "belongs to `ttl`, which is not given");
    if (config.json().at("columns").empty()) return Status::config("columns", "has one column at least");
    return std::unique_ptr<Instance>(new Fold(context, config));
}

Fold::Fold(Context context, const Config &config)
    : Instance(context),
      config_(config),
      time_(config.string("time")),
      state_(context, "fold",
             {.version = 1,
              .ttl = {std::chrono::microseconds(config.int64("ttl")), time_.empty() ? WEIR_CLOCK_PROCESSING : WEIR_CLOCK_EVENT}}) {}

Status Fold::bind(const Binding &binding) {
    const Schema &input = binding.input(0);
    auto program = Program::compile(context_, input, config_.json().at("columns"));
    if (!program) return program.status();
    program_ = std::move(*program);
    init_ = ExpressionEvaluator(program_.init);
    next_ = ExpressionEvaluator(program_.next);
    layouts_.bind(program_.state);
    offer_restored_check<Fold>(context_);
    all_ = input;
    for (const Field &field : program_.state.fields) all_.fields.push_back(field);
    binding.reads_nothing(0);
    for (size_t i = 0; i < input.size(); ++i)
        if (program_.reads[i]) binding.reads(0, input.fields[i].name);
    if (Status s = bind_time(binding); !s.ok()) return s;
    return list_output(binding);
}

Status Fold::open() {
    const Status status = check_restored();
    return status.ok() ? layouts_.open() : status;
}

Status Fold::bind_time(const Binding &binding) {
    if (time_.empty()) return {};
    const Schema &input = binding.input(0);
    const auto found = input.find(time_);
    if (!found) return Status::config("time", "the input has no column `" + time_ + "`; it has " + to_string(input));
    const Field &field = input.fields[*found];
    if (field.type.id != TypeId::kTimestamp || field.nullable)
        return Status::config("time", "`" + time_ + "` is " + to_string(field.type) + (field.nullable ? "?" : "") +
                                          ", and a time is a timestamp that is never null");
    time_column_ = *found;
    binding.reads(0, time_);
    return {};
}

Status Fold::add_output(const Binding &binding, const Field &field, Column column) {
    for (const Field &other : output_.fields)
        if (other.name == field.name)
            return Status::config(column.of_state ? "columns." + field.name : "keep", "the result has a column `" + field.name + "` already");
    if (!binding.wanted(0, field.name)) return {};
    output_.fields.push_back(field);
    columns_.push_back(column);
    if (!column.of_state) binding.reads(0, field.name);
    return {};
}

// The key, the state, then what is kept of the row.
Status Fold::list_output(const Binding &binding) {
    const Schema &input = binding.input(0);
    const weir_bind_input &info = binding.input_info(0);
    output_ = {};
    columns_.clear();
    for (uint64_t i = 0; i < info.n_key; ++i) {
        const std::string name(view(info.key[i]));
        const auto found = input.find(name);
        if (!found) return Status::config("", "the input has no column `" + name + "` of the key");
        if (Status s = add_output(binding, input.fields[*found], {false, *found}); !s.ok()) return s;
    }
    for (size_t c = 0; c < program_.state.size(); ++c)
        if (Status s = add_output(binding, program_.state.fields[c], {true, c}); !s.ok()) return s;
    for (const std::string &name : config_.strings("keep")) {
        const auto found = input.find(name);
        if (!found && !binding.wanted(0, name)) continue;  // nobody reads it, so it does not come
        if (!found) return Status::config("keep", "the input has no column `" + name + "`; it has " + to_string(input));
        if (Status s = add_output(binding, input.fields[*found], {false, *found}); !s.ok()) return s;
    }
    binding.set_output(0, output_);
    return {};
}


Status Fold::process(const BatchView &batch, uint32_t) {
    const auto n = static_cast<size_t>(batch.rows());
    if (n == 0) return {};
    errors_.clear();
    next_rows_.assign(n, {});
    auto kept = state_.update(batch, time_.empty() ? nullptr : batch.column(time_column_).values<int64_t>());
    std::vector<const void *> slots(n);
    for (size_t row = 0; row < n; ++row) slots[row] = &kept[static_cast<int64_t>(row)];
    waves_.split(slots);
    for (size_t wave = 0; wave < waves_.size(); ++wave) run_wave(batch, waves_[wave], kept);
    // A key whose only rows failed has no state.
    for (const int32_t row : waves_[0])
        if (kept[row].row.size == 0) kept.clear(row);
    if (!errors_.empty()) {
        std::sort(errors_.begin(), errors_.end(), [](const RowError &a, const RowError &b) { return a.row < b.row; });
        context_.fail(batch, errors_);
    }
    return emit(batch);
}

void Fold::append_fresh(const std::vector<ArrowArray> &fresh, int64_t at, BatchBuilder &states) {
    for (size_t c = 0; c < fresh.size(); ++c) {
        const weir::Column column(&fresh[c], &program_.state.fields[c].type);
        states.column(c).append_from(column, at);
    }
}

// A state that older columns were kept of; what it does not know is null here, and set by the caller.
void Fold::append_state(std::string_view row, BatchBuilder &states) {
    std::string_view values = row;
    const bool present = layouts_.is_present(values);
    if (!present || !layouts_.codec().decode(values, states)) throw std::runtime_error("the state of a key is damaged");
}

// The states before the rows, for those rows whose `init` did not fail.
std::vector<int32_t> Fold::begin_states(const BatchView &batch, std::span<const int32_t> rows, Values<Kept> &kept,
                                        BatchBuilder &states) {
    const auto text_of = [&](int32_t row) { return std::string_view(kept[row].row.data, kept[row].row.size); };
    std::vector<int32_t> fresh_rows, failed;
    for (const int32_t row : rows) {
        std::string_view text = text_of(row);
        if (text.empty() || !layouts_.is_present(text)) fresh_rows.push_back(row);
    }
    std::vector<ArrowArray> fresh;
    if (!fresh_rows.empty()) {
        init_.begin(batch, 0, batch.rows(), context_.now());
        std::vector<uint8_t> outcomes(fresh_rows.size());
        for (const uint32_t number : program_.init_of) {
            init_.evaluate(number, fresh_rows, static_cast<int64_t>(fresh_rows.size()), outcomes.data());
            std::vector<int32_t> good;
            for (size_t i = 0; i < fresh_rows.size(); ++i)
                (outcomes[i] == WEIR_OUTCOME_FAILED ? failed : good).push_back(fresh_rows[i]);
            fresh_rows = std::move(good);
            if (fresh_rows.empty()) break;
        }
        std::vector<int32_t> all(static_cast<size_t>(batch.rows()));
        std::iota(all.begin(), all.end(), 0);
        fail_rows(init_, true, all);
        for (const uint32_t number : program_.init_of)
            if (!fresh_rows.empty()) fresh.push_back(init_.values(number, fresh_rows, static_cast<int64_t>(fresh_rows.size())));
    }
    std::vector<int32_t> out;
    std::sort(failed.begin(), failed.end());
    std::vector<RowLayouts::Value> values;
    for (int64_t next = 0; const int32_t row : rows) {
        if (std::binary_search(failed.begin(), failed.end(), row)) continue;
        out.push_back(row);
        const bool is_fresh = static_cast<size_t>(next) < fresh_rows.size() && fresh_rows[static_cast<size_t>(next)] == row;
        if (!is_fresh) {
            append_state(text_of(row), states);
            continue;
        }
        // Of a state in an older layout, what it has is kept.
        const bool older = !text_of(row).empty();
        if (older && !layouts_.split(text_of(row), values)) throw std::runtime_error("the state of a key is damaged");
        if (!older) append_fresh(fresh, next, states);
        for (size_t c = 0; older && c < fresh.size(); ++c) {
            ColumnBuilder &to = states.column(c);
            if (!values[c].place) to.append_from(weir::Column(&fresh[c], &program_.state.fields[c].type), next);
            else if (!values[c].bytes) to.append_null();
            else if (std::string_view bytes = *values[c].bytes; !take_row_value(bytes, to)) throw std::runtime_error("the state of a key is damaged");
        }
        ++next;
    }
    for (ArrowArray &array : fresh) array.release(&array);
    return out;
}

void Fold::fail_rows(ExpressionEvaluator &evaluator, bool init, const std::vector<int32_t> &rows) {
    const std::vector<uint32_t> &numbers = init ? program_.init_of : program_.next_of;
    for (const weir_expression_error &error : evaluator.errors()) {
        const auto found = std::find(numbers.begin(), numbers.end(), error.expression);
        const std::string field = found == numbers.end() ? "" : program_.state.fields[static_cast<size_t>(found - numbers.begin())].name;
        errors_.push_back({rows[static_cast<size_t>(error.row)], std::string(view(error.code)), field, std::string(view(error.message))});
    }
}

void Fold::run_wave(const BatchView &batch, std::span<const int32_t> rows, Values<Kept> &kept) {
    BatchBuilder builder(program_.state);
    const std::vector<int32_t> taken = begin_states(batch, rows, kept, builder);
    if (taken.empty()) return;
    const auto n = static_cast<int64_t>(taken.size());
    ArrowArray states, chosen{};
    builder.finish(&states);
    const ArrowArray *input = batch.raw().array;
    if (n < batch.rows()) {
        gather(batch.schema(), *input, taken.data(), n, &chosen);
        input = &chosen;
    }
    std::vector<ArrowArray *> children(input->children, input->children + input->n_children);
    children.insert(children.end(), states.children, states.children + states.n_children);
    const void *no_nulls = nullptr;
    ArrowArray both{};
    both.length = n;
    both.n_buffers = 1;
    both.buffers = &no_nulls;
    both.n_children = static_cast<int64_t>(children.size());
    both.children = children.data();
    weir_batch raw{};
    raw.size = sizeof raw;
    raw.rows = n;
    raw.array = &both;

    next_.begin(BatchView(raw, all_), 0, n, context_.now());
    std::vector<int32_t> good(static_cast<size_t>(n));
    std::iota(good.begin(), good.end(), 0);
    std::vector<uint8_t> outcomes(good.size());
    for (const uint32_t number : program_.next_of) {
        if (good.empty()) break;
        next_.evaluate(number, good, static_cast<int64_t>(good.size()), outcomes.data());
        for (size_t i = good.size(); i-- > 0;)
            if (outcomes[i] == WEIR_OUTCOME_FAILED) good.erase(good.begin() + static_cast<std::ptrdiff_t>(i));
    }
    fail_rows(next_, false, taken);
    std::vector<ArrowArray> values;
    std::vector<weir::Column> columns;
    for (const uint32_t number : program_.next_of)
        if (!good.empty()) values.push_back(next_.values(number, good, static_cast<int64_t>(good.size())));
    for (size_t c = 0; c < values.size(); ++c) columns.emplace_back(&values[c], &program_.state.fields[c].type);
    for (size_t i = 0; i < good.size(); ++i) {
        const int32_t row = taken[static_cast<size_t>(good[i])];
        std::string &bytes = next_rows_[static_cast<size_t>(row)];
        layouts_.begin_row(bytes);
        layouts_.codec().encode(columns, static_cast<int64_t>(i), bytes);
        state_.set_text(kept[row].row, bytes);
    }
    for (ArrowArray &array : values) array.release(&array);
    states.release(&states);
    if (chosen.release) chosen.release(&chosen);
}

Status Fold::emit(const BatchView &batch) {
    std::vector<int32_t> rows;
    for (size_t row = 0; row < next_rows_.size(); ++row)
        if (!next_rows_[row].empty()) rows.push_back(static_cast<int32_t>(row));
    if (rows.empty()) return {};
    BatchBuilder states(program_.state);
    for (const int32_t row : rows) append_state(next_rows_[static_cast<size_t>(row)], states);
    ArrowArray state_columns;
    states.finish(&state_columns);
    std::vector<ArrowArray> columns;
    for (const Column &column : columns_) {
        if (column.of_state) {
            columns.push_back(std::exchange(*state_columns.children[column.index], ArrowArray{}));
        } else if (rows.size() == next_rows_.size()) {
            columns.push_back(context_.retain_column(batch, column.index));
        } else {
            const weir::Column from = batch.column(column.index);
            ColumnBuilder to(from.type());
            for (const int32_t row : rows) to.append_from(from, row);
            to.finish(&columns.emplace_back());
        }
    }
    state_columns.release(&state_columns);
    ArrowArray out;
    make_struct(std::move(columns), static_cast<int64_t>(rows.size()), &out);
    return context_.emit_derived(0, out, batch.raw(), rows) ? Status() : Status::more();
}

}  // namespace weir::fold
