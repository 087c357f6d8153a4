// A file as a table in memory: rows by the values of their key columns. Immutable once loaded; any thread.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include <weir/column.hpp>
#include <weir/codec_call.hpp>

namespace weir::lookup {

// Appends what tells a key's value apart. False: it is null, and a null is no key.
bool append_key(std::string &out, const Column &column, int64_t row);

struct TableOptions {
    std::string path;
    Schema record;
    std::vector<size_t> key;  // columns of the record
    bool header = false;      // the first line goes in front of each of the others
};

class Table {
public:
    struct Place {
        uint32_t chunk = 0, row = 0;
    };
    // The message says what is wrong with the file, and in which line.
    static Result<std::shared_ptr<const Table>> load(const TableOptions &options, const weir_codec &codec);
    ~Table();
    Table(const Table &) = delete;
    Table &operator=(const Table &) = delete;

    // None: nullptr.
    const Place *find(const std::string &key) const {
        const auto found = rows_.find(key);
        return found == rows_.end() ? nullptr : &found->second;
    }
    Column column(const Place &place, size_t column) const {
        return {chunks_[place.chunk].children[column], &record_.fields[column].type};
    }
    size_t size() const { return rows_.size(); }
    uint64_t bytes() const { return bytes_; }  // about

private:
    explicit Table(const Schema &record) : record_(record) {}
    Status add_lines(const TableOptions &options, const weir_codec &codec, std::string_view text);
    Status add_chunk(const TableOptions &options, const weir_codec &codec, const std::vector<std::string_view> &lines,
                     const std::vector<uint64_t> &numbers, std::string_view header);

    const Schema record_;
    std::vector<ArrowArray> chunks_;
    std::unordered_map<std::string, Place> rows_;
    uint64_t bytes_ = 0;
};

}  // namespace weir::lookup
