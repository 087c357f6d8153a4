#include "host/topology/source_file.hpp"

#include <algorithm>

#include <fmt/format.h>
#include <weir/row_json.hpp>

namespace weir::host {
namespace {

constexpr int kMaxQuotedColumns = 60;

// The length of the UTF-8 sequence at the start of `text`, or 0 if there is no valid one.
std::size_t sequence_length(std::string_view text) {
    const auto lead = static_cast<unsigned char>(text[0]);
    const std::size_t length = lead < 0x80 ? 1 : lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2;
    return length <= text.size() && is_utf8(text.substr(0, length)) ? length : 0;
}

// C0 and C1 controls and DEL: they could drive a terminal.
bool is_control(std::string_view sequence) {
    const auto lead = static_cast<unsigned char>(sequence[0]);
    if (sequence.size() == 1) return lead < 0x20 || lead == 0x7F;
    return lead == 0xC2 && static_cast<unsigned char>(sequence[1]) < 0xA0;
}

}  // namespace

std::string Place::text() const {
    if (file == nullptr) return "";
    if (file->kind() == SourceFile::Kind::kCommandLine || line == 0) return file->path();
    return fmt::format("{}:{}:{}", file->path(), line, column);
}

SourceFile::SourceFile(std::string path, std::string text, Kind kind)
    : path_(std::move(path)), text_(std::move(text)), kind_(kind), line_starts_{0} {
    for (std::size_t i = 0; i < text_.size(); ++i) {
        if (text_[i] == '\n') line_starts_.push_back(i + 1);
    }
}

std::shared_ptr<SourceFile> SourceFile::create(std::string path, std::string text, Kind kind) {
    return std::shared_ptr<SourceFile>(new SourceFile(std::move(path), std::move(text), kind));
}

std::string_view SourceFile::line(int n) const {
    if (n < 1 || n > line_count()) return {};
    const std::size_t start = line_starts_[static_cast<std::size_t>(n) - 1];
    std::size_t end = n == line_count() ? text_.size() : line_starts_[static_cast<std::size_t>(n)] - 1;
    if (end > start && text_[end - 1] == '\r') --end;
    return std::string_view(text_).substr(start, end - start);
}

std::size_t SourceFile::offset_of(int line, int byte_column) const {
    if (line < 0) return 0;
    if (line >= line_count()) return text_.size();
    const std::size_t start = line_starts_[static_cast<std::size_t>(line)];
    return std::min(start + static_cast<std::size_t>(std::max(byte_column, 0)), text_.size());
}

Place SourceFile::place(std::size_t offset, std::size_t length) {
    offset = std::min(offset, text_.size());
    const auto after = std::upper_bound(line_starts_.begin(), line_starts_.end(), offset);
    const int line_number = static_cast<int>(after - line_starts_.begin());
    const std::size_t start = *(after - 1);
    const std::string_view whole_line = line(line_number);
    const std::size_t in_line = std::min(offset - start, whole_line.size());
    // Places are asked for mostly from left to right; without this a long line would be counted again each
    // time.
    if (line_number != counted_.line || in_line < counted_.bytes) counted_ = {line_number, 0, 0};
    counted_.columns += count_columns(whole_line.substr(counted_.bytes, in_line - counted_.bytes));
    counted_.bytes = in_line;
    const int columns = count_columns(whole_line.substr(in_line, length));
    return Place{shared_from_this(), line_number, counted_.columns + 1, std::max(columns, 1), offset};
}

void SourceFile::mask(std::size_t offset, std::size_t length) { masked_.emplace_back(offset, length); }

std::string SourceFile::shown_line(int n) const {
    const std::string_view original = line(n);
    std::string shown;
    for (std::size_t i = 0; i < original.size();) {
        const std::size_t bytes = std::max<std::size_t>(sequence_length(original.substr(i)), 1);
        const std::size_t offset = static_cast<std::size_t>(original.data() - text_.data()) + i;
        const bool secret = std::any_of(masked_.begin(), masked_.end(), [&](const auto& m) {
            return offset >= m.first && offset - m.first < m.second;
        });
        shown += secret ? "*" : original.substr(i, bytes);
        i += bytes;
    }
    return printable(shown);
}

int count_columns(std::string_view text) {
    int columns = 0;
    while (!text.empty()) {
        text.remove_prefix(std::max<std::size_t>(sequence_length(text), 1));
        ++columns;
    }
    return columns;
}

std::size_t find_invalid_utf8(std::string_view text) {
    std::size_t i = 0;
    while (i < text.size()) {
        const std::size_t n = sequence_length(text.substr(i));
        if (n == 0) return i;
        i += n;
    }
    return std::string_view::npos;
}

std::string printable(std::string_view text) {
    std::string out;
    out.reserve(text.size());
    while (!text.empty()) {
        const std::size_t n = sequence_length(text);
        const std::string_view sequence = text.substr(0, std::max<std::size_t>(n, 1));
        if (sequence == "\t") {
            out += '\t';
        } else if (n == 0 || is_control(sequence)) {
            out += "\uFFFD";
        } else {
            out += sequence;
        }
        text.remove_prefix(sequence.size());
    }
    return out;
}

std::string ticked(std::string_view value) {
    std::string out = "`";
    int columns = 0;
    while (!value.empty()) {
        if (++columns > kMaxQuotedColumns) {
            out += "…";
            break;
        }
        const std::size_t n = std::max<std::size_t>(sequence_length(value), 1);
        const std::string_view sequence = value.substr(0, n);
        out += sequence == "\n" || sequence == "\t" ? " " : printable(sequence);
        value.remove_prefix(n);
    }
    return out + "`";
}

}  // namespace weir::host
