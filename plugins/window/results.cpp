#include "results.hpp"

#include <numeric>

namespace weir::window {
namespace {

const char *name_of(Pane pane) { return pane == Pane::kEarly ? "early" : pane == Pane::kOnTime ? "on time" : "late"; }

std::vector<std::string> names_of(const Schema &schema) {
    std::vector<std::string> names;
    for (const Field &field : schema.fields) names.push_back(field.name);
    return names;
}

void release(ArrowArray &array) {
    if (array.release) array.release(&array);
}

}  // namespace

Results::Results(Context context, const Layout &layout, States &store)
    : context_(context),
      layout_(layout),
      store_(store),
      sent_codec_(layout.all, names_of(layout.all)) {
    export_schema(layout.group, &group_schema_);
}

Results::~Results() {
    for (ArrowArray &rows : ready_) release(rows);
    group_schema_.release(&group_schema_);
}

void Results::add(std::string_view key, const void *state, Bounds bounds, Pane pane, std::string *last) {
    keys_.push_back(key);
    states_.push_back(state);
    bounds_.push_back(bounds);
    panes_.push_back(pane);
    lasts_.push_back(last);
}

void Results::add_delete(std::string last) { deleted_.emplace_back(keys_.size(), std::move(last)); }

ArrowArray Results::group_columns() {
    const size_t n = keys_.size();
    BatchBuilder group(layout_.group);
    for (std::string_view key : keys_)
        if (!layout_.codec.decode(key, group)) throw std::logic_error("a key that was not encoded here");
    for (const Pane pane : panes_) group.column(layout_.pane()).append_text(name_of(pane));
    if (layout_.bounded) {
        auto *starts = group.column(layout_.start()).append_n<int64_t>(static_cast<int64_t>(n));
        auto *ends = group.column(layout_.end()).append_n<int64_t>(static_cast<int64_t>(n));
        for (size_t i = 0; i < n; ++i) {
            starts[i] = bounds_[i].start;
            ends[i] = bounds_[i].end;
        }
    }
    ArrowArray out;
    group.finish(&out);
    return out;
}

Status Results::build() {
    if (keys_.empty() && deleted_.empty()) return {};
    ArrowArray group = group_columns(), results{};
    Status status = keys_.empty() ? Status() : store_.results(states_, group, true, &results);
    if (status.ok()) {
        failed_.assign(keys_.size(), 0);
        if (!keys_.empty()) fail(group, store_.errors());
        ArrowArray rows = layout_.changelog ? take_changes(group, results) : take_plain(group, results);
        sent_ += rows.length;
        if (rows.length) ready_.push_back(rows);
        else release(rows);
    }
    release(group);
    release(results);
    clear();
    return status;
}

void Results::clear() {
    keys_.clear();
    states_.clear();
    bounds_.clear();
    panes_.clear();
    lasts_.clear();
    deleted_.clear();
}

// A column that has no value yet is told of when a result is due.
Status Results::test(std::vector<uint8_t> &fired) {
    fired.assign(keys_.size(), 0);
    if (keys_.empty()) return {};
    ArrowArray group = group_columns(), results{};
    Status status = store_.results(states_, group, false, &results);
    if (status.ok()) {
        const Column column(results.children[*layout_.trigger], &bool_);
        for (size_t i = 0; i < fired.size(); ++i) {
            const auto row = static_cast<int64_t>(i);
            fired[i] = !column.is_null(row) && column.bool_value(row);
        }
        std::vector<StateError> errors;
        for (const StateError &error : store_.errors()) {
            fired[static_cast<size_t>(error.row)] = 0;
            if (error.expression == *layout_.trigger) errors.push_back(error);
        }
        failed_.assign(keys_.size(), 0);
        fail(group, errors);
    }
    release(group);
    release(results);
    clear();
    return status;
}

// The group's row is what is left of the records that it came from.
void Results::fail(const ArrowArray &group, const std::vector<StateError> &errors) {
    if (errors.empty()) return;
    std::vector<RowError> rows;
    for (const StateError &error : errors) {
        failed_[static_cast<size_t>(error.row)] = 1;
        std::string column = layout_.trigger == error.expression ? "early.when" : "";
        for (size_t i = 0; i < layout_.all.size(); ++i)
            if (layout_.all_columns[i].from == Layout::Column::From::kResult && layout_.all_columns[i].index == error.expression)
                column = layout_.all.fields[i].name;
        rows.push_back({error.row, error.code, column, error.message});
    }
    weir_batch batch{};
    batch.size = sizeof batch;
    batch.rows = group.length;
    batch.split = WEIR_NO_SPLIT;
    batch.schema = &group_schema_;
    batch.array = const_cast<ArrowArray *>(&group);
    context_.fail(batch, rows);
}

// Moves the columns out of both arrays.
ArrowArray Results::take_plain(ArrowArray &group, ArrowArray &results) {
    std::vector<ArrowArray> columns;
    for (const Layout::Column &c : layout_.columns) {
        ArrowArray &from = c.from == Layout::Column::From::kGroup ? *group.children[c.index] : *results.children[c.index];
        columns.push_back(from);
        from.release = nullptr;
    }
    ArrowArray rows;
    make_struct(std::move(columns), group.length, &rows);
    std::vector<int32_t> good;
    for (size_t i = 0; i < failed_.size(); ++i)
        if (!failed_[i]) good.push_back(static_cast<int32_t>(i));
    if (good.size() == failed_.size()) return rows;
    ArrowArray chosen;
    gather(layout_.output, rows, good.data(), static_cast<int64_t>(good.size()), &chosen);
    release(rows);
    return chosen;
}

void Results::append_sent(const std::string &last, Op op, BatchBuilder &to) {
    BatchBuilder row(layout_.all);
    if (!sent_codec_.decode(last, row)) throw std::logic_error("a row that was not encoded here");
    ArrowArray array;
    row.finish(&array);
    for (size_t c = 0, next = 0; c < layout_.all.size(); ++c) {
        if (next >= layout_.output.size() || layout_.output.fields[next].name != layout_.all.fields[c].name) continue;
        to.column(next++).append_from(Column(array.children[c], &layout_.all.fields[c].type), 0);
    }
    if (layout_.has_op) to.column(to.columns() - 1).append(static_cast<int8_t>(op));
    release(array);
}

ArrowArray Results::take_changes(const ArrowArray &group, const ArrowArray &results) {
    BatchBuilder all(layout_.all), out(layout_.output);
    for (size_t i = 0; i < keys_.size(); ++i)
        for (size_t c = 0; c < layout_.all.size(); ++c) {
            const Layout::Column &from = layout_.all_columns[c];
            const ArrowArray *array = from.from == Layout::Column::From::kGroup ? group.children[from.index] : results.children[from.index];
            all.column(c).append_from(Column(array, &layout_.all.fields[c].type), static_cast<int64_t>(i));
        }
    ArrowArray rows{};
    all.finish(&rows);
    KeyBatch encoded;
    sent_codec_.encode(rows, encoded);
    release(rows);
    auto deleted = deleted_.begin();
    for (size_t i = 0; i <= keys_.size(); ++i) {
        for (; deleted != deleted_.end() && deleted->first == i; ++deleted) append_sent(deleted->second, Op::kDelete, out);
        if (i == keys_.size() || failed_[i]) continue;
        const std::string row(encoded.view(i));
        std::string *last = lasts_[i];
        if (last && *last == row) continue;
        if (last && !last->empty()) append_sent(*last, Op::kUpdateBefore, out);
        append_sent(row, last && !last->empty() ? Op::kUpdateAfter : Op::kInsert, out);
        if (last) *last = row;
    }
    ArrowArray changes;
    out.finish(&changes);
    return changes;
}

bool Results::emit() {
    while (!ready_.empty()) {
        const ArrowArray rows = ready_.front();
        ready_.pop_front();
        if (!context_.emit(0, rows)) return false;
    }
    return true;
}

}  // namespace weir::window
