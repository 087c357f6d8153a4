#include "host/expression/text_scan.hpp"

#include "host/expression/utf8.hpp"

namespace weir::host::expression {
namespace {

// Without an early end, so that it becomes vector code.
bool all_ascii(const char* bytes, size_t size) {
    constexpr size_t kStep = 32;
    uint64_t a = 0, b = 0, c = 0, d = 0;
    const auto word = [bytes](size_t at) {
        uint64_t out;
        std::memcpy(&out, bytes + at, sizeof out);
        return out;
    };
    size_t i = 0;
    for (; i + kStep <= size; i += kStep) a |= word(i), b |= word(i + 8), c |= word(i + 16), d |= word(i + 24);
    return !((a | b | c | d) & 0x8080808080808080) && is_ascii({bytes + i, size - i});
}

// The rows whose first bytes are `wanted`, and which are as long (Whole) or at least as long. Up to 8 bytes are
// compared as one word, which may reach into the rows behind, but not beyond the last one.
template <bool Whole>
void mark_beginning(const Vector& texts, std::string_view wanted, int n, uint8_t* out) {
    const char* const bytes = texts.text_bytes();
    const int32_t* const offsets = texts.offsets();
    const auto size = static_cast<int64_t>(wanted.size());
    const auto fits = [size](int64_t length) { return Whole ? length == size : length >= size; };
    uint64_t word = 0, mask = 0;
    const size_t head = std::min<size_t>(wanted.size(), sizeof word);
    if (head > 0) std::memcpy(&word, wanted.data(), head);
    std::memset(&mask, 0xFF, head);

    int by_word = n;
    while (by_word > 0 && offsets[n] - offsets[by_word - 1] < static_cast<int32_t>(sizeof word)) --by_word;
    for (int row = 0; row < by_word; ++row) {
        uint64_t begin;
        std::memcpy(&begin, bytes + offsets[row], sizeof begin);
        out[row] = static_cast<uint8_t>(((begin & mask) == word) & fits(offsets[row + 1] - offsets[row]));
    }
    for (int row = by_word; row < n; ++row) {
        const std::string_view text = texts.text_in_place(row);
        out[row] = fits(static_cast<int64_t>(text.size())) && text.starts_with(wanted.substr(0, head));
    }
    if (wanted.size() <= head) return;
    for (int row = 0; row < n; ++row)
        if (out[row]) out[row] = texts.text_in_place(row).substr(head).starts_with(wanted.substr(head));
}

}  // namespace

bool can_scan(const Vector& texts, const Selection& rows) {
    // A row in four: where fewer are meant, a loop over them costs less.
    return texts.is_in_place() && (rows.is_all() || rows[rows.size() - 1] / 4 < rows.size());
}

void mark_equal(const Vector& texts, std::string_view wanted, int n, uint8_t* out) {
    mark_beginning<true>(texts, wanted, n, out);
}

void mark_starting(const Vector& texts, std::string_view wanted, int n, uint8_t* out) {
    mark_beginning<false>(texts, wanted, n, out);
}

void mark_ending(const Vector& texts, std::string_view wanted, int n, uint8_t* out) {
    for (int row = 0; row < n; ++row) out[row] = texts.text_in_place(row).ends_with(wanted);
}

// One search through the bytes of all rows. What is found counts where it lies within a row.
void mark_containing(const Vector& texts, std::string_view wanted, int n, uint8_t* out) {
    std::memset(out, wanted.empty(), static_cast<size_t>(n));
    if (wanted.empty()) return;
    const int32_t* const offsets = texts.offsets();
    const std::string_view all(texts.text_bytes(), static_cast<size_t>(offsets[n]));
    int row = 0;
    for (auto at = static_cast<size_t>(offsets[0]); (at = find_text(all, wanted, at)) != std::string_view::npos;) {
        while (static_cast<size_t>(offsets[row + 1]) <= at) ++row;
        const auto end = static_cast<size_t>(offsets[row + 1]);
        const bool within = at + wanted.size() <= end;
        out[row] |= static_cast<uint8_t>(within);
        at = within ? end : at + 1;
    }
}

void measure_bytes(const Vector& texts, int n, int32_t* out) {
    const int32_t* const offsets = texts.offsets();
    for (int row = 0; row < n; ++row) out[row] = offsets[row + 1] - offsets[row];
}

void measure_characters(const Vector& texts, int n, int32_t* out) {
    const int32_t* const offsets = texts.offsets();
    const auto is_plain = [&](int from, int to) {
        return all_ascii(texts.text_bytes() + offsets[from], static_cast<size_t>(offsets[to] - offsets[from]));
    };
    measure_bytes(texts, n, out);
    if (is_plain(0, n)) return;
    constexpr int kBlock = 64;
    for (int from = 0; from < n; from += kBlock) {
        const int to = std::min(from + kBlock, n);
        if (is_plain(from, to)) continue;
        for (int row = from; row < to; ++row)
            out[row] = static_cast<int32_t>(count_characters(texts.text_in_place(row)));
    }
}

}  // namespace weir::host::expression
