#include "host/expression/evaluator.hpp"

#include <cassert>

#include "host/expression/nested.hpp"

namespace weir::host::expression {

struct Evaluator::Slot {
    explicit Slot(const Type& type) : value(std::make_unique<Vector>(type)) {}

    enum class Done : uint8_t { kNone, kSome, kAll };

    std::unique_ptr<Vector> value;
    std::unique_ptr<Vector> spare;  // for further rows of an operation that several use
    std::vector<const Vector*> args;
    std::shared_ptr<void> memo;
    Done done = Done::kNone;
    RowSet rows;  // that are done
};

Evaluator::Evaluator(std::shared_ptr<const Program> program) : program_(std::move(program)) {
    slots_.reserve(program_->nodes.size());
    for (const Node& node : program_->nodes) {
        Slot& slot = slots_.emplace_back(node.type);
        slot.args.resize(node.args.size());
        if (node.op != Op::kConstant) continue;
        slot.value->reset_constant(node.constant.is_null());
        if (!node.constant.is_null()) node.constant.write(node.type.id, slot.value->bytes());
    }
    results_.resize(program_->results.size());
}

Evaluator::~Evaluator() = default;

void Evaluator::begin(const ArrowArray& batch, int64_t from, int rows, int64_t now_micros) {
    assert(rows <= kChunk && from + rows <= batch.length);
    batch_ = &batch;
    from_ = from;
    rows_ = rows;
    scope_.arena.clear();
    scope_.errors.clear();
    scope_.failed.clear();
    scope_.now_micros = now_micros;
    for (Slot& slot : slots_) slot.done = Slot::Done::kNone;
}

const Vector& Evaluator::evaluate_result(size_t i, const Selection& rows) {
    results_[i] = &evaluate(program_->results[i], rows);
    return *results_[i];
}

void Evaluator::run(const ArrowArray& batch, int64_t from, int rows, int64_t now_micros) {
    begin(batch, from, rows, now_micros);
    RowList left;
    for (size_t i = 0; i < results_.size(); ++i) {
        Selection selection = Selection::all(rows);
        if (!scope_.errors.empty()) {
            left.clear();
            for (int row = 0; row < rows; ++row) left.add_if(row, !scope_.failed.test(row));
            selection = left.selection();
        }
        evaluate_result(i, selection);
    }
    for (RowError& error : scope_.errors) error.row += from;
}

const Vector& Evaluator::evaluate(NodeId id, const Selection& rows, bool in_place) {
    const Node& node = program_->nodes[id];
    Slot& slot = slots_[id];
    if (node.op == Op::kConstant) return *slot.value;
    if (node.op == Op::kColumn) {
        if (slot.done == Slot::Done::kNone)
            load_column({batch_->children[node.column], &node.type}, from_, rows_, *slot.value);
        slot.done = Slot::Done::kAll;
        if (!in_place) slot.value->make_views(rows_);
        return *slot.value;
    }
    if (node.uses <= 1) {
        compute(node, slot, *slot.value, rows);
        return *slot.value;
    }
    if (slot.done == Slot::Done::kAll) return *slot.value;
    if (slot.done == Slot::Done::kNone) {
        compute(node, slot, *slot.value, rows);
        slot.done = rows.size() == rows_ ? Slot::Done::kAll : Slot::Done::kSome;
        if (slot.done == Slot::Done::kSome) slot.rows = rows.set();
        return *slot.value;
    }
    RowList missing;
    rows.for_each([&](int row) { missing.add_if(row, !slot.rows.test(row)); });
    if (missing.size() == 0) return *slot.value;
    if (!slot.spare) slot.spare = std::make_unique<Vector>(node.type);
    compute(node, slot, *slot.spare, missing.selection());
    slot.value->copy_rows(*slot.spare, missing.selection());
    slot.rows |= missing.selection().set();
    return *slot.value;
}

void Evaluator::compute(const Node& node, Slot& slot, Vector& out, const Selection& rows) {
    if (rows.empty()) return out.reset();
    switch (node.op) {
        case Op::kCall: return call(node, slot, out, rows);
        case Op::kAnd:
        case Op::kOr: return logical(node, out, rows);
        case Op::kCase: return case_of(node, out, rows);
        case Op::kCoalesce: return coalesce(node, out, rows);
        case Op::kConstant:
        case Op::kColumn: return;
    }
}

void Evaluator::call(const Node& node, Slot& slot, Vector& out, const Selection& rows) {
    for (size_t i = 0; i < node.args.size(); ++i) slot.args[i] = &evaluate(node.args[i], rows, node.in_place);
    scope_.span = node.span;
    scope_.expression = node.expression;
    scope_.quiet = node.quiet;
    scope_.memo = &slot.memo;
    out.reset();
    if (node.nulls != Nulls::kStrict) return node.kernel({slot.args, out, rows, scope_});

    bool nulls = false;
    RowSet valid;
    for (const Vector* arg : slot.args) {
        if (!arg->has_nulls()) continue;
        if (arg->is_constant()) return out.set_valid(RowSet());
        if (nulls)
            valid &= arg->valid();
        else
            valid = arg->valid();
        nulls = true;
    }
    if (!nulls) return node.kernel({slot.args, out, rows, scope_});
    out.set_valid(valid);
    if (node.dense) return node.kernel({slot.args, out, rows, scope_});
    RowList present;
    rows.for_each([&](int row) { present.add_if(row, valid.test(row)); });
    if (present.size() > 0) node.kernel({slot.args, out, present.selection(), scope_});
}

namespace {

// Which of the first n are true; those that are null may be anything.
RowSet true_rows(const Vector& from, int n) {
    constexpr uint64_t kLowest = 0x0101010101010101, kGather = 0x0102040810204080;
    const std::byte* bytes = from.bytes();
    RowSet out;
    for (int row = 0; row < n; row += 8) {
        uint64_t word;
        std::memcpy(&word, bytes + row, sizeof word);
        out.bytes()[row / 8] = static_cast<uint8_t>((word & kLowest) * kGather >> 56);
    }
    return out;
}

// out = out AND (OR) more of the first n rows.
void combine_all(Vector& out, const Vector& more, int n, bool is_and) {
    if (out.has_nulls() || more.has_nulls()) {
        // Known where both are, or where one of them decides.
        RowSet known[2], decided[2];
        const Vector* sides[2] = {&out, &more};
        for (size_t side : {0, 1}) {
            known[side].fill(kChunk);
            if (sides[side]->has_nulls()) known[side] = sides[side]->valid();
            decided[side] = known[side];
            const RowSet holds = true_rows(*sides[side], n);
            is_and ? decided[side].subtract(holds) : decided[side] &= holds;
        }
        out.set_valid(((known[0] &= known[1]) |= decided[0]) |= decided[1]);
    }
    auto* bits = out.mutable_values<uint8_t>();
    const auto* others = more.values<uint8_t>();
    // A null's byte is anything, and must not become a part of a value.
    if (is_and)
        for (int i = 0; i < n; ++i) bits[i] &= others[i] & 1;
    else
        for (int i = 0; i < n; ++i) bits[i] = (bits[i] | others[i]) & 1;
}

// The same where `out` is not yet decided: is true for AND, false for OR, or null.
void combine_rows(Vector& out, const Vector& more, const Selection& rows, bool deciding) {
    auto* bits = out.mutable_values<uint8_t>();
    if (!out.has_nulls() && !more.has_nulls()) {
        rows.for_each([&](int row) { bits[row] = more.at<uint8_t>(row); });
        return;
    }
    RowSet valid = out.valid();
    if (!out.has_nulls()) valid.fill(kChunk);
    rows.for_each([&](int row) {
        const bool decided = !more.is_null(row) && (more.at<uint8_t>(row) != 0) == deciding;
        if (decided) {
            bits[row] = deciding;
            valid.set(row);
        } else if (more.is_null(row)) {
            valid.reset(row);
        }
    });
    out.set_valid(valid);
}

}  // namespace

void Evaluator::logical(const Node& node, Vector& out, const Selection& rows) {
    const bool is_and = node.op == Op::kAnd;
    const Vector& first = evaluate(node.args[0], rows);
    out.reset();
    auto* bits = out.mutable_values<uint8_t>();
    const int n = rows[rows.size() - 1] + 1;
    if (first.is_constant()) {
        out.copy_rows(first, rows);
    } else {
        std::memcpy(bits, first.bytes(), static_cast<size_t>(n));
        if (first.has_nulls()) out.set_valid(first.valid());
    }
    RowList open;
    for (size_t i = 1; i < node.args.size(); ++i) {
        const bool deciding = !is_and;
        const Node& next = program_->nodes[node.args[i]];
        if (next.cheap && next.op != Op::kConstant) {
            combine_all(out, evaluate(node.args[i], rows), n, is_and);
            continue;
        }
        open.clear();
        if (out.has_nulls())
            rows.for_each([&](int row) { open.add_if(row, out.is_null(row) || (bits[row] != 0) != deciding); });
        else
            rows.for_each([&](int row) { open.add_if(row, (bits[row] != 0) != deciding); });
        if (open.size() == 0) return;
        combine_rows(out, evaluate(node.args[i], open.selection()), open.selection(), deciding);
    }
}

namespace {

template <class T>
void blend_cells(const Vector& condition, const Vector& yes, const Vector& no, Vector& out, int n) {
    const auto* holds = condition.values<uint8_t>();
    const T *a = yes.values<T>(), *b = no.values<T>();
    T* to = out.mutable_values<T>();
    const int step_a = yes.is_constant() ? 0 : 1, step_b = no.is_constant() ? 0 : 1;
    for (int i = 0; i < n; ++i) to[i] = holds[i] ? a[i * step_a] : b[i * step_b];
}

}  // namespace

// CASE of one condition whose values cost nothing to compute for all rows: a choice by row instead of lists of rows.
bool Evaluator::blend(const Node& node, Vector& out, const Selection& rows) {
    const auto is_cheap = [&](size_t i) { return program_->nodes[node.args[i]].cheap; };
    if (node.args.size() != 3 || !is_cheap(1) || !is_cheap(2)) return false;
    const Vector &condition = evaluate(node.args[0], rows), &yes = evaluate(node.args[1], rows),
                 &no = evaluate(node.args[2], rows);
    out.reset();
    if (condition.is_constant() || condition.has_nulls() || yes.has_nulls() || no.has_nulls()) {
        out.copy_rows(no, rows);
        RowList taken;
        rows.for_each([&](int row) {
            taken.add_if(row, !condition.is_null(row) && condition.at<uint8_t>(row) != 0);
        });
        out.copy_rows(yes, taken.selection());
        return true;
    }
    const int n = rows[rows.size() - 1] + 1;
    switch (out.width()) {
        case 1: blend_cells<uint8_t>(condition, yes, no, out, n); break;
        case 2: blend_cells<uint16_t>(condition, yes, no, out, n); break;
        case 4: blend_cells<uint32_t>(condition, yes, no, out, n); break;
        case 8: blend_cells<uint64_t>(condition, yes, no, out, n); break;
        default: blend_cells<Uint128>(condition, yes, no, out, n); break;
    }
    return true;
}

void Evaluator::case_of(const Node& node, Vector& out, const Selection& rows) {
    if (blend(node, out, rows)) return;
    out.reset();
    RowList lists[2];
    RowList taken;
    Selection left = rows;
    size_t i = 0;
    for (int flip = 0; i + 1 < node.args.size(); i += 2, flip ^= 1) {
        const Vector& condition = evaluate(node.args[i], left);
        RowList& rest = lists[flip];
        taken.clear();
        rest.clear();
        left.for_each([&](int row) {
            const bool holds = !condition.is_null(row) && condition.at<uint8_t>(row) != 0;
            taken.add_if(row, holds);
            rest.add_if(row, !holds);
        });
        if (taken.size() > 0) out.copy_rows(evaluate(node.args[i + 1], taken.selection()), taken.selection());
        left = rest.selection();
        if (left.empty()) return;
    }
    out.copy_rows(evaluate(node.args[i], left), left);
}

void Evaluator::coalesce(const Node& node, Vector& out, const Selection& rows) {
    out.reset();
    RowList lists[2];
    Selection left = rows;
    for (size_t i = 0; i < node.args.size(); ++i) {
        const Vector& value = evaluate(node.args[i], left);
        out.copy_rows(value, left);
        if (!value.has_nulls()) return;
        RowList& rest = lists[i % 2];
        rest.clear();
        left.for_each([&](int row) { rest.add_if(row, value.is_null(row)); });
        left = rest.selection();
        if (left.empty()) return;
    }
}

namespace {

template <class T>
void append_cells(const Vector& values, const Selection& rows, ColumnBuilder& out) {
    if (!values.has_nulls() && rows.is_all() && out.size() == 0) {
        T* to = out.append_n<T>(rows.size());
        for (int i = 0; i < rows.size(); ++i) to[i] = values.at<T>(i);
        return;
    }
    rows.for_each([&](int row) {
        if (values.is_null(row))
            out.append_null();
        else
            out.append(values.at<T>(row));
    });
}

}  // namespace

void append_rows(const Vector& values, const Selection& rows, ColumnBuilder& out) {
    const Type& type = values.type();
    if (type.is_text()) {
        rows.for_each([&](int row) {
            if (values.is_null(row))
                out.append_null();
            else
                out.append_text(values.at<std::string_view>(row));
        });
    } else if (type.is_nested()) {
        rows.for_each([&](int row) {
            if (values.is_null(row)) return out.append_null();
            const Nested& nested = values.at<Nested>(row);
            out.append_from({nested.array, &type}, nested.row);
        });
    } else if (type.id == TypeId::kBool) {
        rows.for_each([&](int row) {
            if (values.is_null(row))
                out.append_null();
            else
                out.append_bool(values.at<uint8_t>(row) != 0);
        });
    } else {
        switch (values.width()) {
            case 1: append_cells<int8_t>(values, rows, out); break;
            case 2: append_cells<int16_t>(values, rows, out); break;
            case 4: append_cells<int32_t>(values, rows, out); break;
            case 8: append_cells<int64_t>(values, rows, out); break;
            default: append_cells<Int128>(values, rows, out); break;
        }
    }
}

}  // namespace weir::host::expression
