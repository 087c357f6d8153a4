#include "reader.hpp"

#include <fcntl.h>

#include <algorithm>
#include <cerrno>

#include "rotation.hpp"

namespace weir::file {
namespace {

constexpr size_t kReadBytes = 256 * 1024;
constexpr size_t kShownBytes = 64 * 1024;  // of a line that is too long
constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";

}  // namespace

Reader::Reader(std::string path, ReaderOptions options)
    : options_(options), path_(std::make_shared<const std::string>(std::move(path))) {}

Status Reader::open(const std::string &name) {
    Descriptor opened(::open(name.c_str(), O_RDONLY | O_CLOEXEC));
    if (!opened) return system_error(name, "cannot be opened", errno);
    FileInfo info;
    look_at(opened, &info);
    if (!info.regular) return Status::fatal("`" + name + "` is no ordinary file. A folder is read by a pattern, such as `DIR/*.csv`");
    file_ = std::move(opened);
    identity_ = info.identity;
    return {};
}

// `offset` begins a line.
Status Reader::seek(uint64_t offset) {
    buffer_.clear();
    at_ = searched_ = 0;
    offset_ = offset;
    skipping_.reset();
    waited_ = ended_ = false;
    quiet_since_ = INT64_MIN;
    Status status = read_tail();
    return status.ok() && options_.header ? read_header() : status;
}

Status Reader::read_tail() {
    tail_.resize(std::min<uint64_t>(offset_, kTailBytes));
    if (read_at(file_, tail_.data(), tail_.size(), offset_ - tail_.size()) < 0)
        return system_error(*path_, "cannot be read", errno);
    return {};
}

Status Reader::begin_anew(const std::string &name) {
    header_.clear();
    Status status = open(name);
    return status.ok() ? seek(0) : status;
}

Status Reader::begin(bool at_end) {
    FileInfo info;
    if (options_.follow && !look_at(*path_, &info) && errno == ENOENT) return {};  // it may come
    Status status = begin_anew(*path_);
    if (!status.ok() || !at_end) return status;
    look_at(file_, &info);
    // Behind the last end of a line, so that a line that is being written is read whole.
    std::string last(std::min<uint64_t>(info.size, options_.max_line_bytes), '\0');
    if (read_at(file_, last.data(), last.size(), info.size - last.size()) < 0)
        return system_error(*path_, "cannot be read", errno);
    const size_t end = last.rfind('\n');
    const uint64_t offset = info.size - last.size() + (end == last.npos ? 0 : end + 1);
    return seek(std::max(offset, offset_));
}

// The position stays behind the header from the start on: it is no record.
Status Reader::read_header() {
    std::string line;
    for (size_t searched = 0;;) {
        const size_t old = line.size();
        line.resize(old + 4096);
        const int64_t n = read_at(file_, line.data() + old, 4096, old);
        if (n < 0) return system_error(*path_, "cannot be read", errno);
        line.resize(old + static_cast<size_t>(n));
        const size_t end = line.find('\n', searched);
        if (end != line.npos) {
            line.resize(end + 1);
            break;
        }
        if (n == 0 && options_.follow) return {};  // not there yet
        if (n == 0) break;
        searched = line.size();
        if (line.size() > options_.max_line_bytes)
            return Status::fatal("`" + *path_ + "`: the header is longer than `max_line`, " + std::to_string(options_.max_line_bytes) + " bytes");
    }
    if (offset_ < line.size()) {
        offset_ = line.size();
        tail_ = line.substr(line.size() - std::min(line.size(), kTailBytes));
    }
    header_ = line.starts_with(kByteOrderMark) ? line.substr(kByteOrderMark.size()) : line;
    if (!header_.empty() && header_.back() != '\n') header_ += '\n';
    return {};
}

Status Reader::lost(const std::string &why) {
    const std::string what = "`" + *path_ + "`: " + why;
    if (!options_.skip_lost)
        return Status::state_version(what + ". What was not read of it is lost: put it back, go on with what is there now "
                                            "(`lost: skip`), or begin anew (--reset)");
    notice_ = what + "; it is read from its beginning (lost: skip)";
    FileInfo info;
    return options_.follow && !look_at(*path_, &info) ? Status() : begin_anew(*path_);
}

Status Reader::go_on(const Position &position) {
    FileInfo there;
    const bool exists = look_at(*path_, &there);
    if (!exists && !options_.follow) return open(*path_);  // says why
    if (exists)
        if (Status s = open(*path_); !s.ok()) return s;
    const bool renamed = options_.follow && (!exists || there.identity != position.file);
    if (renamed && position.file != Identity()) {
        if (auto name = find_rotated(*path_, position.file)) {
            Descriptor current = std::move(file_);
            if (Status s = open(*name); !s.ok()) return s;
            if (matches(file_, position)) return seek(position.offset);
            file_ = std::move(current);
        }
    }
    if (position.offset == 0) return exists ? begin_anew(*path_) : Status();
    if (exists && matches(file_, position)) {
        look_at(file_, &there);
        identity_ = there.identity;
        return seek(position.offset);
    }
    if (position.ended) return begin_anew(*path_);  // another file now: nothing of the old one was left
    return lost(exists ? "it does not hold any more what was read, " + std::to_string(position.offset) + " bytes"
                       : std::string("it is gone, and no renamed one beside it is the one that was read"));
}

Position Reader::position() const {
    Position out;
    out.offset = skipping_ ? skipping_->offset : offset_;
    // Within a line that is passed over there is no tail of its beginning; the file is known by its number alone.
    if (!skipping_) {
        out.tail_bytes = tail_.size();
        out.tail_hash = hash_of(tail_);
    }
    out.file = identity_;
    out.ended = ended_;
    return out;
}

Result<size_t> Reader::fill() {
    if (at_ > 0) {
        buffer_.erase(0, at_);
        at_ = 0;
    }
    const size_t old = buffer_.size();
    buffer_.resize(old + kReadBytes);
    const int64_t n = read_at(file_, buffer_.data() + old, kReadBytes, offset_ + old);
    buffer_.resize(old + static_cast<size_t>(std::max<int64_t>(n, 0)));
    if (n < 0) return system_error(*path_, "cannot be read", errno);
    return static_cast<size_t>(n);
}

// The line of so many bytes that the rest begins with, and its \n.
void Reader::consume(size_t line_bytes, size_t end_bytes, Lines &lines) {
    std::string_view line = rest().substr(0, line_bytes);
    if (offset_ == 0 && line.starts_with(kByteOrderMark)) line.remove_prefix(kByteOrderMark.size());
    if (line.ends_with('\r') && end_bytes) line.remove_suffix(1);
    if (line.empty())
        ++blank_lines_;
    else
        lines.add(header_, line, offset_);
    const size_t all = line_bytes + end_bytes;
    tail_.append(rest().substr(all > kTailBytes ? all - kTailBytes : 0, std::min(all, kTailBytes)));
    if (tail_.size() > kTailBytes) tail_.erase(0, tail_.size() - kTailBytes);
    move_on(all);
}

void Reader::move_on(size_t bytes) {
    at_ += bytes;
    offset_ += bytes;
    searched_ = 0;
}

// Passes over what there is of a line that is too long.
Status Reader::skip_line(size_t end, bool at_end, std::vector<LongLine> &long_lines) {
    const bool whole = end != std::string_view::npos || at_end;
    const size_t passed = std::min(end, rest().size());
    if (!skipping_) skipping_ = LongLine{offset_, 0, std::string(rest().substr(0, kShownBytes))};
    skipping_->bytes += passed;
    move_on(passed + (end == std::string_view::npos ? 0 : 1));
    if (!whole) return {};
    long_lines.push_back(std::move(*skipping_));
    skipping_.reset();
    return read_tail();
}

Result<Reader::Taken> Reader::take_line(Lines &lines, uint64_t max_bytes, bool at_end, std::vector<LongLine> &long_lines) {
    if (needs_header() || (rest().empty() && !(skipping_ && at_end))) return Taken::kNone;
    const size_t end = rest().find('\n', searched_);
    const size_t bytes = std::min(end, rest().size());
    if (skipping_ || bytes > options_.max_line_bytes) {
        if (Status s = skip_line(end, at_end, long_lines); !s.ok()) return s;
        return skipping_ ? Taken::kNone : Taken::kLine;
    }
    if (end == std::string_view::npos && !at_end) {
        searched_ = bytes;
        return Taken::kNone;
    }
    if (lines.size() && lines.bytes() + header_.size() + bytes > max_bytes) return Taken::kFull;
    consume(bytes, end == std::string_view::npos ? 0 : 1, lines);
    return Taken::kLine;
}

Result<Reader::State> Reader::read(Lines &lines, uint64_t max_rows, uint64_t max_bytes, int64_t now,
                                   std::vector<LongLine> &long_lines) {
    for (bool at_end = false;;) {
        if (lines.size() + long_lines.size() >= max_rows) return State::kMore;
        auto taken = take_line(lines, max_bytes, at_end, long_lines);
        if (!taken) return taken.status();
        if (*taken == Taken::kFull) return State::kMore;
        if (*taken == Taken::kLine) continue;
        if (at_end) {
            ended_ = true;
            return State::kEnd;
        }
        if (waited_ || !file_) {
            auto again = look_again(now, lines, long_lines);
            if (!again) return again.status();
            if (!*again) return State::kDry;
            continue;
        }
        auto n = fill();
        if (!n) return n.status();
        if (*n > 0)
            quiet_since_ = INT64_MIN;
        else if (options_.follow)
            waited_ = true;
        else
            at_end = true;
    }
}

// A line without its end that nothing will be added to any more.
Status Reader::take_last(Lines &lines, std::vector<LongLine> &long_lines) {
    return take_line(lines, UINT64_MAX, true, long_lines).status();
}

Result<bool> Reader::look_again(int64_t now, Lines &lines, std::vector<LongLine> &long_lines) {
    FileInfo mine, there;
    const bool exists = look_at(*path_, &there);
    if (!file_) {
        Status status = exists ? begin_anew(*path_) : Status();
        return status.ok() ? Result<bool>(exists) : status;
    }
    look_at(file_, &mine);
    const bool touched = mine.size != buffer_end() || mine.modified != modified_;
    modified_ = mine.modified;
    if (touched && (mine.size < buffer_end() || !matches(file_, position()))) return on_truncated(mine, lines, long_lines);
    if (needs_header() && mine.size > 0) {
        buffer_.clear();
        at_ = searched_ = 0;
        if (Status s = read_header(); !s.ok()) return s;
    }
    if (mine.size > buffer_end() && !needs_header()) {
        waited_ = false;
        return true;
    }
    if (!exists || there.identity == identity_) return false;
    if (quiet_since_ == INT64_MIN || touched) quiet_since_ = now;
    if (now - quiet_since_ < options_.rotate_wait) return false;
    const std::string next = next_in_rotation(*path_, mine);
    if (!look_at(next, &there)) return false;  // renamed just now
    Status status = take_last(lines, long_lines);
    if (status.ok()) status = begin_anew(next);
    return status.ok() ? Result<bool>(true) : status;
}

Result<bool> Reader::on_truncated(const FileInfo &now, Lines &lines, std::vector<LongLine> &long_lines) {
    notice_ = "`" + *path_ + "` was truncated behind " + std::to_string(offset_) + " bytes that were read, and is " +
              std::to_string(now.size) + " bytes long now; it is read from its beginning";
    Status status = take_last(lines, long_lines);
    header_.clear();
    if (status.ok()) status = seek(0);
    return status.ok() ? Result<bool>(true) : status;
}

}  // namespace weir::file
