// The caller's side of a codec: what sources and sinks do with a weir_codec that the host gave them.
//
// Functions of one codec are called by one user at a time. What they return owns its memory.
#pragma once

#include <string_view>
#include <utility>
#include <vector>

#include <weir/abi.h>
#include <weir/memory.hpp>
#include <weir/operator.hpp>
#include <weir/types.hpp>

namespace weir {

// What a codec wrote: a payload for each row, but for those in failed(). Movable.
class Encoded {
public:
    Encoded() = default;
    Encoded(Encoded &&o) noexcept { *this = std::move(o); }
    Encoded &operator=(Encoded &&o) noexcept {
        std::swap(raw_, o.raw_);
        std::swap(failed_, o.failed_);
        return *this;
    }
    Encoded(const Encoded &) = delete;
    Encoded &operator=(const Encoded &) = delete;
    ~Encoded() {
        plugin_host().free(raw_.data);
        plugin_host().free(raw_.offsets);
        plugin_host().free(raw_.nulls);
    }

    // Of a row that did not fail; valid while this object or what it was moved to lives. data NULL: a tombstone.
    weir_str payload(int64_t row) const {
        if (raw_.nulls && raw_.nulls[row]) return {nullptr, 0};
        const uint64_t begin = raw_.offsets[row], end = raw_.offsets[row + 1];
        return {reinterpret_cast<const char *>(raw_.data) + begin, end - begin};
    }
    // In ascending order of their rows, with the code `encode`.
    const std::vector<RowError> &failed() const { return failed_; }

private:
    friend Result<Encoded> encode(const weir_codec &codec, const ArrowArray &rows);
    weir_encoded raw_{sizeof(weir_encoded), 0, nullptr, nullptr, nullptr};
    std::vector<RowError> failed_;
};

namespace detail {

template <class F>
Status call_codec(F &&call) {
    weir_error error{};
    error.size = sizeof error;
    const int32_t code = call(&error);
    return Status::from_abi(code, error);
}

}  // namespace detail

// The chosen columns of a batch as a struct array that owns nothing: what a sink gives to encode. Valid as long as the
// batch.
class ColumnSelection {
public:
    ColumnSelection(const weir_batch &batch, const std::vector<size_t> &columns) {
        for (size_t c : columns) children_.push_back(batch.array->children[c]);
        array_.length = batch.rows;
        array_.n_buffers = 1;
        array_.buffers = &no_nulls_;
        array_.n_children = static_cast<int64_t>(children_.size());
        array_.children = children_.data();
    }
    ColumnSelection(const ColumnSelection &) = delete;
    ColumnSelection &operator=(const ColumnSelection &) = delete;
    const ArrowArray &array() const { return array_; }

private:
    std::vector<ArrowArray *> children_;
    const void *no_nulls_ = nullptr;
    ArrowArray array_{};
};

Status bind_decode(const weir_codec &codec, const Schema &record);
Status bind_encode(const weir_codec &codec, const Schema &rows);
// Payloads to decode; `failed` gets those that give no row, in ascending order, with the code `decode` and the
// position in their message. *out is a struct array of the wanted columns: the caller's to release.
Status decode(const weir_codec &codec, uint32_t n, const uint8_t *base, const uint32_t *offsets, const int32_t *lengths,
              const uint8_t *wanted, std::vector<RowError> &failed, ArrowArray *out);
Result<Encoded> encode(const weir_codec &codec, const ArrowArray &rows);

}  // namespace weir

#ifndef WEIR_SDK_COMPILED
#include <weir/detail/codec_call_impl.hpp>
#endif
