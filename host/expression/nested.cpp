#include "host/expression/nested.hpp"

#include "host/expression/kernel.hpp"
#include "host/expression/ordering.hpp"

namespace weir::host::expression {
namespace {

template <class T>
void store(Vector& out, int row, const T& value) {
    out.mutable_values<T>()[row] = value;
}

void load_valid(const Column& column, int64_t from, int rows, Vector& out) {
    if (!column.has_nulls() || !column.array().buffers[0]) return;
    RowSet valid;
    const auto* bits = static_cast<const uint8_t*>(column.array().buffers[0]);
    if (from % 8 == 0) {
        std::memcpy(valid.bytes(), bits + from / 8, static_cast<size_t>((rows + 7) / 8));
        RowSet within;
        within.fill(rows);
        valid &= within;
    } else {
        for (int i = 0; i < rows; ++i) valid.assign(i, !column.is_null(from + i));
    }
    out.set_valid(valid);
}

Column column_of(const Vector& vector, int row) { return {vector.at<Nested>(row).array, &vector.type()}; }

void member(const Call& call) {
    const Vector& values = *call.args[0];
    const auto which = static_cast<size_t>(call.args[1]->at<int32_t>(0));
    call.rows.for_each(
        [&](int row) { load_cell(column_of(values, row).child(which), values.at<Nested>(row).row, call.out, row); });
}

// From 1; what is outside is null.
void element(const Call& call) {
    const Vector& lists = *call.args[0];
    call.rows.for_each([&](int row) {
        const Column list = column_of(lists, row);
        const int64_t at = lists.at<Nested>(row).row, index = call.args[1]->at<int64_t>(row);
        if (index < 1 || index > list.end_of(at) - list.begin_of(at))
            call.out.set_null(row);
        else
            load_cell(list.child(0), list.begin_of(at) + index - 1, call.out, row);
    });
}

void value(const Call& call) {
    const Vector& maps = *call.args[0];
    Vector key(call.args[1]->type());
    call.rows.for_each([&](int row) {
        const Column map = column_of(maps, row);
        const int64_t at = maps.at<Nested>(row).row;
        for (int32_t i = map.begin_of(at); i < map.end_of(at); ++i) {
            key.reset();
            load_cell(map.child(0), i, key, 0);
            if (compare_cells(key, 0, *call.args[1], row) == 0) return load_cell(map.child(1), i, call.out, row);
        }
        call.out.set_null(row);
    });
}

}  // namespace

void load_cell(const Column& column, int64_t from_row, Vector& out, int row) {
    if (column.is_null(from_row)) return out.set_null(row);
    const TypeId id = column.type().id;
    if (id == TypeId::kBool) return store<uint8_t>(out, row, column.bool_value(from_row));
    if (column.type().is_text()) return store(out, row, column.text(from_row));
    if (column.type().is_nested()) return store(out, row, Nested{&column.array(), from_row});
    const size_t width = out.width();
    std::memcpy(out.bytes() + static_cast<size_t>(row) * width,
                column.values<std::byte>() + static_cast<size_t>(from_row) * width, width);
}

void load_column(const Column& column, int64_t from, int rows, Vector& out) {
    const Type& type = column.type();
    if (!type.is_text() && !type.is_nested() && type.id != TypeId::kBool) {
        const std::byte* values = column.values<std::byte>() + static_cast<size_t>(from) * out.width();
        // Decimals are read as aligned 128-bit words.
        if (reinterpret_cast<uintptr_t>(values) % out.width() == 0) {
            out.borrow(values);
        } else {
            out.reset();
            if (rows > 0) std::memcpy(out.bytes(), values, static_cast<size_t>(rows) * out.width());
        }
        return load_valid(column, from, rows, out);
    }
    if (type.is_text() && rows > 0) {
        out.borrow_texts(static_cast<const char*>(column.array().buffers[2]), column.values<int32_t>() + from);
        return load_valid(column, from, rows, out);
    }
    out.reset();
    if (type.id == TypeId::kBool) {
        for (int i = 0; i < rows; ++i) out.mutable_values<uint8_t>()[i] = column.bool_value(from + i);
    } else if (type.is_nested()) {
        for (int i = 0; i < rows; ++i) out.mutable_values<Nested>()[i] = {&column.array(), from + i};
    }
    load_valid(column, from, rows, out);
}

constinit const Overload kMemberOverload = {"any, int32 -> any", member, false, true};
constinit const Overload kElementOverload = {"list, int64 -> any", element, false, true};
constinit const Overload kValueOverload = {"map, any -> any", value, false, true};

}  // namespace weir::host::expression
