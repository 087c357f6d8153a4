#include "kept_rows.hpp"

#include <algorithm>
#include <deque>

#include <weir/aggregation.hpp>

#include "windows.hpp"

namespace weir::window {
namespace {

constexpr const char *kRowsBehind = "rows_behind", *kSecondsBehind = "seconds_behind";

struct KeptRow {
    int64_t time;
    std::string columns;  // in the form of keys
};
using List = std::vector<KeptRow>;  // in order of arrival

class KeptRows final : public States {
public:
    KeptRows(Context context, const Spec &spec, const Layout &layout, const Schema &input)
        : context_(context), spec_(spec), input_(input), aggregation_(layout.aggregation), evaluator_(layout.aggregation),
          columns_(layout.columns_only) {}

    Status bind(const Config &config);

    std::vector<std::string> reads() const override { return names_; }
    size_t bytes() const override { return 16; }
    Status update(const Rows &from, std::span<const int32_t> rows, std::span<void *const> states) override;
    Status merge(std::span<void *const> into, std::span<const void *const> from) override;
    Status results(std::span<const void *const> states, const ArrowArray &group, bool sent, ArrowArray *out) override;
    std::string signature() const override { return to_string(codec_.key_schema()); }
    const std::vector<StateError> &errors() const override { return errors_; }
    Status save(const void *state, std::string &out) const override;
    Status load(void *state, std::string_view bytes) const override;
    void drop(void *state) const override {
        delete list(state);
        list(state) = nullptr;
    }
    uint64_t outside_bytes(const void *state) const override {
        const List *rows = list(state);
        if (!rows) return 0;
        uint64_t bytes = sizeof(List) + rows->capacity() * sizeof(KeptRow);
        for (const KeptRow &row : *rows) bytes += row.columns.capacity();
        return bytes;
    }

private:
    static List *&list(void *state) { return *static_cast<List **>(state); }
    static const List *list(const void *state) { return *static_cast<List *const *>(state); }
    static List &made(void *state) {
        if (!list(state)) list(state) = new List;
        return *list(state);
    }
    Status try_rows(const Rows &from, std::span<const int32_t> rows);
    Status evict(List &rows);
    Status evict_by_expression(List &rows);
    Status judge(List &rows, size_t begin, const void *state, int64_t newest, List &kept);
    ArrowArray make_rows(const KeptRow *first, size_t n, const int64_t *newest) const;
    Status add_up(AggregationEvaluator &evaluator, const List &rows, int64_t group, void *state);

    Context context_;
    const Spec &spec_;
    const Schema input_;
    const Aggregation &aggregation_;
    AggregationEvaluator evaluator_, columns_;
    Schema judged_;  // the input, and how far a row is behind the newest
    std::vector<std::string> names_;  // of the columns that are kept
    KeyCodec codec_;
    Aggregation keep_;  // keep.when: a condition on a row of judged_, over aggregates of all rows
    AggregationEvaluator judge_;
    GroupTable scratch_{0};
    std::vector<StateError> errors_;
};

Status KeptRows::bind(const Config &config) {
    std::vector<uint8_t> columns = aggregation_.row_columns();
    if (spec_.keep_when) {
        judged_ = input_;
        judged_.fields.push_back({kRowsBehind, type_of(TypeId::kInt64), false});
        judged_.fields.push_back({kSecondsBehind, type_of(TypeId::kFloat64), false});
        auto compiler = AggregationCompiler::create(context_, input_, judged_);
        if (!compiler) return compiler.status();
        const auto when = compiler->add(config.child("keep").json().at("when"), "keep.when");
        if (!when) return when.status();
        if (const Type type = compiler->field(when.value(), "").type; type.id != TypeId::kBool)
            return Status::config("keep.when", "is " + to_string(type) + ", and a condition is true or false");
        keep_ = compiler->finish();
        judge_ = AggregationEvaluator(keep_);
        const std::vector<uint8_t> by_aggregates = keep_.row_columns(), by_row = keep_.group_columns();
        for (size_t i = 0; i < columns.size(); ++i) columns[i] |= by_aggregates[i] | by_row[i];
    }
    for (size_t i = 0; i < columns.size(); ++i) {
        if (!columns[i]) continue;
        if (input_.fields[i].type.is_nested())
            return Status::config("keep", "rows are kept with the columns that are read, and `" + input_.fields[i].name + "` is " +
                                              to_string(input_.fields[i].type) + ": take out what is needed with `set`");
        names_.push_back(input_.fields[i].name);
    }
    codec_ = KeyCodec(input_, names_);
    scratch_ = GroupTable(aggregation_.state_bytes());
    return {};
}

// Whether the aggregates take each row by itself.
Status KeptRows::try_rows(const Rows &from, std::span<const int32_t> rows) {
    Group &trial = scratch_.at(0, "");
    const std::vector<void *> states(rows.size(), trial.state());
    Status status = evaluator_.update(from.batch, rows, states, context_.now());
    errors_.clear();
    if (status.ok()) append_errors(evaluator_, errors_);
    aggregation_.drop(trial.state());
    return status;
}

Status KeptRows::update(const Rows &from, std::span<const int32_t> rows, std::span<void *const> states) {
    if (Status s = try_rows(from, rows); !s.ok()) return s;
    KeyBatch encoded;
    codec_.encode(*from.batch.raw().array, encoded);
    auto error = errors_.begin();
    for (size_t i = 0; i < rows.size(); ++i) {
        if (error != errors_.end() && error->row == static_cast<int64_t>(i)) {
            ++error;
            continue;
        }
        const auto row = static_cast<size_t>(rows[i]);
        made(states[i]).push_back({from.times[row], std::string(encoded.view(row))});
    }
    return {};
}

Status KeptRows::merge(std::span<void *const> into, std::span<const void *const> from) {
    for (size_t i = 0; i < into.size(); ++i)
        if (const List *rows = list(from[i])) made(into[i]).insert(made(into[i]).end(), rows->begin(), rows->end());
    return {};
}

// Rows as a batch of the input; columns that nobody reads are null. With `newest`, of judged_.
ArrowArray KeptRows::make_rows(const KeptRow *first, size_t n, const int64_t *newest) const {
    BatchBuilder kept(codec_.key_schema());
    for (size_t i = 0; i < n; ++i)
        if (!codec_.decode(first[i].columns, kept)) throw std::logic_error("a row that was not encoded here");
    std::vector<ArrowArray> columns;
    size_t next = 0;
    for (const Field &field : input_.fields) {
        ArrowArray &column = columns.emplace_back();
        if (next < names_.size() && field.name == names_[next]) {
            kept.column(next++).finish(&column);
            continue;
        }
        ColumnBuilder nulls(field.type);
        for (size_t i = 0; i < n; ++i) nulls.append_null();
        nulls.finish(&column);
    }
    if (newest) {
        ColumnBuilder rows(type_of(TypeId::kInt64)), seconds(type_of(TypeId::kFloat64));
        for (size_t i = 0; i < n; ++i) {
            rows.append(static_cast<int64_t>(n - 1 - i) + newest[1]);
            seconds.append(static_cast<double>(newest[0] - first[i].time) / 1e6);
        }
        rows.finish(&columns.emplace_back());
        seconds.finish(&columns.emplace_back());
    }
    ArrowArray out;
    make_struct(std::move(columns), static_cast<int64_t>(n), &out);
    return out;
}

Status KeptRows::evict(List &rows) {
    if (rows.empty()) return {};
    if (spec_.keep_last) {
        int64_t newest = INT64_MIN;
        for (const KeptRow &row : rows) newest = std::max(newest, row.time);
        std::erase_if(rows, [&](const KeptRow &row) { return newest - row.time >= spec_.keep_last; });
    }
    if (spec_.keep_when)
        if (Status s = evict_by_expression(rows); !s.ok()) return s;
    const auto most = static_cast<size_t>(spec_.keep_rows);
    if (most && rows.size() > most) rows.erase(rows.begin(), rows.end() - static_cast<ptrdiff_t>(most));
    return {};
}

Status KeptRows::evict_by_expression(List &rows) {
    GroupTable all(keep_.state_bytes());
    void *state = all.at(0, "").state();
    errors_.clear();
    Status status = add_up(judge_, rows, 0, state);
    int64_t newest = INT64_MIN;
    for (const KeptRow &row : rows) newest = std::max(newest, row.time);
    List kept;
    for (size_t begin = 0; begin < rows.size() && status.ok(); begin += WEIR_BATCH_MAX_ROWS)
        status = judge(rows, begin, state, newest, kept);
    keep_.drop(state);
    if (status.ok()) rows = std::move(kept);
    return status;
}

// Of one batch of rows, those that stay. One for which the condition fails does: it is no reason to lose it.
Status KeptRows::judge(List &rows, size_t begin, const void *state, int64_t newest, List &kept) {
    const size_t n = std::min<size_t>(WEIR_BATCH_MAX_ROWS, rows.size() - begin);
    const int64_t behind[2] = {newest, static_cast<int64_t>(rows.size() - begin - n)};
    ArrowArray array = make_rows(&rows[begin], n, behind), values{};
    const std::vector<const void *> states(n, state);
    Status status = judge_.results(states, array, context_.now(), &values);
    if (status.ok()) {
        const Type type = type_of(TypeId::kBool);
        const Column column(values.children[0], &type);
        std::vector<uint8_t> stays(n);
        for (size_t i = 0; i < n; ++i) {
            const auto row = static_cast<int64_t>(i);
            stays[i] = !column.is_null(row) && column.bool_value(row);
        }
        for (const weir_expression_error &error : judge_.errors()) stays[static_cast<size_t>(error.row)] = 1;
        for (size_t i = 0; i < n; ++i)
            if (stays[i]) kept.push_back(std::move(rows[begin + i]));
        values.release(&values);
    }
    array.release(&array);
    return status;
}

Status KeptRows::add_up(AggregationEvaluator &evaluator, const List &rows, int64_t group, void *state) {
    for (size_t begin = 0; begin < rows.size(); begin += WEIR_BATCH_MAX_ROWS) {
        const size_t n = std::min<size_t>(WEIR_BATCH_MAX_ROWS, rows.size() - begin);
        ArrowArray array = make_rows(&rows[begin], n, nullptr);
        weir_batch batch{};
        batch.size = sizeof batch;
        batch.rows = array.length;
        batch.array = &array;
        const std::vector<void *> states(n, state);
        Status status = evaluator.update(BatchView(batch, input_), {}, states, context_.now());
        array.release(&array);
        if (!status.ok()) return status;
        const auto failed = evaluator.errors();
        if (!failed.empty() && (errors_.empty() || errors_.back().row != group))
            errors_.push_back({group, failed[0].expression, std::string(view(failed[0].code)), std::string(view(failed[0].message))});
    }
    return {};
}

Status KeptRows::results(std::span<const void *const> states, const ArrowArray &group, bool sent, ArrowArray *out) {
    GroupTable sums(aggregation_.state_bytes());
    std::vector<const void *> of;
    Status status;
    std::deque<List> tried;  // of results that may come to nothing
    std::vector<const List *> kept;
    for (const void *state : states) {
        auto *rows = const_cast<List *>(list(state));
        if (rows && !sent) rows = &tried.emplace_back(*rows);
        if (rows && status.ok()) status = evict(*rows);
        kept.push_back(rows);
    }
    errors_.clear();
    for (size_t i = 0; i < states.size() && status.ok(); ++i) {
        Group &sum = sums.at(i * 0x9E3779B97F4A7C15, std::string_view(reinterpret_cast<const char *>(&i), sizeof i));
        of.push_back(sum.state());
        if (kept[i]) status = add_up(evaluator_, *kept[i], static_cast<int64_t>(i), sum.state());
    }
    AggregationEvaluator &evaluator = sent ? columns_ : evaluator_;
    if (status.ok()) status = evaluator.results(of, group, context_.now(), out);
    if (status.ok()) append_errors(evaluator, errors_);
    std::stable_sort(errors_.begin(), errors_.end(), [](const StateError &a, const StateError &b) { return a.row < b.row; });
    errors_.erase(std::unique(errors_.begin(), errors_.end(), [](const StateError &a, const StateError &b) { return a.row == b.row; }),
                  errors_.end());
    for (Group *sum : sums.groups()) aggregation_.drop(sum->state());
    return status;
}

Status KeptRows::save(const void *state, std::string &out) const {
    const List *rows = list(state);
    window::put(out, static_cast<uint32_t>(rows ? rows->size() : 0));
    for (size_t i = 0; rows && i < rows->size(); ++i) {
        window::put(out, (*rows)[i].time);
        put_text(out, (*rows)[i].columns);
    }
    return {};
}

Status KeptRows::load(void *state, std::string_view bytes) const {
    uint32_t n = 0;
    bool good = window::take(bytes, n);
    for (uint32_t i = 0; good && i < n; ++i) {
        KeptRow row;
        std::string_view columns;
        good = window::take(bytes, row.time) && take_text(bytes, columns);
        row.columns = columns;
        BatchBuilder test(codec_.key_schema());
        good = good && codec_.decode(row.columns, test);
        if (good) made(state).push_back(std::move(row));
    }
    return good && bytes.empty() ? Status() : Status::state_version("an entry of the state is damaged");
}

}  // namespace

Result<std::unique_ptr<States>> make_kept_rows(Context context, const Spec &spec, const Layout &layout, const Schema &input,
                                               const Config &config) {
    auto out = std::make_unique<KeptRows>(context, spec, layout, input);
    if (Status s = out->bind(config); !s.ok()) return s;
    return std::unique_ptr<States>(std::move(out));
}

}  // namespace weir::window
