#include "native_rows.hpp"

#include <algorithm>
#include <cstring>

#include <weir/builder.hpp>

#include "data_type.hpp"

namespace weir::clickhouse {
namespace {

constexpr uint64_t kMaxRowsOfBlock = 1 << 24;

struct Truncated {};  // thrown and caught in this file

class Reader {
public:
    explicit Reader(std::string_view bytes) : left_(bytes) {}
    bool at_end() const { return left_.empty(); }
    uint64_t left() const { return left_.size(); }
    std::string_view take(uint64_t n, uint64_t width = 1) {
        if (n > left_.size() / width) throw Truncated();
        n *= width;
        const std::string_view out = left_.substr(0, n);
        left_.remove_prefix(n);
        return out;
    }
    uint64_t number() {
        uint64_t out = 0;
        for (int shift = 0; shift < 64; shift += 7) {
            const auto byte = static_cast<unsigned char>(take(1)[0]);
            out |= static_cast<uint64_t>(byte & 0x7F) << shift;
            if (!(byte & 0x80)) return out;
        }
        throw Truncated();
    }
    std::string_view text() { return take(number()); }

private:
    std::string_view left_;
};

bool is_utf8(std::string_view text) {
    for (size_t i = 0; i < text.size();) {
        const auto c = static_cast<unsigned char>(text[i]);
        const size_t n = c < 0x80 ? 1 : c >= 0xC2 && c < 0xE0 ? 2 : c >= 0xE0 && c < 0xF0 ? 3 : c >= 0xF0 && c < 0xF5 ? 4 : 0;
        if (n == 0 || i + n > text.size()) return false;
        for (size_t k = 1; k < n; ++k)
            if ((static_cast<unsigned char>(text[i + k]) & 0xC0) != 0x80) return false;
        if (n > 2) {  // too long, a surrogate, or beyond the last one
            const auto d = static_cast<unsigned char>(text[i + 1]);
            if ((c == 0xE0 && d < 0xA0) || (c == 0xED && d > 0x9F) || (c == 0xF0 && d < 0x90) || (c == 0xF4 && d > 0x8F)) return false;
        }
        i += n;
    }
    return true;
}

// A column, or a part of one, where it stands in the bytes.
struct Part {
    const Type *type = nullptr;
    std::string_view nulls, values;         // a byte a row; values of fixed width, or ends of lists
    std::vector<std::string_view> texts = {};
    std::vector<Part> children = {};
    size_t width = 0;

    uint64_t end_of(size_t row) const {
        uint64_t end;
        std::memcpy(&end, values.data() + row * sizeof end, sizeof end);
        return end;
    }
    uint64_t begin_of(size_t row) const { return row == 0 ? 0 : end_of(row - 1); }
};

size_t width_of(const Type &type) {
    if (type.id == TypeId::kBool) return 1;
    if (type.id == TypeId::kDecimal128) return type.precision <= 9 ? 4 : type.precision <= 18 ? 8 : 16;
    return value_width(type.id);
}

Part read_part(Reader &in, const Type &type, bool nullable, uint64_t rows) {
    Part out;
    out.type = &type;
    if (nullable && !type.is_nested()) out.nulls = in.take(rows);
    out.width = width_of(type);
    if (out.width) {
        out.values = in.take(rows, out.width);
    } else if (type.is_text()) {
        out.texts.reserve(std::min(rows, in.left()));
        for (uint64_t i = 0; i < rows; ++i) out.texts.push_back(in.text());
    } else if (type.id == TypeId::kStruct) {
        for (const Field &field : type.children) out.children.push_back(read_part(in, field.type, field.nullable, rows));
    } else {
        out.values = in.take(rows, sizeof(uint64_t));
        const uint64_t elements = rows ? out.end_of(rows - 1) : 0;
        for (uint64_t row = 0; row < rows; ++row)
            if (out.end_of(row) < out.begin_of(row)) throw Truncated();
        for (const Field &field : type.children) out.children.push_back(read_part(in, field.type, field.nullable, elements));
    }
    return out;
}

Int128 decimal_at(const Part &part, size_t row) {
    const char *at = part.values.data() + row * part.width;
    auto read = [&]<class T>(T value) {
        std::memcpy(&value, at, sizeof value);
        return static_cast<Int128>(value);
    };
    return part.width == 4 ? read(int32_t{}) : part.width == 8 ? read(int64_t{}) : read(Int128{});
}

void append_fixed(ColumnBuilder &to, const Part &part, size_t row) {
    const char *at = part.values.data() + row * part.width;
    auto append = [&]<class T>(T value) {
        std::memcpy(&value, at, sizeof value);
        to.append(value);
    };
    if (part.type->id == TypeId::kBool) return to.append_bool(*at != 0);
    if (part.type->id == TypeId::kDecimal128) return to.append(decimal_at(part, row));
    switch (part.width) {
        case 1: return append(int8_t{});
        case 2: return append(int16_t{});
        case 4: return append(int32_t{});
        default: return append(int64_t{});
    }
}

// False: a text that is none.
bool append(ColumnBuilder &to, const Part &part, size_t row) {
    if (!part.nulls.empty() && part.nulls[row]) {
        to.append_null();
        return true;
    }
    if (part.width) {
        append_fixed(to, part, row);
        return true;
    }
    if (part.type->is_text()) {
        if (part.type->id == TypeId::kString && !is_utf8(part.texts[row])) return false;
        to.append_text(part.texts[row]);
        return true;
    }
    bool good = true;
    if (part.type->id == TypeId::kStruct) {
        for (size_t i = 0; i < part.children.size(); ++i) good = append(to.child(i), part.children[i], row) && good;
    } else {
        for (uint64_t e = part.begin_of(row); e < part.end_of(row); ++e)
            for (size_t i = 0; i < part.children.size(); ++i) good = append(to.child(i), part.children[i], e) && good;
    }
    to.end_row();
    return good;
}

bool is_same(const DataType &a, const DataType &b) {
    return a.kind == b.kind && a.width == b.width && a.precision == b.precision && a.scale == b.scale && a.names == b.names &&
           std::equal(a.children.begin(), a.children.end(), b.children.begin(), b.children.end(), is_same);
}

void release_all(std::vector<ArrowArray> &arrays) {
    for (ArrowArray &array : arrays) array.release(&array);
    arrays.clear();
}

Status read_block(Reader &in, const Schema &schema, std::vector<ArrowArray> &out) {
    const uint64_t columns = in.number(), rows = in.number();
    if (columns != schema.size() || rows > kMaxRowsOfBlock)
        return Status::fatal("ClickHouse answers with " + std::to_string(columns) + " columns, not " + std::to_string(schema.size()));
    std::vector<Part> parts;
    for (const Field &field : schema.fields) {
        const std::string_view name = in.text(), type = in.text();
        const std::string expected = clickhouse_type(field.type, field.nullable);
        if (!is_same(parse_data_type(type), parse_data_type(expected)) || name != field.name)
            return Status::fatal("ClickHouse answers with a column `" + std::string(name) + "` of " + std::string(type) + ", not `" + field.name +
                                 "` of " + expected);
        parts.push_back(read_part(in, field.type, field.nullable, rows));
    }
    for (uint64_t begin = 0; begin < rows; begin += WEIR_BATCH_MAX_ROWS) {
        const uint64_t end = std::min<uint64_t>(rows, begin + WEIR_BATCH_MAX_ROWS);
        BatchBuilder batch(schema);
        for (size_t c = 0; c < parts.size(); ++c) {
            batch.column(c).reserve(static_cast<int64_t>(end - begin));
            for (uint64_t row = begin; row < end; ++row)
                if (!append(batch.column(c), parts[c], row))
                    return Status::fatal("ClickHouse answers with a text of the column `" + schema.fields[c].name +
                                         "` that is not UTF-8: declare the column `binary`");
        }
        batch.finish(&out.emplace_back());
    }
    return {};
}

bool is_plain_integer(const Type &type) { return type.is_signed_integer() || type.is_unsigned_integer(); }

}  // namespace

std::string select_cast(const Schema &schema, std::string_view from) {
    std::string out = "SELECT ";
    for (size_t i = 0; i < schema.size(); ++i) {
        const Field &field = schema.fields[i];
        const std::string type = quote_text(clickhouse_type(field.type, field.nullable));
        // CAST of an integer that does not fit makes another one of it.
        const char *cast = is_plain_integer(field.type) ? "accurateCast" : "CAST";
        out += (i ? ", " : "") + std::string(cast) + "(q." + quote_name(field.name) + ", " + type + ") AS " + quote_name(field.name);
    }
    return out + " FROM (\n" + std::string(from) + "\n) AS q";
}

Result<std::vector<ArrowArray>> read_native(std::string_view bytes, const Schema &schema) {
    std::vector<ArrowArray> out;
    Reader in(bytes);
    Status status;
    try {
        while (!in.at_end() && status.ok()) status = read_block(in, schema, out);
    } catch (const Truncated &) {
        status = Status::fatal("ClickHouse's answer ends within a block, or is none");
    }
    if (status.ok()) return out;
    release_all(out);
    return status;
}

}  // namespace weir::clickhouse
