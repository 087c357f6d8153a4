// A block in the Native format that was encoded before, taken apart: its halves as blocks of their own, and its rows as JSON.
// Blocks that a server refuses are read so, also those that another run has stored. Reads the types that the sink writes.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <weir/result.hpp>

#include "compression.hpp"
#include "data_type.hpp"

namespace weir::clickhouse {

// One user at a time.
class BlockView {
public:
    // Takes a block that Block::write has written.
    static Result<BlockView> parse(std::string bytes);

    int64_t rows() const { return rows_; }
    // Names and types, in the block's order. Views into this.
    std::vector<std::pair<std::string_view, const DataType *>> columns() const;
    // The rows [begin, end) as a block.
    void write(Output &out, int64_t begin, int64_t end) const;
    // An object of all columns.
    std::string json(int64_t row) const;

private:
    // A column, or a part of one. What it points to is in bytes_.
    struct Part {
        DataType type;
        size_t rows = 0;
        const uint8_t *data = nullptr;     // values; flags of a Nullable; ends of an Array; numbers of a dictionary
        std::vector<size_t> starts = {};   // of texts: where each begins, its length included, and where the last ends
        std::vector<std::string_view> keys = {};  // of a dictionary
        size_t width = 0;                  // of its numbers
        std::vector<Part> children = {};

        uint64_t end_of(size_t row) const;
        uint64_t begin_of(size_t row) const { return row == 0 ? 0 : end_of(row - 1); }
        size_t number(size_t row) const;
    };
    struct Reader;

    static bool read_prefix(Reader &in, const DataType &type);
    static bool read_part(Reader &in, const DataType &type, size_t rows, Part &out);
    static bool read_dictionary(Reader &in, Part &out);
    static void write_prefix(Output &out, const Part &part);
    void write_part(Output &out, const Part &part, size_t begin, size_t end) const;
    void append_json(std::string &out, const Part &part, size_t row) const;
    void append_elements(std::string &out, const Part &part, size_t row) const;

    std::unique_ptr<const std::string> bytes_;
    int64_t rows_ = 0;
    std::vector<std::string> names_;
    std::vector<Part> columns_;
};

}  // namespace weir::clickhouse
