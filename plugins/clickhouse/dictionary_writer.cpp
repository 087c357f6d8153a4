// LowCardinality(String) and LowCardinality(Nullable(String)): each text once, and its number for each row.
#include <cstring>

#include <weir/memory.hpp>

#include "column_writer.hpp"

namespace weir::clickhouse {
namespace {

constexpr uint64_t kVersion = 1;                  // of the prefix: a shared dictionary and additional keys
constexpr uint64_t kHasAdditionalKeys = 1 << 9;   // the block brings its own keys; the low byte is the width of numbers
constexpr int kFirstBits = 8;
constexpr size_t kFirstCells = size_t{1} << kFirstBits;

constexpr size_t kShortText = 7;                        // texts up to this are told apart by their code alone
constexpr uint64_t kLong = uint64_t{1} << 63;       // in the code of others

template <class T>
uint64_t load(const char *at) {
    T v;
    std::memcpy(&v, at, sizeof v);
    return v;
}

// A short text's bytes behind its length; of a longer one a hash.
uint64_t short_code(std::string_view text) {
    const size_t n = text.size();
    const char *at = text.data();
    if (n <= kShortText) {
        uint64_t bytes = 0;
        if (n >= 4)
            bytes = load<uint32_t>(at) | (load<uint32_t>(at + n - 4) >> (8 * (8 - n))) << 32;
        else if (n > 0)
            bytes = load<uint8_t>(at) | (n > 1 ? load<uint8_t>(at + 1) << 8 : 0) | (n > 2 ? load<uint8_t>(at + 2) << 16 : 0);
        return bytes | static_cast<uint64_t>(n) << 56;
    }
    uint64_t h = n * 0x9e3779b97f4a7c15;
    size_t left = n;
    for (; left > 8; left -= 8, at += 8) {
        h = (h ^ load<uint64_t>(at)) * 0x9fb21c651e98df25;
        h ^= h >> 32;
    }
    return ((h ^ load<uint64_t>(text.data() + n - 8)) * 0x9fb21c651e98df25) | kLong;
}

class DictionaryWriter final : public ColumnWriter {
public:
    explicit DictionaryWriter(bool nullable) : nullable_(nullable) { clear(); }

    void append(const Column &column, int64_t begin, int64_t end) override {
        const size_t n = static_cast<size_t>(end - begin), before = numbers_.size();
        const size_t needed = before + n * sizeof(uint32_t);
        if (needed > numbers_.capacity()) numbers_.reserve(std::max(needed, 2 * numbers_.capacity()));
        numbers_.resize(needed);
        auto *to = reinterpret_cast<uint32_t *>(numbers_.data() + before);
        const bool has_nulls = column.has_nulls();
        for (int64_t row = begin; row < end; ++row)
            *to++ = has_nulls && column.is_null(row) ? 0 : number_of(column.text(row));
    }
    void append_defaults(int64_t n) override {
        for (int64_t i = 0; i < n; ++i) numbers_.push(uint32_t{0});
    }
    void write_prefix(Output &out) const override { out.put_value(kVersion); }
    void write(Output &out) const override {
        const size_t rows = numbers_.size() / sizeof(uint32_t);
        if (rows == 0) return;
        const size_t keys = ends_.size();
        const uint64_t width = keys <= 1 << 8 ? 0 : keys <= 1 << 16 ? 1 : 2;  // 1, 2, 4 bytes
        out.put_value(kHasAdditionalKeys | width);
        out.put_value(static_cast<uint64_t>(keys));
        for (size_t key = 0; key < keys; ++key) out.put_text(text_of(key));
        out.put_value(static_cast<uint64_t>(rows));
        const auto *numbers = reinterpret_cast<const uint32_t *>(numbers_.data());
        if (width == 2)
            out.put(numbers, rows * sizeof(uint32_t));
        else if (width == 1)
            put_narrow<uint16_t>(out, numbers, rows);
        else
            put_narrow<uint8_t>(out, numbers, rows);
    }
    size_t bytes() const override { return numbers_.size() + texts_.size() + ends_.size() * sizeof(uint64_t); }
    // The first key is the value of rows that have none.
    void clear() override {
        numbers_.resize(0);
        texts_.clear();
        ends_.assign(1, 0);
        cells_.assign(kFirstCells, {});
        shift_ = 64 - kFirstBits;
        if (!nullable_) cells_[place_of(short_code({}))] = {short_code({}), 1};
    }
    std::string type() const override { return nullable_ ? "LowCardinality(Nullable(String))" : "LowCardinality(String)"; }

private:
    template <class T>
    static void put_narrow(Output &out, const uint32_t *numbers, size_t rows) {
        constexpr size_t kChunk = 4'096;
        T narrow[kChunk];
        for (size_t done = 0; done < rows; done += kChunk) {
            const size_t n = std::min(kChunk, rows - done);
            for (size_t i = 0; i < n; ++i) narrow[i] = static_cast<T>(numbers[done + i]);
            out.put(narrow, n * sizeof(T));
        }
    }
    std::string_view text_of(size_t key) const {
        const size_t begin = key == 0 ? 0 : ends_[key - 1];
        return std::string_view(texts_).substr(begin, ends_[key] - begin);
    }
    struct Cell {
        uint64_t code = 0;
        uint32_t number = 0;  // of the key, and 1; 0: free
    };
    size_t place_of(uint64_t code) const { return (code * 0x9e3779b97f4a7c15) >> shift_; }
    uint32_t number_of(std::string_view text) {
        const uint64_t code = short_code(text);
        for (size_t at = place_of(code);; at = (at + 1) & (cells_.size() - 1)) {
            const Cell &cell = cells_[at];
            if (cell.number == 0) return add(text, code, at);
            if (cell.code == code && (code < kLong || text == text_of(cell.number - 1))) return cell.number - 1;
        }
    }
    uint32_t add(std::string_view text, uint64_t code, size_t at) {
        const auto key = static_cast<uint32_t>(ends_.size());
        texts_.append(text);
        ends_.push_back(texts_.size());
        cells_[at] = {code, key + 1};
        if (ends_.size() * 2 > cells_.size()) grow();
        return key;
    }
    void grow() {
        std::vector<Cell> old(cells_.size() * 2);
        old.swap(cells_);
        --shift_;
        for (const Cell &cell : old) {
            if (cell.number == 0) continue;
            size_t at = place_of(cell.code);
            while (cells_[at].number != 0) at = (at + 1) & (cells_.size() - 1);
            cells_[at] = cell;
        }
    }

    const bool nullable_;
    Buffer numbers_;              // uint32_t a row
    std::string texts_;           // of the keys, one behind the other
    std::vector<size_t> ends_;    // of each key in texts_
    std::vector<Cell> cells_;     // a power of two of them
    int shift_ = 0;               // 64 less that power
};

}  // namespace

std::unique_ptr<ColumnWriter> make_dictionary_writer(bool nullable) { return std::make_unique<DictionaryWriter>(nullable); }

}  // namespace weir::clickhouse
