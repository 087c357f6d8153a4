// LowCardinality(String) and LowCardinality(Nullable(String)): each text once, and its number for each row.
#include <cstring>
#include <limits>

#include <weir/memory.hpp>

#include "column_writer.hpp"

namespace weir::clickhouse {
namespace {

constexpr uint64_t kVersion = 1;                  // of the prefix: a shared dictionary and additional keys
constexpr uint64_t kHasAdditionalKeys = 1 << 9;   // the block brings its own keys; the low byte is the width of numbers
constexpr size_t kFirstCells = 256;

uint64_t hash_of(std::string_view text) {
    uint64_t h = text.size() * 0x9e3779b97f4a7c15;
    const char *at = text.data();
    size_t n = text.size();
    for (; n >= 8; n -= 8, at += 8) {
        uint64_t v;
        std::memcpy(&v, at, sizeof v);
        h = (h ^ v) * 0x9fb21c651e98df25;
        h ^= h >> 32;
    }
    uint64_t rest = 0;
    std::memcpy(&rest, at, n);
    h = (h ^ rest) * 0x9fb21c651e98df25;
    return h ^ (h >> 29);
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
        cells_.assign(kFirstCells, 0);
        last_ = 0;
        if (!nullable_) cells_[hash_of({}) & (kFirstCells - 1)] = 1;
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
    uint32_t number_of(std::string_view text) {
        if (last_ != 0 && text == text_of(last_)) return last_;
        const size_t mask = cells_.size() - 1;
        for (size_t cell = hash_of(text) & mask;; cell = (cell + 1) & mask) {
            if (cells_[cell] == 0) return add(text, cell);
            const uint32_t key = cells_[cell] - 1;
            if (text == text_of(key)) return last_ = key;
        }
    }
    uint32_t add(std::string_view text, size_t cell) {
        const auto key = static_cast<uint32_t>(ends_.size());
        texts_.append(text);
        ends_.push_back(texts_.size());
        cells_[cell] = key + 1;
        if (ends_.size() * 2 > cells_.size()) grow();
        return last_ = key;
    }
    void grow() {
        cells_.assign(cells_.size() * 2, 0);
        const size_t mask = cells_.size() - 1;
        for (size_t key = nullable_ ? 1 : 0; key < ends_.size(); ++key) {
            size_t cell = hash_of(text_of(key)) & mask;
            while (cells_[cell] != 0) cell = (cell + 1) & mask;
            cells_[cell] = static_cast<uint32_t>(key) + 1;
        }
    }

    const bool nullable_;
    Buffer numbers_;              // uint32_t a row
    std::string texts_;           // of the keys, one behind the other
    std::vector<size_t> ends_;    // of each key in texts_
    std::vector<uint32_t> cells_;  // key + 1, at a place that its hash begins; 0: free
    uint32_t last_ = 0;
};

}  // namespace

std::unique_ptr<ColumnWriter> make_dictionary_writer(bool nullable) { return std::make_unique<DictionaryWriter>(nullable); }

}  // namespace weir::clickhouse
