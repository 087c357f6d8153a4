// A text that topologies are read from, and places in it.
//
// Ownership: a Place shares the file it points into, so it stays valid for as long as anything holds it.
// Threads: const access from any thread once loading is over; place() and mask() only while loading.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace weir::host {

class SourceFile;

// A stretch of one line. Lines and columns count from 1, columns and length in Unicode code points.
// line == 0: no place is known, or the whole file is meant.
struct Place {
    std::shared_ptr<SourceFile> file;
    int line = 0;
    int column = 0;
    int length = 0;
    std::size_t offset = 0;  // of the first byte in the file's text

    bool known() const { return file != nullptr && line > 0; }
    // "topologies/x.yaml:12:5"; for a text from the command line what() alone; "" without a file.
    std::string text() const;
};

class SourceFile : public std::enable_shared_from_this<SourceFile> {
public:
    enum class Kind {
        kFile,         // path() is a path
        kCommandLine,  // path() is an option, such as `--set`, and text() what was given to it
    };

    static std::shared_ptr<SourceFile> create(std::string path, std::string text, Kind kind = Kind::kFile);

    const std::string& path() const { return path_; }
    std::string_view text() const { return text_; }
    Kind kind() const { return kind_; }

    // Line n, from 1, without its end; empty beyond the last.
    std::string_view line(int n) const;
    int line_count() const { return static_cast<int>(line_starts_.size()); }

    // The byte offset of a line and byte column, both from 0, clamped into the text.
    std::size_t offset_of(int line, int byte_column) const;

    // A place from bytes; it ends at the latest where its line ends.
    Place place(std::size_t offset, std::size_t length);

    // The whole file, without a line.
    Place whole() { return Place{shared_from_this(), 0, 0, 0, 0}; }

    // From now on shown_line() shows `*` for these bytes: a secret was written there.
    void mask(std::size_t offset, std::size_t length);

    // Line n as it may be shown: secrets masked, control characters and broken UTF-8 replaced, one column
    // of output for each column of the line (a tab stays a tab).
    std::string shown_line(int n) const;

private:
    SourceFile(std::string path, std::string text, Kind kind);

    std::string path_;
    std::string text_;
    Kind kind_;
    std::vector<std::size_t> line_starts_;
    std::vector<std::pair<std::size_t, std::size_t>> masked_;  // offset, length

    // Up to where place() has counted the columns of a line.
    struct Counted {
        int line = 0;
        std::size_t bytes = 0;
        int columns = 0;
    };
    Counted counted_;
};

// The number of code points in `text`; each byte that is not UTF-8 counts as one.
int count_columns(std::string_view text);

// The offset of the first byte that is not part of valid UTF-8, or npos.
std::size_t find_invalid_utf8(std::string_view text);

// `text` as it may be shown on a terminal: control characters and bytes that are not UTF-8 replaced by U+FFFD, one
// column for each of them; a tab stays a tab.
std::string printable(std::string_view text);

// `value` in backticks, fit for a message: on one line, control characters replaced, at most 60 columns.
std::string ticked(std::string_view value);

}  // namespace weir::host
