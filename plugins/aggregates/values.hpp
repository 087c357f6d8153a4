// Values of any type that an aggregate keeps, and what aggregates ask of their arguments' types.
#pragma once

#include <cmath>
#include <string>
#include <string_view>

#include <weir/aggregate.hpp>
#include <weir/state_vector.hpp>

namespace weir::aggregates {

// An Int128 in a state, whose alignment is 8.
struct Wide {
    uint64_t low;
    int64_t high;

    static Wide of(Int128 v) { return {static_cast<uint64_t>(v), static_cast<int64_t>(v >> 64)}; }
    Int128 value() const { return static_cast<Int128>(high) * (static_cast<Int128>(1) << 64) + low; }
};

template <class T>
struct Stored {
    T kept;
    static Stored of(T v) { return {v}; }
    T value() const { return kept; }
};
template <>
struct Stored<Int128> : Wide {
    static Stored of(Int128 v) { return {Wide::of(v)}; }
};

inline bool is_integer(const Type &type) { return type.is_signed_integer() || type.is_unsigned_integer(); }
inline bool is_float(const Type &type) { return type.id == TypeId::kFloat32 || type.id == TypeId::kFloat64; }
inline bool is_decimal(const Type &type) { return type.id == TypeId::kDecimal128; }
inline bool is_number(const Type &type) { return is_integer(type) || is_float(type) || is_decimal(type); }

// 10^n, n from 0 to 38.
Int128 power_of_ten(int n);
bool fits_digits(Int128 value, int digits);

// Any number as a float64.
double number_at(const Column &column, int64_t row);

// NaN is above all other numbers, as in PostgreSQL.
template <class T>
bool is_less(T a, T b) {
    if constexpr (std::is_floating_point_v<T>) return a < b || (!std::isnan(a) && std::isnan(b));
    return a < b;
}

template <class T>
void append_value(ColumnBuilder &out, T value) {
    if constexpr (std::is_same_v<T, bool>)
        out.append_bool(value);
    else
        out.append(value);
}

// A value of a type that has no elements, or none. Plain bytes, in a state; a text has memory outside.
struct Cell {
    union {
        Wide fixed;
        StateVector<char> text;
    };
    uint64_t present;

    void set(const Column &column, int64_t row);
    void copy(const Type &type, const Cell &from);
    void append_to(ColumnBuilder &out) const;
    void drop(const Type &type) {
        if (type.is_text()) text.drop();
        present = 0;
    }
    uint64_t outside_bytes(const Type &type) const { return type.is_text() ? text.bytes() : 0; }
    void save(const Type &type, std::string &out) const;
    bool load(const Type &type, std::string_view &from);
    std::string_view text_view() const { return {text.data(), text.size()}; }
};
// Below, equal or above 0, as the column's value is to the cell's. REQUIRES: both are there.
int compare_to(const Column &column, int64_t row, const Cell &cell);
int compare(const Type &type, const Cell &a, const Cell &b);

// A value as bytes, behind others: fixed widths as they lie in memory, texts behind their length. The first byte says
// whether it is there.
void put_element(StateVector<char> &out, const Column &column, int64_t row);
// Appends the element at the front, and takes it from there. False: there is none.
bool take_element(std::string_view &from, ColumnBuilder &out);

inline Type list_of(const Type &element, bool nullable) {
    Type out = type_of(TypeId::kList);
    out.children.push_back(Field{"item", element, nullable});
    return out;
}

// Of a group's list or text. A batch of results then stays below the 2 GiB that its offsets can tell.
inline constexpr size_t kMostResultBytes = 2'000'000;
inline constexpr Refusal kResultTooLarge = {"too-large", "the group's value is above 2,000,000 bytes"};

// What create says of arguments that are none of its. `what`: "takes a number".
Status wrong_arguments(const Schema &arguments, const std::string &what);
// Exactly one argument, of a type that `fits`.
template <class F>
Status check_one(const Schema &arguments, const std::string &what, F fits) {
    if (arguments.size() == 1 && fits(arguments.fields[0].type)) return {};
    return wrong_arguments(arguments, what);
}

}  // namespace weir::aggregates
