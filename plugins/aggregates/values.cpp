#include "values.hpp"

#include <cstring>

namespace weir::aggregates {
namespace {

int order(auto a, auto b) { return is_less(a, b) ? -1 : is_less(b, a) ? 1 : 0; }
int order(std::string_view a, std::string_view b) {
    const int got = a.compare(b);
    return got < 0 ? -1 : got > 0;
}

template <class T>
T from_bytes(const Wide &bytes) {
    T out;
    std::memcpy(&out, &bytes, sizeof out);
    return out;
}

size_t stored_width(const Type &type) { return type.id == TypeId::kBool ? 1 : value_width(type.id); }

int compare_fixed(TypeId id, const Wide &a, const Wide &b) {
    switch (id) {
        case TypeId::kBool:
        case TypeId::kUint8: return order(from_bytes<uint8_t>(a), from_bytes<uint8_t>(b));
        case TypeId::kInt8: return order(from_bytes<int8_t>(a), from_bytes<int8_t>(b));
        case TypeId::kInt16: return order(from_bytes<int16_t>(a), from_bytes<int16_t>(b));
        case TypeId::kUint16: return order(from_bytes<uint16_t>(a), from_bytes<uint16_t>(b));
        case TypeId::kInt32:
        case TypeId::kDate: return order(from_bytes<int32_t>(a), from_bytes<int32_t>(b));
        case TypeId::kUint32: return order(from_bytes<uint32_t>(a), from_bytes<uint32_t>(b));
        case TypeId::kUint64: return order(from_bytes<uint64_t>(a), from_bytes<uint64_t>(b));
        case TypeId::kFloat32: return order(from_bytes<float>(a), from_bytes<float>(b));
        case TypeId::kFloat64: return order(from_bytes<double>(a), from_bytes<double>(b));
        case TypeId::kDecimal128: return order(from_bytes<Int128>(a), from_bytes<Int128>(b));
        default: return order(from_bytes<int64_t>(a), from_bytes<int64_t>(b));
    }
}

Wide fixed_at(const Column &column, int64_t row) {
    Wide out{};
    if (column.type().id == TypeId::kBool) {
        out.low = column.bool_value(row);
    } else {
        const size_t width = value_width(column.type().id);
        std::memcpy(&out, column.values<char>() + static_cast<size_t>(row) * width, width);
    }
    return out;
}

void append_fixed(ColumnBuilder &out, const Wide &value) {
    switch (stored_width(out.type())) {
        case 1:
            if (out.type().id == TypeId::kBool) return out.append_bool(value.low != 0);
            return out.append(from_bytes<uint8_t>(value));
        case 2: return out.append(from_bytes<uint16_t>(value));
        case 4: return out.append(from_bytes<uint32_t>(value));
        case 8: return out.append(from_bytes<uint64_t>(value));
        default: return out.append(from_bytes<Int128>(value));
    }
}

}  // namespace

Int128 power_of_ten(int n) {
    Int128 out = 1;
    while (n-- > 0) out *= 10;
    return out;
}

bool fits_digits(Int128 value, int digits) {
    static const Int128 kLimit = power_of_ten(38);
    const Int128 limit = digits >= 38 ? kLimit : power_of_ten(digits);
    return value < limit && value > -limit;
}

double number_at(const Column &column, int64_t row) {
    switch (column.type().id) {
        case TypeId::kFloat32: return static_cast<double>(column.value<float>(row));
        case TypeId::kFloat64: return column.value<double>(row);
        case TypeId::kUint64: return static_cast<double>(column.value<uint64_t>(row));
        case TypeId::kDecimal128: {
            // Both exact where the value has at most 15 digits, so that the quotient is the nearest float64.
            const double value = static_cast<double>(column.decimal(row));
            return value / static_cast<double>(power_of_ten(column.type().scale));
        }
        default: return static_cast<double>(column.integer(row));
    }
}

void Cell::set(const Column &column, int64_t row) {
    present = 1;
    if (!column.type().is_text()) {
        fixed = fixed_at(column, row);
        return;
    }
    const std::string_view value = column.text(row);
    text.clear();
    text.append(value.data(), value.size());
}

void Cell::copy(const Type &type, const Cell &from) {
    present = from.present;
    if (!type.is_text()) {
        fixed = from.fixed;
        return;
    }
    text.clear();
    text.append(from.text.data(), from.text.size());
}

void Cell::append_to(ColumnBuilder &out) const {
    if (!present) return out.append_null();
    if (out.type().is_text()) return out.append_text(text_view());
    append_fixed(out, fixed);
}

void Cell::save(const Type &type, std::string &out) const {
    out.push_back(present ? '\1' : '\0');
    if (!present) return;
    if (type.is_text())
        saved::put_text(out, text_view());
    else
        out.append(reinterpret_cast<const char *>(&fixed), stored_width(type));
}

bool Cell::load(const Type &type, std::string_view &from) {
    uint8_t there = 0;
    if (!saved::take(from, there) || there > 1) return false;
    present = there;
    if (!present) return true;
    if (type.is_text()) {
        std::string_view bytes;
        if (!saved::take_text(from, bytes)) return false;
        text.append(bytes.data(), bytes.size());
        return true;
    }
    const size_t width = stored_width(type);
    if (from.size() < width) return false;
    fixed = Wide{};
    std::memcpy(&fixed, from.data(), width);
    from.remove_prefix(width);
    return true;
}

int compare_to(const Column &column, int64_t row, const Cell &cell) {
    if (column.type().is_text()) return order(column.text(row), cell.text_view());
    return compare_fixed(column.type().id, fixed_at(column, row), cell.fixed);
}

int compare(const Type &type, const Cell &a, const Cell &b) {
    if (type.is_text()) return order(a.text_view(), b.text_view());
    return compare_fixed(type.id, a.fixed, b.fixed);
}

void put_element(StateVector<char> &out, const Column &column, int64_t row) {
    const bool null = column.is_null(row);
    out.push_back(null ? '\0' : '\1');
    if (null) return;
    if (column.type().is_text()) {
        const std::string_view text = column.text(row);
        const auto size = static_cast<uint32_t>(text.size());
        out.append(reinterpret_cast<const char *>(&size), sizeof size);
        out.append(text.data(), text.size());
    } else {
        const Wide value = fixed_at(column, row);
        out.append(reinterpret_cast<const char *>(&value), stored_width(column.type()));
    }
}

bool take_element(std::string_view &from, ColumnBuilder &out) {
    uint8_t there = 0;
    if (!saved::take(from, there)) return false;
    if (!there) return out.append_null(), true;
    if (out.type().is_text()) {
        uint32_t size = 0;
        if (!saved::take(from, size) || from.size() < size) return false;
        out.append_text(from.substr(0, size));
        from.remove_prefix(size);
        return true;
    }
    const size_t width = stored_width(out.type());
    if (from.size() < width) return false;
    Wide value{};
    std::memcpy(&value, from.data(), width);
    from.remove_prefix(width);
    append_fixed(out, value);
    return true;
}

Status wrong_arguments(const Schema &arguments, const std::string &what) {
    std::string given;
    for (size_t i = 0; i < arguments.size(); ++i) {
        if (i > 0) given += i + 1 == arguments.size() ? " and " : ", ";
        given += to_string(arguments.fields[i].type);
    }
    return Status::config("", what + (given.empty() ? ", and there is no argument" : ", not " + given));
}

}  // namespace weir::aggregates
