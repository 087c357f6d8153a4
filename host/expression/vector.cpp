#include "host/expression/vector.hpp"

namespace weir::host::expression {
namespace {

template <size_t Width>
void copy_cells(std::byte* to, const std::byte* from, size_t stride, const Selection& rows) {
    rows.for_each([&](int row) {
        const auto at = static_cast<size_t>(row);
        std::memcpy(to + at * Width, from + at * stride, Width);
    });
}

}  // namespace

void Vector::copy_rows(const Vector& from, const Selection& rows) {
    const size_t stride = from.constant_ ? 0 : width_;
    switch (width_) {
        case 1: copy_cells<1>(data_, from.data_, stride, rows); break;
        case 2: copy_cells<2>(data_, from.data_, stride, rows); break;
        case 4: copy_cells<4>(data_, from.data_, stride, rows); break;
        case 8: copy_cells<8>(data_, from.data_, stride, rows); break;
        default: copy_cells<16>(data_, from.data_, stride, rows); break;
    }
    if (!from.has_nulls_ && !has_nulls_) return;
    if (!has_nulls_) valid_.fill(kChunk);
    has_nulls_ = true;
    rows.for_each([&](int row) { valid_.assign(row, !from.is_null(row)); });
}

void Vector::make_views(int rows) {
    if (!offsets_ || data_) return;
    if (!own_) own_ = std::make_unique_for_overwrite<std::byte[]>(static_cast<size_t>(kChunk) * width_);
    data_ = own_.get();
    auto* views = mutable_values<std::string_view>();
    for (int row = 0; row < rows; ++row) views[row] = text_in_place(row);
}

void Arena::clear() {
    if (blocks_.size() > 1) blocks_.resize(1);
    at_ = blocks_.empty() ? nullptr : blocks_[0].get();
    left_ = first_size_;
    used_ = 0;
}

void Arena::grow(size_t bytes) {
    constexpr size_t kBlock = 64 * 1024;
    const size_t size = std::max({bytes, kBlock, std::min<size_t>(used_, size_t{4} << 20)});
    blocks_.push_back(std::make_unique_for_overwrite<char[]>(size));
    if (blocks_.size() == 1) first_size_ = size;
    at_ = blocks_.back().get();
    left_ = size;
}

}  // namespace weir::host::expression
