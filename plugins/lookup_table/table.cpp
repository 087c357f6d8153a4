#include "table.hpp"

#include <cerrno>
#include <cstring>
#include <fstream>
#include <sstream>

#include <weir/row_json.hpp>

namespace weir::lookup {
namespace {

constexpr size_t kChunkRows = 1024;
constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";

// The next line, without its end; *number counts it.
bool next_line(std::string_view *text, std::string_view *line, uint64_t *number) {
    if (text->empty()) return false;
    const size_t end = text->find('\n');
    *line = text->substr(0, end);
    text->remove_prefix(end == text->npos ? text->size() : end + 1);
    if (line->ends_with('\r')) line->remove_suffix(1);
    ++*number;
    return true;
}

}  // namespace

bool append_key(std::string &out, const Column &column, int64_t row) {
    if (column.is_null(row)) return false;
    const Type &type = column.type();
    if (type.is_text()) {
        const std::string_view text = column.text(row);
        const uint64_t size = text.size();
        out.append(reinterpret_cast<const char *>(&size), sizeof size).append(text);
    } else if (const size_t width = value_width(type.id)) {
        out.append(column.values<char>() + static_cast<size_t>(row) * width, width);
    } else {
        append_json_value(out, column, row);
    }
    return true;
}

Table::~Table() {
    for (ArrowArray &chunk : chunks_) chunk.release(&chunk);
}

Result<std::shared_ptr<const Table>> Table::load(const TableOptions &options, const weir_codec &codec) {
    std::ifstream in(options.path, std::ios::binary);
    std::ostringstream content;
    if (in && in.peek() != std::ifstream::traits_type::eof()) content << in.rdbuf();
    if (in.bad() || (!in && !in.eof()) || content.bad())
        return Status::fatal("`" + options.path + "`: cannot be read: " + std::strerror(errno) +
                             ". Check the path; a relative one begins where weir was started");
    std::shared_ptr<Table> table(new Table(options.record));
    const std::string text = std::move(content).str();
    if (Status s = table->add_lines(options, codec, text); !s.ok()) return s;
    return std::shared_ptr<const Table>(std::move(table));
}

Status Table::add_lines(const TableOptions &options, const weir_codec &codec, std::string_view text) {
    if (text.starts_with(kByteOrderMark)) text.remove_prefix(kByteOrderMark.size());
    uint64_t number = 0;
    std::string_view line;
    std::string header;
    if (options.header && next_line(&text, &line, &number)) header = std::string(line) + "\n";
    std::vector<std::string_view> lines;
    std::vector<uint64_t> numbers;
    while (next_line(&text, &line, &number)) {
        if (line.empty()) continue;
        lines.push_back(line);
        numbers.push_back(number);
        if (lines.size() < kChunkRows) continue;
        if (Status s = add_chunk(options, codec, lines, numbers, header); !s.ok()) return s;
        lines.clear();
        numbers.clear();
    }
    return lines.empty() ? Status() : add_chunk(options, codec, lines, numbers, header);
}

Status Table::add_chunk(const TableOptions &options, const weir_codec &codec, const std::vector<std::string_view> &lines,
                        const std::vector<uint64_t> &numbers, std::string_view header) {
    auto wrong = [&](size_t i, const std::string &why) {
        return Status::fatal("`" + options.path + "`, line " + std::to_string(numbers[i]) + ": " + why);
    };
    Buffer payloads;
    std::vector<uint32_t> offsets;
    std::vector<int32_t> lengths;
    for (const std::string_view line : lines) {
        offsets.push_back(static_cast<uint32_t>(payloads.size()));
        lengths.push_back(static_cast<int32_t>(header.size() + line.size()));
        payloads.append(header.data(), header.size());
        payloads.append(line.data(), line.size());
    }
    std::vector<RowError> failed;
    ArrowArray rows{};
    Status status = decode(codec, static_cast<uint32_t>(lines.size()), payloads.data(), offsets.data(), lengths.data(),
                           nullptr, failed, &rows);
    if (!status.ok()) return status;
    const auto chunk = static_cast<uint32_t>(chunks_.size());
    chunks_.push_back(rows);
    bytes_ += payloads.size();
    if (!failed.empty())
        return wrong(static_cast<size_t>(failed[0].row), (failed[0].field.empty() ? "" : "`" + failed[0].field + "`: ") + failed[0].message);
    for (uint32_t row = 0; row < lines.size(); ++row) {
        std::string key;
        for (size_t column : options.key)
            if (!append_key(key, this->column({chunk, row}, column), row))
                return wrong(row, "`" + record_.fields[column].name + "` is null, and it is part of the key");
        bytes_ += 2 * key.size() + 64;
        if (!rows_.emplace(std::move(key), Place{chunk, row}).second) return wrong(row, "its key is there already, in a line before");
    }
    return {};
}

}  // namespace weir::lookup
