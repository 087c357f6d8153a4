#include "source.hpp"

#include <glob.h>

#include <algorithm>
#include <cerrno>
#include <numeric>

#include <weir/builder.hpp>
#include <weir/codec_call.hpp>
#include <weir/failpoint.hpp>
#include <weir/row_json.hpp>

#include "rotation.hpp"

namespace weir::file {
namespace {

bool is_pattern(const std::string &path) { return path.find_first_of("*?[") != path.npos; }

// The ordinary files that a pattern stands for.
Status expand(const std::string &pattern, std::set<std::string> *out) {
    glob_t found{};
    const int code = ::glob(pattern.c_str(), 0, nullptr, &found);
    for (size_t i = 0; code == 0 && i < found.gl_pathc; ++i) {
        FileInfo info;
        if (look_at(std::string(found.gl_pathv[i]), &info) && info.regular) out->insert(found.gl_pathv[i]);
    }
    ::globfree(&found);
    if (code != 0 && code != GLOB_NOMATCH) return Status::retryable("`" + pattern + "`: the folders cannot be read");
    return {};
}

}  // namespace

Source::Source(Context context, SourceOptions options)
    : Instance(context), options_(std::move(options)), arrivals_(shared_by_node<Arrivals>(context)) {}

Status Source::find_files(std::set<std::string> *out) const {
    for (const std::string &path : options_.paths) {
        const size_t before = out->size();
        FileInfo info;
        if (!is_pattern(path)) {
            if (!options_.reader.follow && !look_at(path, &info)) return system_error(path, "cannot be read", errno);
            out->insert(path);
        } else if (Status s = expand(path, out); !s.ok()) {
            return s;
        } else if (out->size() == before && !options_.reader.follow) {
            return Status::fatal("no file matches `" + path + "`. Check the pattern; a relative one begins where weir was started; "
                                 "`follow: true` waits for files");
        }
    }
    // What was renamed by a rotation is read as part of the file whose name it had.
    for (auto at = out->begin(); options_.reader.follow && at != out->end();) {
        const bool old = std::any_of(out->begin(), out->end(), [&](const std::string &live) { return is_rotated(*at, live); });
        at = old ? out->erase(at) : std::next(at);
    }
    return {};
}

Status Source::discover(const weir_bytes_out &ids) {
    std::set<std::string> found;
    if (Status s = find_files(&found); !s.ok()) return s;
    std::lock_guard lock(arrivals_->mutex);
    for (const std::string &path : found) {
        if (!is_utf8(path)) return Status::fatal("the name of a file is not UTF-8, which weir needs: " + base64(path) + " (base64). Rename it");
        if (arrivals_->listed.insert(path).second && !arrivals_->first_look) arrivals_->late.insert(path);
    }
    arrivals_->first_look = false;
    for (const std::string &path : arrivals_->listed) ids.put(&ids, to_abi(path));
    if (!options_.reader.follow) return Status::end();
    context_.wake_at(context_.now() + options_.poll_interval);
    return {};
}

Status Source::assign(uint64_t number, std::string_view id, const weir_str &given) {
    Reading reading{std::make_unique<Reader>(std::string(id), options_.reader)};
    if (given.data) {
        Position position;
        if (!Position::parse(view(given), &position))
            return Status::state_version("`" + std::string(view(given)) + "` is no position in `" + std::string(id) + "`");
        if (Status s = reading.reader->go_on(position); !s.ok()) return s;
        take_note(*reading.reader);
        reading.begun = true;
        std::lock_guard lock(arrivals_->mutex);
        arrivals_->resumed = true;
    }
    readings_[number] = std::move(reading);
    return {};
}

Status Source::begin(Reading &reading) {
    bool at_end = options_.at_end;
    {
        std::lock_guard lock(arrivals_->mutex);
        at_end = at_end && !arrivals_->resumed && !arrivals_->late.contains(*reading.reader->path());
    }
    reading.begun = true;
    return reading.reader->begin(at_end);
}

Status Source::revoke(uint64_t number) {
    readings_.erase(number);
    return {};
}

Status Source::position(uint64_t number, const weir_bytes_out &out) {
    const Reading &reading = readings_.at(number);
    if (!reading.begun) return {};
    WEIR_FAILPOINT("file.source.position");
    const std::string text = reading.reader->position().text();
    out.put(&out, to_abi(text));
    return {};
}

void Source::take_note(Reader &reader) {
    const std::string notice = reader.take_notice();
    if (notice.empty()) return;
    context_.metric_add(truncated_metric_, 1);
    context_.log(WEIR_LOG_WARNING, notice);
}

Status Source::poll(uint64_t number, uint64_t max_rows, uint64_t max_bytes) {
    Reading &reading = readings_.at(number);
    if (!reading.begun)
        if (Status s = begin(reading); !s.ok()) return s;
    Reader &reader = *reading.reader;
    LinesRef lines(new Lines(reader.path()));
    std::vector<LongLine> long_lines;
    const uint64_t blank = reader.blank_lines();
    auto state = reader.read(*lines, std::clamp<uint64_t>(max_rows, 1, WEIR_BATCH_MAX_ROWS), max_bytes, context_.now(), long_lines);
    if (!state) return state.status();
    take_note(reader);
    context_.metric_add(blank_metric_, static_cast<int64_t>(reader.blank_lines() - blank));
    fail_long_lines(reader, long_lines);
    bool full = false;
    if (lines->size()) {
        context_.metric_add(bytes_metric_, static_cast<int64_t>(lines->bytes()));
        if (Status s = emit(number, *lines, &full); !s.ok()) return s;
    }
    if (*state == Reader::State::kEnd) return Status::end();
    if (*state == Reader::State::kMore || full) return Status::more();
    context_.wake_at(context_.now() + options_.poll_interval);
    return {};
}

void Source::fail_long_lines(const Reader &reader, const std::vector<LongLine> &lines) {
    if (lines.empty()) return;
    LinesRef origin(new Lines(reader.path()));
    std::vector<RowError> errors;
    for (const LongLine &line : lines) {
        errors.push_back({static_cast<int64_t>(errors.size()), "too-long", "",
                          "the line is " + std::to_string(line.bytes) + " bytes long, and `max_line` is " +
                              std::to_string(options_.reader.max_line_bytes) + "; its first bytes are kept"});
        origin->add({}, line.begin, line.offset);
    }
    context_.fail(origin.get(), errors);
}

ArrowArray Source::metadata_column(Metadata what, const Lines &lines, const std::vector<int32_t> &rows) const {
    ColumnBuilder column(type_of(what == Metadata::kPath ? TypeId::kString : TypeId::kInt64));
    for (int32_t row : rows) {
        if (what == Metadata::kPath)
            column.append_text(lines.path());
        else
            column.append(lines.offset(static_cast<size_t>(row)));
    }
    ArrowArray out;
    column.finish(&out);
    return out;
}

Status Source::emit(uint64_t number, Lines &lines, bool *full) {
    failures_.clear();
    ArrowArray decoded{};
    Status status = weir::decode(codec_, lines.size(), lines.base(), lines.offsets(), lines.lengths(), wanted_.data(),
                                 failures_, &decoded);
    if (!status.ok()) return status;
    if (!failures_.empty()) context_.fail(&lines, failures_);
    std::vector<int32_t> good;
    auto failed = failures_.begin();
    for (int32_t row = 0; row < static_cast<int32_t>(lines.size()); ++row) {
        if (failed != failures_.end() && failed->row == row)
            ++failed;
        else
            good.push_back(row);
    }
    if (decoded.length == 0) {
        decoded.release(&decoded);
        return {};
    }
    if (!emitted_.empty()) {
        std::vector<ArrowArray> columns;
        for (int64_t i = 0; i < decoded.n_children; ++i) {
            columns.push_back(*decoded.children[i]);
            decoded.children[i]->release = nullptr;  // moved, as the Arrow C interface has it
        }
        const int64_t rows = decoded.length;
        decoded.release(&decoded);
        for (Metadata what : emitted_) columns.push_back(metadata_column(what, lines, good));
        make_struct(std::move(columns), rows, &decoded);
    }
    WEIR_FAILPOINT("file.source.emit");
    lines.retain(&lines);
    std::span<const int32_t> mapping;
    if (!failures_.empty()) mapping = good;
    *full = !context_.emit_with_origin(0, decoded, number, &lines, mapping);
    return {};
}

}  // namespace weir::file
