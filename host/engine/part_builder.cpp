#include "host/engine/part_builder.hpp"

#include <algorithm>
#include <atomic>
#include <climits>

#include <weir/column.hpp>

namespace weir::host {

namespace {

template <class T>
void copy_values(ColumnBuilder& to, const Column& from, const int32_t* rows, int64_t n) {
    T* out = to.append_n<T>(n);
    const T* values = from.values<T>();
    for (int64_t i = 0; i < n; ++i) out[i] = values[rows[i]];
}

// False: this type is copied row by row.
bool copy_plain(ColumnBuilder& to, const Column& from, const int32_t* rows, int64_t n) {
    switch (value_width(to.type().id)) {
        case 1: copy_values<uint8_t>(to, from, rows, n); return true;
        case 2: copy_values<uint16_t>(to, from, rows, n); return true;
        case 4: copy_values<uint32_t>(to, from, rows, n); return true;
        case 8: copy_values<uint64_t>(to, from, rows, n); return true;
        case 16: copy_values<Int128>(to, from, rows, n); return true;
        default: return false;
    }
}

}  // namespace

// Numbers the rows of several origins one behind the other.
struct PartBuilder::JoinedOrigin {
    weir_origin base{};  // first: a pointer to it is one to this
    std::atomic<int64_t> refs{1};
    std::vector<Source> sources;

    explicit JoinedOrigin(std::vector<Source> of) : sources(std::move(of)) {
        base.size = sizeof base;
        base.retain = [](weir_origin* self) { of_base(self)->refs.fetch_add(1, std::memory_order_relaxed); };
        base.release = [](weir_origin* self) {
            if (of_base(self)->refs.fetch_sub(1, std::memory_order_acq_rel) == 1) delete of_base(self);
        };
        base.get = [](weir_origin* self, int64_t row, weir_origin_record* out) -> int32_t {
            const auto& all = of_base(self)->sources;
            auto behind = std::upper_bound(all.begin(), all.end(), row,
                                           [](int64_t r, const Source& source) { return r < source.first; });
            const Source& source = *--behind;
            if (!source.origin) return WEIR_E_UNSUPPORTED;
            return source.origin->get(source.origin, row - source.first, out);
        };
    }
    ~JoinedOrigin() {
        for (Source& source : sources)
            if (source.origin) source.origin->release(source.origin);
    }
    static JoinedOrigin* of_base(weir_origin* self) { return reinterpret_cast<JoinedOrigin*>(self); }
};

PartBuilder::PartBuilder(const Schema& types) : types_(types), builder_(types), has_nulls_(types.size()) {}

PartBuilder::~PartBuilder() {
    for (Source& source : sources_)
        if (source.origin) source.origin->release(source.origin);
}

int64_t PartBuilder::append(const HostBatch& from, const int32_t* rows, int64_t n, const uint64_t* hashes) {
    const weir_batch& batch = from.view();
    n = std::min(n, WEIR_BATCH_MAX_ROWS - rows_);
    if (rows_ == 0) {
        schema_ = batch.schema;
        split_ = batch.split;
        hashes_.reserve(WEIR_BATCH_MAX_ROWS * sizeof(uint64_t));
    } else if (split_ != batch.split) {
        split_ = WEIR_NO_SPLIT;
    }
    for (size_t c = 0; c < types_.size(); ++c) append_column(c, *batch.array->children[c], rows, n);
    const size_t old = hashes_.size();
    hashes_.resize(old + static_cast<size_t>(n) * sizeof(uint64_t));
    auto* out = reinterpret_cast<uint64_t*>(hashes_.data() + old);
    for (int64_t i = 0; i < n; ++i) out[i] = hashes[rows[i]];
    append_origin(batch, rows, n);
    rows_ += n;
    bytes_ += batch.bytes * n / batch.rows;
    return n;
}

void PartBuilder::append_column(size_t index, const ArrowArray& from, const int32_t* rows, int64_t n) {
    const Column column(&from, &types_.fields[index].type);
    ColumnBuilder& to = builder_.column(index);
    if (rows_ == 0) to.reserve(WEIR_BATCH_MAX_ROWS);
    if (column.has_nulls()) has_nulls_[index] = true;
    if (!has_nulls_[index] && copy_plain(to, column, rows, n)) return;
    for (int64_t i = 0; i < n; ++i) to.append_from(column, rows[i]);
}

// While nothing has an origin nothing is noted.
void PartBuilder::append_origin(const weir_batch& from, const int32_t* rows, int64_t n) {
    if (sources_.empty() || sources_.back().origin != from.origin) {
        if (from.origin) from.origin->retain(from.origin);
        sources_.push_back({from.origin, next_first_});
        next_first_ += !from.origin;
    }
    if (!from.origin && origin_rows_.size() == 0) return;
    const auto before = static_cast<size_t>(rows_);
    const int32_t first = sources_.back().first;
    if (origin_rows_.size() == 0) {
        origin_rows_.reserve(WEIR_BATCH_MAX_ROWS * sizeof(int32_t));
        origin_rows_.resize(before * sizeof(int32_t));
        std::fill_n(reinterpret_cast<int32_t*>(origin_rows_.data()), before, 0);
    }
    origin_rows_.resize((before + static_cast<size_t>(n)) * sizeof(int32_t));
    auto* out = reinterpret_cast<int32_t*>(origin_rows_.data()) + before;
    if (!from.origin) {
        std::fill_n(out, n, first);
        return;
    }
    for (int64_t i = 0; i < n; ++i) out[i] = first + (from.origin_rows ? from.origin_rows[rows[i]] : rows[i]);
    for (int64_t i = 0; i < n; ++i) next_first_ = std::max(next_first_, out[i] + 1);
}

weir_origin* PartBuilder::take_origin() {
    if (sources_.size() == 1) {
        weir_origin* only = sources_[0].origin;
        sources_.clear();
        return only;
    }
    return &(new JoinedOrigin(std::exchange(sources_, {})))->base;
}

BatchRef PartBuilder::take() {
    ArrowArray array{};
    builder_.set_rows(rows_);
    builder_.finish(&array);
    weir_batch made{};
    made.rows = rows_;
    made.split = split_;
    made.array = &array;
    made.origin = take_origin();
    if (made.origin) made.origin_rows = reinterpret_cast<int32_t*>(origin_rows_.release());
    origin_rows_.resize(0);
    has_nulls_.assign(has_nulls_.size(), false);
    rows_ = bytes_ = 0;
    next_first_ = 0;
    return BatchRef(HostBatch::take(&made, schema_, reinterpret_cast<uint64_t*>(hashes_.release())));
}

}  // namespace weir::host
