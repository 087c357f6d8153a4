#include "metadata_columns.hpp"

#include <algorithm>
#include <cstring>

#include <weir/builder.hpp>

namespace weir::kafka {
namespace {

Type headers_type() {
    Type type = type_of(TypeId::kMap);
    type.children = {{"key", type_of(TypeId::kString), false}, {"value", type_of(TypeId::kBinary), true}};
    return type;
}

void append_headers(ColumnBuilder &to, std::span<const weir_header> headers) {
    for (const weir_header &header : headers) {
        to.child(0).append_text(view(header.name));
        if (header.value.data) to.child(1).append_text(view(header.value));
        else to.child(1).append_null();
    }
    to.end_row();
}

// A key, headers or a timestamp.
void append(ColumnBuilder &to, Metadata what, Records &records, size_t row) {
    switch (what) {
        case Metadata::kKey: {
            weir_str key = records.key(row);
            return key.data ? to.append_text(view(key)) : to.append_null();
        }
        case Metadata::kHeaders: return append_headers(to, records.headers(row));
        default: {
            int64_t time = records.timestamp(row);
            return time == INT64_MIN ? to.append_null() : to.append(time);
        }
    }
}

}  // namespace

Field metadata_field(Metadata what, std::string name) {
    switch (what) {
        case Metadata::kKey: return {std::move(name), type_of(TypeId::kBinary), true};
        case Metadata::kHeaders: return {std::move(name), headers_type(), false};
        case Metadata::kTopic: return {std::move(name), type_of(TypeId::kString), false};
        case Metadata::kPartition: return {std::move(name), type_of(TypeId::kInt32), false};
        case Metadata::kOffset: return {std::move(name), type_of(TypeId::kInt64), false};
        case Metadata::kTimestamp: return {std::move(name), type_of(TypeId::kTimestamp), true};
    }
    return {};
}

namespace {

// One text in every row.
struct RepeatedText {
    Buffer offsets, bytes;
    const void *buffers[3] = {nullptr, nullptr, nullptr};
};

ArrowArray repeated_text(std::string_view text, size_t rows) {
    auto *owner = new RepeatedText;
    owner->offsets.resize((rows + 1) * sizeof(int32_t));
    owner->bytes.resize(std::max<size_t>(rows * text.size(), 1));
    auto *offsets = owner->offsets.as<int32_t>();
    for (size_t i = 0; i <= rows; ++i) offsets[i] = static_cast<int32_t>(i * text.size());
    for (size_t i = 0; i < rows; ++i) std::memcpy(owner->bytes.data() + i * text.size(), text.data(), text.size());
    owner->buffers[1] = owner->offsets.data();
    owner->buffers[2] = owner->bytes.data();
    ArrowArray out{};
    out.length = static_cast<int64_t>(rows);
    out.n_buffers = 3;
    out.buffers = owner->buffers;
    out.private_data = owner;
    out.release = [](ArrowArray *self) {
        delete static_cast<RepeatedText *>(self->private_data);
        self->release = nullptr;
    };
    return out;
}

bool append_all(ColumnBuilder &to, Metadata what, Records &records, const std::vector<int32_t> &rows) {
    auto n = static_cast<int64_t>(rows.size());
    if (what == Metadata::kOffset) {
        auto *out = to.append_n<int64_t>(n);
        for (size_t i = 0; i < rows.size(); ++i) out[i] = records.offset(static_cast<size_t>(rows[i]));
    } else if (what == Metadata::kPartition) {
        std::fill_n(to.append_n<int32_t>(n), n, records.partition());
    } else {
        return false;
    }
    return true;
}

}  // namespace

ArrowArray metadata_column(Metadata what, Records &records, const std::vector<int32_t> &rows) {
    if (what == Metadata::kTopic) return repeated_text(records.topic(), rows.size());
    ColumnBuilder builder(metadata_field(what, "").type);
    builder.reserve(static_cast<int64_t>(rows.size()));
    if (!append_all(builder, what, records, rows))
        for (int32_t row : rows) append(builder, what, records, static_cast<size_t>(row));
    ArrowArray out{};
    builder.finish(&out);
    return out;
}

}  // namespace weir::kafka
