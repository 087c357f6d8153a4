#include "sink.hpp"

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <filesystem>
#include <random>

#include <weir/failpoint.hpp>
#include <weir/row_json.hpp>

namespace weir::file {
namespace {

namespace fs = std::filesystem;

constexpr const char *kWriting = ".writing";
constexpr const char *kReady = ".ready-";

// 20240523T123456.789Z
std::string compact_time(int64_t micros) {
    std::string text = format_timestamp(micros - micros % 1'000'000);  // 2024-05-23T12:34:56Z
    std::erase_if(text, [](char c) { return c == '-' || c == ':'; });
    text.pop_back();
    const std::string millis = std::to_string(1000 + micros / 1000 % 1000).substr(1);
    return text + "." + millis + "Z";
}

// Takes `n` digits off the text, or with n = 0 any number of them.
bool take_digits(std::string_view *text, size_t n) {
    const size_t end = std::min(text->find_first_not_of("0123456789"), text->size());
    if (end == 0 || (n && end != n)) return false;
    text->remove_prefix(end);
    return true;
}

bool take_word(std::string_view *text, std::string_view word) {
    if (!text->starts_with(word)) return false;
    text->remove_prefix(word.size());
    return true;
}

// A hidden file's name, taken apart.
struct Hidden {
    std::string run, suffix;

    static std::optional<Hidden> parse(std::string_view name, const fs::path &path) {
        if (!take_word(&name, ".") || !take_word(&name, path.stem().string()) || !take_word(&name, "-") ||
            !take_digits(&name, 8) || !take_word(&name, "T") || !take_digits(&name, 6) || !take_word(&name, ".") ||
            !take_digits(&name, 3) || !take_word(&name, "Z-") || !take_digits(&name, 0) || !take_word(&name, "-") ||
            !take_digits(&name, 0) || !take_word(&name, path.extension().string()) || !take_word(&name, "."))
            return std::nullopt;
        const size_t dot = name.find('.');
        if (dot == name.npos) return std::nullopt;
        return Hidden{std::string(name.substr(0, dot)), std::string(name.substr(dot))};
    }
    // Of a file that is prepared.
    std::optional<uint64_t> epoch() const {
        std::string_view digits = suffix;
        uint64_t number = 0;
        if (!take_word(&digits, kReady) || std::from_chars(digits.data(), digits.data() + digits.size(), number).ec != std::errc())
            return std::nullopt;
        return number;
    }
};

}  // namespace

SinkShared::SinkShared() {
    std::random_device random;
    char digits[8];
    run.assign(digits, std::to_chars(digits, digits + sizeof digits, random(), 16).ptr);
}

Sink::Sink(Context context, SinkOptions options)
    : Instance(context),
      options_(std::move(options)),
      shared_(shared_by_key<SinkShared>(options_.path)),
      bytes_metric_(context.metric("written_bytes", WEIR_METRIC_COUNTER, "Bytes of the lines written.")),
      files_metric_(context.metric("files", WEIR_METRIC_COUNTER, "Files begun.")) {}

Sink::~Sink() {
    if (!context_.exactly_once()) return;
    std::error_code gone;  // what stays is deleted by the next start
    if (part_) fs::remove(part_->path(), gone);
    for (const std::string &name : full_) fs::remove(hidden(name, kWriting), gone);
}

std::string Sink::hidden(const std::string &name, const std::string &suffix) const {
    const fs::path path(name);
    return (path.parent_path() / ("." + path.filename().string() + "." + shared_->run + suffix)).string();
}

Status Sink::open() {
    const fs::path folder = fs::path(options_.path).parent_path();
    std::error_code failed;
    fs::create_directories(folder, failed);
    if (failed) return system_error(folder.string(), "the folder cannot be made", failed.value());
    if (fs::is_directory(options_.path, failed)) return system_error(options_.path, "cannot be opened for writing", EISDIR);
    if (context_.exactly_once()) return context_.worker() == 0 ? remove_leftovers({}) : Status();
    if (rolls()) return {};
    std::lock_guard lock(shared_->mutex);
    if (shared_->file) return {};
    auto part = Part::open(options_.path, true);
    if (!part) return part.status();
    auto torn = part->end_last_line();
    if (!torn) return torn.status();
    if (*torn) context_.log(WEIR_LOG_WARNING, "`" + options_.path + "` ended in the middle of a line; new rows begin a line of their own");
    shared_->file = std::move(*part);
    context_.metric_add(files_metric_, 1);
    return {};
}

Status Sink::remove_leftovers(std::optional<uint64_t> given_up) {
    const fs::path path(options_.path);
    std::error_code failed;
    for (fs::directory_iterator at(path.parent_path(), failed), end; !failed && at != end; at.increment(failed)) {
        const auto found = Hidden::parse(at->path().filename().string(), path);
        if (!found || found->run == shared_->run) continue;
        const bool remove = given_up ? found->epoch() >= given_up : found->suffix == kWriting;
        if (remove) fs::remove(at->path(), failed);
    }
    return failed ? system_error(path.parent_path().string(), "files that an earlier run left cannot be removed", failed.value()) : Status();
}

std::string Sink::fault_of(std::string_view payload) const {
    const size_t at = payload.find('\n');
    if (options_.line_breaks || at == payload.npos) return {};
    return "the payload has a line break at byte " + std::to_string(at) + ", and a record is one line";
}

Status Sink::encode(const BatchView &batch, const Input &input, std::string *header, std::string *lines) {
    const ColumnSelection rows(batch.raw(), input.columns);
    auto encoded = weir::encode(input.codec, rows.array());
    if (!encoded) return encoded.status();
    std::vector<RowError> failed;
    auto next = encoded->failed().begin();
    for (int64_t row = 0; row < batch.rows(); ++row) {
        if (next != encoded->failed().end() && next->row == row) {
            failed.push_back(*next++);
            continue;
        }
        const weir_str raw = encoded->payload(row);
        std::string_view payload = view(raw);
        if (options_.header) {
            const size_t end = payload.find('\n') + 1;
            *header = payload.substr(0, end);
            payload.remove_prefix(end);
        }
        std::string fault = raw.data ? fault_of(payload) : "the row has no payload: its value is null";
        if (!fault.empty())
            failed.push_back({row, "encode", "", std::move(fault)});
        else
            lines->append(payload).push_back('\n');
    }
    context_.fail(batch, failed);
    return {};
}

Status Sink::process(const BatchView &batch, uint32_t input) {
    std::string header, lines;
    if (Status s = encode(batch, inputs_[input], &header, &lines); !s.ok()) return s;
    if (lines.empty()) return {};
    context_.metric_add(bytes_metric_, static_cast<int64_t>(lines.size()));
    return rolls() ? write(header, lines) : write_shared(header, lines);
}

Status Sink::write_shared(const std::string &header, const std::string &lines) {
    std::lock_guard lock(shared_->mutex);
    Part &file = *shared_->file;
    return header.empty() || file.size() > 0 ? file.append(lines) : file.append(header + lines);
}

Status Sink::write(const std::string &header, const std::string &lines) {
    const bool full = part_ && ((options_.max_bytes && part_->size() + lines.size() > options_.max_bytes) ||
                                (options_.max_age && context_.now() - part_since_ >= options_.max_age));
    if (full || !part_)
        if (Status s = next_part(); !s.ok()) return s;
    WEIR_FAILPOINT("file.sink.write");
    return part_->size() > 0 ? part_->append(lines) : part_->append(header + lines);
}

std::string Sink::part_name() {
    const fs::path path(options_.path);
    const std::string begin = path.stem().string() + "-" + compact_time(context_.now()) + "-" + std::to_string(context_.worker()) + "-";
    std::lock_guard lock(shared_->mutex);
    for (;;) {
        const fs::path name = path.parent_path() / (begin + std::to_string(++shared_->parts) + path.extension().string());
        FileInfo info;
        if (!look_at(name.string(), &info)) return name.string();
    }
}

Status Sink::next_part() {
    if (part_) {
        if (Status s = part_->sync(); !s.ok()) return s;
        if (context_.exactly_once()) full_.push_back(part_name_);
        part_.reset();
    }
    part_name_ = part_name();
    auto part = Part::open(context_.exactly_once() ? hidden(part_name_, kWriting) : part_name_, false);
    if (!part) return part.status();
    part_ = std::move(*part);
    part_since_ = context_.now();
    context_.metric_add(files_metric_, 1);
    return {};
}

Status Sink::prepare(uint64_t epoch, const weir_bytes_out &committables) {
    if (!rolls()) {
        std::lock_guard lock(shared_->mutex);
        return shared_->file->sync();
    }
    if (context_.exactly_once()) return hand_over(epoch, committables);
    if (!part_) return {};
    Status status = part_->sync();
    return status.ok() ? sync_folder_of(part_->path()) : status;
}

Status Sink::hand_over(uint64_t epoch, const weir_bytes_out &committables) {
    if (std::exchange(first_prepare_, false) && context_.worker() == 0)
        if (Status s = remove_leftovers(epoch); !s.ok()) return s;
    if (part_) {
        if (Status s = part_->sync(); !s.ok()) return s;
        full_.push_back(part_name_);
        part_.reset();
    }
    WEIR_FAILPOINT("file.sink.synced");
    for (const std::string &name : full_) {
        const std::string ready = hidden(name, kReady + std::to_string(epoch));
        if (Status s = move_into_place(hidden(name, kWriting), ready); !s.ok()) return s;
        const std::string text = Config::Json{{"from", ready}, {"to", name}}.dump();
        committables.put(&committables, to_abi(text));
    }
    full_.clear();
    WEIR_FAILPOINT("file.sink.prepared");
    return {};
}

Status Sink::commit(uint64_t, std::string_view committable, const weir_bytes_out &) {
    auto parsed = Config::parse(committable);
    if (!parsed || parsed->string("from").empty() || parsed->string("to").empty())
        return Status::fatal("the state names a file that cannot be understood: " + std::string(committable));
    WEIR_FAILPOINT("file.sink.commit");
    Status status = move_into_place(parsed->string("from"), parsed->string("to"));
    WEIR_FAILPOINT("file.sink.committed");
    return status;
}

}  // namespace weir::file
