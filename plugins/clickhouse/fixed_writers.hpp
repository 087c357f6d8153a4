// Columns of values of fixed width: copied where both sides have the same bytes, else converted one by one.
#pragma once

#include <string>
#include <type_traits>
#include <utility>

#include "column_writer.hpp"

namespace weir::clickhouse {

// What writers of fixed width share: the values, one behind the other.
class FixedWriter : public ColumnWriter {
public:
    FixedWriter(std::string type, size_t width) : type_(std::move(type)), width_(width) {}

    void append_defaults(int64_t n) override {
        const size_t bytes = static_cast<size_t>(n) * width_;
        std::memset(grow(bytes), 0, bytes);
    }
    void write(Output &out) const override { out.put(values_.data(), values_.size()); }
    size_t bytes() const override { return values_.size(); }
    void clear() override { values_.resize(0); }
    std::string type() const override { return type_; }

protected:
    // Room for more bytes, behind those that are there.
    uint8_t *grow(size_t bytes) {
        const size_t before = values_.size();
        if (before + bytes > values_.capacity()) values_.reserve(std::max(before + bytes, 2 * values_.capacity()));
        values_.resize(before + bytes);
        return values_.data() + before;
    }
    size_t width() const { return width_; }

private:
    const std::string type_;
    const size_t width_;
    Buffer values_;
};

// The same bytes on both sides.
class CopyWriter final : public FixedWriter {
public:
    using FixedWriter::FixedWriter;
    void append(const Column &column, int64_t begin, int64_t end) override {
        const size_t bytes = static_cast<size_t>(end - begin) * width();
        std::memcpy(grow(bytes), column.values<uint8_t>() + static_cast<size_t>(begin) * width(), bytes);
    }
};

// From values of type From by a function; `Rule` has `bool takes(From)`, `To convert(From)` and `std::string fault(From)`, and
// says by kTakesAll whether all are taken.
template <class From, class To, class Rule>
class ConvertWriter final : public FixedWriter {
public:
    ConvertWriter(std::string type, Rule rule) : FixedWriter(std::move(type), sizeof(To)), rule_(std::move(rule)) {}

    bool can_fail() const override { return !Rule::kTakesAll; }
    void check(const Column &column, int64_t begin, int64_t end, const Fault &fault) const override {
        const auto *values = column.values<From>();
        bool all = true;
        for (int64_t row = begin; row < end; ++row) all &= rule_.takes(values[row]);
        for (int64_t row = begin; row < end && !all; ++row)
            if (!rule_.takes(values[row])) fault(row, rule_.fault(values[row]));
    }
    void append(const Column &column, int64_t begin, int64_t end) override {
        const auto *values = column.values<From>();
        auto *to = reinterpret_cast<To *>(grow(static_cast<size_t>(end - begin) * sizeof(To)));
        for (int64_t row = begin; row < end; ++row) {
            const To value = rule_.convert(values[row]);
            std::memcpy(to++, &value, sizeof value);
        }
    }

private:
    const Rule rule_;
};

template <class From, class To, class Rule>
std::unique_ptr<ColumnWriter> make_convert(const DataType &to, Rule rule) {
    return std::make_unique<ConvertWriter<From, To, Rule>>(to.text, std::move(rule));
}

inline std::unique_ptr<ColumnWriter> make_copy(const DataType &to) { return std::make_unique<CopyWriter>(to.text, to.width); }

}  // namespace weir::clickhouse
