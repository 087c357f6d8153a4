#include "nested_bytes.hpp"

#include <cstring>

namespace weir::pair_match {
namespace {

size_t width_of(const Type &type) { return type.id == TypeId::kBool ? 1 : value_width(type.id); }

size_t measure_inner(const Column &column, int64_t row);

size_t measure_children(const Column &column, int64_t row) {
    const Type &type = column.type();
    size_t bytes = 0;
    if (type.id == TypeId::kStruct) {
        for (size_t i = 0; i < type.children.size(); ++i) bytes += measure_inner(column.child(i), row);
        return bytes;
    }
    for (int32_t at = column.begin_of(row); at < column.end_of(row); ++at)
        for (size_t i = 0; i < type.children.size(); ++i) bytes += measure_inner(column.child(i), at);
    return bytes + sizeof(uint32_t);
}

size_t measure_inner(const Column &column, int64_t row) {
    if (column.is_null(row)) return 1;
    if (size_t width = width_of(column.type())) return 1 + width;
    if (column.type().is_text()) return 1 + sizeof(uint32_t) + column.text(row).size();
    return 1 + measure_children(column, row);
}

uint8_t *put(uint8_t *to, const void *from, size_t bytes) {
    if (bytes) std::memcpy(to, from, bytes);
    return to + bytes;
}

uint8_t *put_count(uint8_t *to, size_t count) {
    auto n = static_cast<uint32_t>(count);
    return put(to, &n, sizeof n);
}

uint8_t *write_inner(const Column &column, int64_t row, uint8_t *to);

uint8_t *write_children(const Column &column, int64_t row, uint8_t *to) {
    const Type &type = column.type();
    if (type.id == TypeId::kStruct) {
        for (size_t i = 0; i < type.children.size(); ++i) to = write_inner(column.child(i), row, to);
        return to;
    }
    to = put_count(to, static_cast<size_t>(column.end_of(row) - column.begin_of(row)));
    for (int32_t at = column.begin_of(row); at < column.end_of(row); ++at)
        for (size_t i = 0; i < type.children.size(); ++i) to = write_inner(column.child(i), at, to);
    return to;
}

uint8_t *write_inner(const Column &column, int64_t row, uint8_t *to) {
    *to++ = column.is_null(row) ? 0 : 1;
    if (!to[-1]) return to;
    if (column.type().id == TypeId::kBool) {
        *to = column.bool_value(row);
        return to + 1;
    }
    if (size_t width = width_of(column.type()))
        return put(to, column.values<char>() + static_cast<size_t>(row) * width, width);
    if (!column.type().is_text()) return write_children(column, row, to);
    to = put_count(to, column.text(row).size());
    return put(to, column.text(row).data(), column.text(row).size());
}

// Reads within bounds; every function is false when the bytes end too soon.
class Reader {
public:
    explicit Reader(std::string_view bytes) : rest_(bytes) {}

    bool at_end() const { return rest_.empty(); }
    // A value of fixed width.
    bool scalar(ColumnBuilder &to) {
        uint8_t flag = 0;
        switch (width_of(to.type())) {
            case 1:
                if (to.type().id != TypeId::kBool) return fixed<uint8_t>(to);
                if (!take(&flag, 1)) return false;
                return to.append_bool(flag), true;
            case 2: return fixed<uint16_t>(to);
            case 4: return fixed<uint32_t>(to);
            case 8: return fixed<uint64_t>(to);
            default: return fixed<Int128>(to);
        }
    }
    bool children(ColumnBuilder &to) {
        const Type &type = to.type();
        uint32_t count = 1;
        if (type.id != TypeId::kStruct && !take(&count, sizeof count)) return false;
        for (uint32_t k = 0; k < count; ++k)
            for (size_t i = 0; i < type.children.size(); ++i)
                if (!inner(to.child(i))) return false;
        to.end_row();
        return true;
    }

private:
    bool take(void *to, size_t bytes) {
        if (bytes > rest_.size()) return false;
        std::memcpy(to, rest_.data(), bytes);
        rest_.remove_prefix(bytes);
        return true;
    }
    template <class T>
    bool fixed(ColumnBuilder &to) {
        T value;
        if (!take(&value, sizeof value)) return false;
        to.append(value);
        return true;
    }
    bool inner(ColumnBuilder &to) {
        uint8_t there = 0;
        uint32_t length = 0;
        if (!take(&there, 1)) return false;
        if (!there) return to.append_null(), true;
        if (width_of(to.type())) return scalar(to);
        if (!to.type().is_text()) return children(to);
        if (!take(&length, sizeof length) || length > rest_.size()) return false;
        to.append_text(rest_.substr(0, length));
        rest_.remove_prefix(length);
        return true;
    }

    std::string_view rest_;
};

}  // namespace

size_t measure(const Column &column, int64_t row) {
    return column.type().is_text() ? column.text(row).size() : measure_children(column, row);
}

uint8_t *write(const Column &column, int64_t row, uint8_t *to) {
    if (!column.type().is_text()) return write_children(column, row, to);
    return put(to, column.text(row).data(), column.text(row).size());
}

bool read(std::string_view bytes, ColumnBuilder &to) {
    if (to.type().is_text()) return to.append_text(bytes), true;
    Reader reader(bytes);
    return (width_of(to.type()) ? reader.scalar(to) : reader.children(to)) && reader.at_end();
}

}  // namespace weir::pair_match
