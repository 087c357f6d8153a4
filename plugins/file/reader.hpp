// Reads one split of file.source: a file, line by line, and, where it is followed, those that take its place.
//
// A line ends with \n or \r\n, which are no part of it, or with the file. Blank lines are passed over. A file that is
// followed is read like `tail -F` does: a line counts once its end is there; a file that has become shorter, or whose
// bytes before the position are others now, is read from its beginning; one that was renamed is read to its end and
// until it has not grown for a while, then the next one. One instance, one user at a time.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <weir/result.hpp>

#include "descriptor.hpp"
#include "lines.hpp"
#include "position.hpp"

namespace weir::file {

struct ReaderOptions {
    bool follow = false;
    bool header = false;  // the first line of a file goes in front of each of the others
    bool skip_lost = false;
    uint64_t max_line_bytes = 0;
    int64_t rotate_wait = 0;  // microseconds
};

// A line that is too long to be read: where it begins, how long it is, and its first bytes.
struct LongLine {
    uint64_t offset = 0, bytes = 0;
    std::string begin;
};

class Reader {
public:
    enum class State : uint8_t { kMore, kDry, kEnd };

    Reader(std::string path, ReaderOptions options);

    // From the beginning, or behind what is there.
    Status begin(bool at_end);
    // From where another reader was. WEIR_E_STATE_VERSION: what it read is not there any more.
    Status go_on(const Position &position);

    // Adds lines, at most so many. Those that are too long go to `long_lines`.
    Result<State> read(Lines &lines, uint64_t max_rows, uint64_t max_bytes, int64_t now, std::vector<LongLine> &long_lines);
    Position position() const;

    const std::shared_ptr<const std::string> &path() const { return path_; }
    uint64_t blank_lines() const { return blank_lines_; }
    // What happened to the file, for the log; empty: nothing.
    std::string take_notice() { return std::exchange(notice_, {}); }

private:
    Status open(const std::string &name);
    Status seek(uint64_t offset);
    Status begin_anew(const std::string &name);
    Status read_header();
    Status lost(const std::string &why);
    Result<size_t> fill();
    Status read_tail();
    // A line out of the buffer, if there is one; `at_end`: also one without an end.
    enum class Taken : uint8_t { kLine, kNone, kFull };
    Result<Taken> take_line(Lines &lines, uint64_t max_bytes, bool at_end, std::vector<LongLine> &long_lines);
    Status take_last(Lines &lines, std::vector<LongLine> &long_lines);
    void consume(size_t line_bytes, size_t end_bytes, Lines &lines);
    Status skip_line(size_t end, bool at_end, std::vector<LongLine> &long_lines);
    void move_on(size_t bytes);
    // At the end of a followed file: whether to try again at once.
    Result<bool> look_again(int64_t now, Lines &lines, std::vector<LongLine> &long_lines);
    Result<bool> on_truncated(const FileInfo &now, Lines &lines, std::vector<LongLine> &long_lines);
    bool needs_header() const { return options_.header && header_.empty(); }
    std::string_view rest() const { return std::string_view(buffer_).substr(at_); }
    uint64_t buffer_end() const { return offset_ + (buffer_.size() - at_); }

    const ReaderOptions options_;
    const std::shared_ptr<const std::string> path_;
    Descriptor file_;
    Identity identity_;
    std::string buffer_;    // what was read from offset_ - at_ on
    size_t at_ = 0;         // in the buffer: behind the last line
    size_t searched_ = 0;   // in the rest: no line ends before
    uint64_t offset_ = 0;   // in the file: behind the last line
    std::string tail_;      // the bytes before offset_
    std::string header_;    // with its \n
    std::optional<LongLine> skipping_;
    bool waited_ = false;   // the end was seen: the file may have changed since
    bool ended_ = false;
    int64_t modified_ = 0;  // the file, when it was looked at last
    int64_t quiet_since_ = INT64_MIN;  // the file has another name, and has not grown since
    uint64_t blank_lines_ = 0;
    std::string notice_;
};

}  // namespace weir::file
