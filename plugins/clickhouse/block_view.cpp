#include "block_view.hpp"

#include <cstring>

namespace weir::clickhouse {

// Reads forward; every function is false where the bytes end too soon.
struct BlockView::Reader {
    const uint8_t *begin, *at, *end;

    bool take(size_t n, const uint8_t **out) {
        if (static_cast<size_t>(end - at) < n) return false;
        *out = at;
        at += n;
        return true;
    }
    bool number(uint64_t *out) {
        const uint8_t *from;
        if (!take(sizeof *out, &from)) return false;
        std::memcpy(out, from, sizeof *out);
        return true;
    }
    bool varint(uint64_t *out) {
        *out = 0;
        for (int shift = 0; shift < 64 && at < end; shift += 7) {
            const uint8_t byte = *at++;
            *out |= static_cast<uint64_t>(byte & 0x7f) << shift;
            if (byte < 0x80) return true;
        }
        return false;
    }
    bool text(std::string_view *out) {
        uint64_t n;
        const uint8_t *from;
        if (!varint(&n) || !take(n, &from)) return false;
        *out = {reinterpret_cast<const char *>(from), n};
        return true;
    }
};

Result<BlockView> BlockView::parse(std::string bytes) {
    BlockView view;
    view.bytes_ = std::make_unique<const std::string>(std::move(bytes));
    const auto *begin = reinterpret_cast<const uint8_t *>(view.bytes_->data());
    Reader in{begin, begin, begin + view.bytes_->size()};
    const auto damaged = [] { return Status::fatal("a block of rows cannot be read back"); };
    uint64_t columns, rows;
    if (!in.varint(&columns) || !in.varint(&rows) || rows > view.bytes_->size()) return damaged();
    view.rows_ = static_cast<int64_t>(rows);
    for (uint64_t i = 0; i < columns; ++i) {
        std::string_view name, type;
        if (!in.text(&name) || !in.text(&type)) return damaged();
        const DataType parsed = parse_data_type(type);
        view.names_.emplace_back(name);
        if (!read_prefix(in, parsed) || !read_part(in, parsed, rows, view.columns_.emplace_back())) return damaged();
    }
    if (in.at != in.end) return damaged();
    return view;
}

std::vector<std::pair<std::string_view, const DataType *>> BlockView::columns() const {
    std::vector<std::pair<std::string_view, const DataType *>> out;
    for (size_t i = 0; i < names_.size(); ++i) out.emplace_back(names_[i], &columns_[i].type);
    return out;
}

bool BlockView::read_prefix(Reader &in, const DataType &type) {
    uint64_t version;
    if (type.is(Kind::kLowCardinality)) return in.number(&version);
    for (const DataType &child : type.children)
        if (!read_prefix(in, child)) return false;
    return true;
}

bool BlockView::read_part(Reader &in, const DataType &type, size_t rows, Part &out) {
    out.type = type;
    out.rows = rows;
    switch (type.kind) {
        case Kind::kOther: return false;
        case Kind::kString:
        case Kind::kJson:
            for (size_t row = 0; row < rows; ++row) {
                std::string_view ignored;
                out.starts.push_back(static_cast<size_t>(in.at - in.begin));
                if (!in.text(&ignored)) return false;
            }
            out.starts.push_back(static_cast<size_t>(in.at - in.begin));
            return true;
        case Kind::kNullable:
            return in.take(rows, &out.data) && read_part(in, type.children[0], rows, out.children.emplace_back());
        case Kind::kLowCardinality: return read_dictionary(in, out);
        case Kind::kArray:
        case Kind::kMap: {
            if (!in.take(rows * sizeof(uint64_t), &out.data)) return false;
            const uint64_t elements = rows == 0 ? 0 : out.end_of(rows - 1);
            if (elements > static_cast<uint64_t>(in.end - in.begin)) return false;
            for (const DataType &child : type.children)
                if (!read_part(in, child, elements, out.children.emplace_back())) return false;
            return true;
        }
        case Kind::kTuple:
            for (const DataType &child : type.children)
                if (!read_part(in, child, rows, out.children.emplace_back())) return false;
            return true;
        default: return in.take(rows * type.width, &out.data);
    }
}

bool BlockView::read_dictionary(Reader &in, Part &out) {
    if (out.rows == 0) return true;
    uint64_t flags, keys, rows;
    if (!in.number(&flags) || !in.number(&keys)) return false;
    for (uint64_t i = 0; i < keys; ++i)
        if (!in.text(&out.keys.emplace_back())) return false;
    out.width = size_t{1} << (flags & 0xff);
    return in.number(&rows) && rows == out.rows && in.take(rows * out.width, &out.data);
}

uint64_t BlockView::Part::end_of(size_t row) const {
    uint64_t end;
    std::memcpy(&end, data + row * sizeof end, sizeof end);
    return end;
}

size_t BlockView::Part::number(size_t row) const {
    uint64_t n = 0;
    std::memcpy(&n, data + row * width, width);
    return n;
}

void BlockView::write(Output &out, int64_t begin, int64_t end) const {
    out.put_varint(columns_.size());
    out.put_varint(static_cast<uint64_t>(end - begin));
    for (size_t i = 0; i < columns_.size(); ++i) {
        out.put_text(names_[i]);
        out.put_text(columns_[i].type.text);
        write_prefix(out, columns_[i]);
        write_part(out, columns_[i], static_cast<size_t>(begin), static_cast<size_t>(end));
    }
}

void BlockView::write_prefix(Output &out, const Part &part) {
    constexpr uint64_t kVersion = 1;
    if (part.type.is(Kind::kLowCardinality)) out.put_value(kVersion);
    for (const Part &child : part.children) write_prefix(out, child);
}

void BlockView::write_part(Output &out, const Part &part, size_t begin, size_t end) const {
    switch (part.type.kind) {
        case Kind::kString:
        case Kind::kJson: return out.put(bytes_->data() + part.starts[begin], part.starts[end] - part.starts[begin]);
        case Kind::kNullable:
            out.put(part.data + begin, end - begin);
            return write_part(out, part.children[0], begin, end);
        case Kind::kLowCardinality: {
            if (begin == end) return;
            constexpr uint64_t kHasAdditionalKeys = 1 << 9;
            out.put_value(kHasAdditionalKeys | (part.width == 1 ? 0 : part.width == 2 ? 1 : part.width == 4 ? 2 : 3));
            out.put_value(static_cast<uint64_t>(part.keys.size()));
            for (const std::string_view key : part.keys) out.put_text(key);
            out.put_value(static_cast<uint64_t>(end - begin));
            return out.put(part.data + begin * part.width, (end - begin) * part.width);
        }
        case Kind::kArray:
        case Kind::kMap: {
            const uint64_t first = part.begin_of(begin), last = part.begin_of(end);
            for (size_t row = begin; row < end; ++row) out.put_value(part.end_of(row) - first);
            for (const Part &child : part.children) write_part(out, child, first, last);
            return;
        }
        case Kind::kTuple:
            for (const Part &child : part.children) write_part(out, child, begin, end);
            return;
        default: return out.put(part.data + begin * part.type.width, (end - begin) * part.type.width);
    }
}

}  // namespace weir::clickhouse
