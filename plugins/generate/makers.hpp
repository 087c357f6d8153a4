// The makers themselves; columns.cpp builds them from the configuration. See columns.hpp.
#pragma once

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include "columns.hpp"
#include "words.hpp"

namespace weir::generate {

// The range of an integer type, as far as int64 reaches.
int64_t lowest_of(const Type &type);
int64_t highest_of(const Type &type);

// Appends a real number as a value of any numeric type, rounded and held within the type's range.
void append_real(ColumnBuilder &to, double value);

// Whole numbers (or units of a decimal), uniform over low..high.
class RangeMaker final : public Maker {
public:
    RangeMaker(Stream stream, int64_t low, int64_t high)
        : stream_(stream), low_(static_cast<uint64_t>(low)), size_(static_cast<uint64_t>(high) - low_ + 1) {}
    void fill(const Rows &rows, const std::vector<Column> &, ColumnBuilder &to) const override {
        for (int64_t i = 0; i < rows.n; ++i)
            to.append_integer(static_cast<int64_t>(low_ + stream_.below(size_, rows.number(i))));
    }

private:
    Stream stream_;
    uint64_t low_, size_;
};

// Real numbers, uniform over [low, high).
class RealMaker final : public Maker {
public:
    RealMaker(Stream stream, double low, double high) : stream_(stream), low_(low), high_(high) {}
    void fill(const Rows &rows, const std::vector<Column> &, ColumnBuilder &to) const override {
        for (int64_t i = 0; i < rows.n; ++i)
            append_real(to, low_ + (high_ - low_) * stream_.unit(rows.number(i)));
    }

private:
    Stream stream_;
    double low_, high_;
};

class NormalMaker final : public Maker {
public:
    NormalMaker(Stream stream, double mean, double deviation)
        : stream_(stream), mean_(mean), deviation_(deviation) {}
    void fill(const Rows &rows, const std::vector<Column> &, ColumnBuilder &to) const override {
        for (int64_t i = 0; i < rows.n; ++i) append_real(to, mean_ + deviation_ * stream_.normal(rows.number(i)));
    }

private:
    Stream stream_;
    double mean_, deviation_;
};

class ZipfMaker final : public Maker {
public:
    ZipfMaker(Stream stream, Zipf zipf) : stream_(stream), zipf_(zipf) {}
    void fill(const Rows &rows, const std::vector<Column> &, ColumnBuilder &to) const override {
        for (int64_t i = 0; i < rows.n; ++i) to.append_integer(zipf_.at(stream_, rows.number(i)));
    }

private:
    Stream stream_;
    Zipf zipf_;
};

class SequenceMaker final : public Maker {
public:
    SequenceMaker(int64_t start, int64_t step) : start_(start), step_(step) {}
    void fill(const Rows &rows, const std::vector<Column> &, ColumnBuilder &to) const override {
        for (int64_t i = 0; i < rows.n; ++i)
            to.append_integer(static_cast<int64_t>(static_cast<uint64_t>(start_) +
                                                   rows.number(i) * static_cast<uint64_t>(step_)));
    }

private:
    int64_t start_, step_;
};

// One of some values, each with its weight.
class ChoiceMaker final : public Maker {
public:
    // `weights` may be empty: all alike. Takes the array over.
    ChoiceMaker(Stream stream, Type type, ArrowArray values, const std::vector<double> &weights);
    ~ChoiceMaker() override { values_.release(&values_); }
    void fill(const Rows &rows, const std::vector<Column> &, ColumnBuilder &to) const override;
    size_t row_bytes() const override { return row_bytes_; }

private:
    Stream stream_;
    Type type_;
    ArrowArray values_;
    std::vector<double> cumulative_;  // up to and with value i, as a share
    size_t row_bytes_ = 16;
};

// Times that advance by `step` a row from `start`, each up to `jitter` earlier than that.
class TimestampMaker final : public Maker {
public:
    TimestampMaker(Stream stream, std::optional<int64_t> start, int64_t step, int64_t jitter)
        : stream_(stream), start_(start), step_(step), jitter_(jitter) {}
    void fill(const Rows &rows, const std::vector<Column> &, ColumnBuilder &to) const override {
        for (int64_t i = 0; i < rows.n; ++i) {
            uint64_t row = rows.number(i);
            auto late = static_cast<int64_t>(stream_.below(static_cast<uint64_t>(jitter_) + 1, row));
            to.append(start_.value_or(rows.start) + step_ * static_cast<int64_t>(row) - late);
        }
    }

private:
    Stream stream_;
    std::optional<int64_t> start_;  // none: when the stream began
    int64_t step_, jitter_;
};

// Names, words and other texts that look real.
class FakeMaker final : public Maker {
public:
    FakeMaker(Stream stream, Fake kind) : stream_(stream), kind_(kind) {}
    void fill(const Rows &rows, const std::vector<Column> &, ColumnBuilder &to) const override {
        std::string text;
        for (int64_t i = 0; i < rows.n; ++i) {
            text.clear();
            append_fake(kind_, stream_, rows.number(i), text);
            to.append_text(text);
        }
    }
    size_t row_bytes() const override { return kMaxFakeBytes; }

private:
    Stream stream_;
    Fake kind_;
};

// Text with other columns' values in it.
class TemplateMaker final : public Maker {
public:
    static constexpr size_t kRow = SIZE_MAX;
    struct Piece {
        std::string text;               // before the value
        std::optional<size_t> column;   // kRow: the row's number; none: the end of the template
    };
    TemplateMaker(std::vector<Piece> pieces, size_t row_bytes) : pieces_(std::move(pieces)), row_bytes_(row_bytes) {}
    void fill(const Rows &rows, const std::vector<Column> &before, ColumnBuilder &to) const override;
    std::vector<size_t> needs() const override;
    size_t row_bytes() const override { return row_bytes_; }

private:
    std::vector<Piece> pieces_;
    size_t row_bytes_;
};

}  // namespace weir::generate
