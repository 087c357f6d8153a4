#include "host/serve/latest_table.hpp"

#include <algorithm>

#include <weir/column.hpp>
#include <weir/row_json.hpp>

namespace weir::host {
namespace {

constexpr size_t kRowBytes = 200;  // about what a row takes beside its text

}  // namespace

LatestTable::LatestTable(Schema columns, const std::vector<std::string>& key, size_t rows)
    : columns_(std::move(columns)), most_rows_(rows) {
    for (const std::string& name : key)
        if (const auto column = columns_.find(name)) key_.push_back(*column);
}

void LatestTable::note_columns(const Schema& schema) {
    noted_ = &schema;
    sources_.clear();
    for (const Field& field : columns_.fields) {
        const auto at = schema.find(field.name);
        sources_.emplace_back(at.value_or(0), at ? schema.fields[*at].type : field.type);
    }
}

void LatestTable::add(const Schema& schema, const weir_batch& rows) {
    note_columns(schema);  // a topology that began again has others
    if (key_.empty())
        add_last(rows);
    else
        add_by_key(rows);
}

void LatestTable::append_key(const weir_batch& rows, int64_t row, std::string& out) const {
    for (const size_t column : key_) {
        const auto& [at, type] = sources_[column];
        append_json_value(out, Column(rows.array->children[at], &type), row);
        out += ',';
    }
}

LatestTable::Row LatestTable::row_of(const weir_batch& rows, int64_t row) const {
    Row out;
    out.json += '{';
    for (size_t i = 0; i < columns_.size(); ++i) {
        if (i > 0) out.json += ',';
        append_json_string(out.json, columns_.fields[i].name);
        out.json += ':';
        const auto& [at, type] = sources_[i];
        append_json_value(out.json, Column(rows.array->children[at], &type), row);
        out.ends.push_back(static_cast<uint32_t>(out.json.size()));
    }
    out.json += '}';
    return out;
}

void LatestTable::add_last(const weir_batch& rows) {
    const int64_t first = std::max<int64_t>(0, rows.rows - static_cast<int64_t>(most_rows_));
    std::vector<Row> made;
    for (int64_t row = first; row < rows.rows; ++row) made.push_back(row_of(rows, row));
    const std::lock_guard lock(mutex_);
    seen_ += rows.rows;
    for (Row& row : made) put(std::move(row), rows_.end());
    shrink();
}

// Of the rows of a key the last alone becomes text.
void LatestTable::add_by_key(const weir_batch& rows) {
    std::unordered_map<std::string, int64_t> last;
    std::string key;
    for (int64_t row = 0; row < rows.rows; ++row) {
        key.clear();
        append_key(rows, row, key);
        last[key] = row;
    }
    std::vector<std::pair<int64_t, std::string>> chosen;
    for (auto& [text, row] : last) chosen.emplace_back(row, text);
    std::sort(chosen.begin(), chosen.end());
    std::vector<Row> made;
    for (auto& [row, text] : chosen) {
        made.push_back(row_of(rows, row));
        made.back().key = std::move(text);
    }
    const std::lock_guard lock(mutex_);
    seen_ += rows.rows;
    for (Row& row : made) {
        const auto old = by_key_.find(row.key);
        put(std::move(row), old == by_key_.end() ? rows_.end() : old->second);
    }
    shrink();
}

void LatestTable::put(Row row, Rows::iterator old) {
    if (old != rows_.end()) {
        bytes_ -= old->json.size() + old->key.size() + kRowBytes;
        rows_.erase(old);
    }
    row.version = ++version_;
    bytes_ += row.json.size() + row.key.size() + kRowBytes;
    rows_.push_back(std::move(row));
    if (!key_.empty()) by_key_[rows_.back().key] = std::prev(rows_.end());
}

// The rows that have not changed for longest go.
void LatestTable::shrink() {
    while (rows_.size() > most_rows_ || (bytes_ > kMaxViewBytes && rows_.size() > 1)) {
        Row& oldest = rows_.front();
        bytes_ -= oldest.json.size() + oldest.key.size() + kRowBytes;
        by_key_.erase(oldest.key);
        rows_.pop_front();
    }
}

bool LatestTable::fits(const Row& row, const RowFilter& filter) {
    return std::all_of(filter.begin(), filter.end(), [&](const auto& one) {
        const auto& [column, text] = one;
        // The value ends there; what is before it is its name, and never its text.
        const size_t end = row.ends[column];
        return end > text.size() && row.json.compare(end - text.size(), text.size(), text) == 0 && row.json[end - text.size() - 1] == ':';
    });
}

std::vector<const LatestTable::Row*> LatestTable::ordered() const {
    std::vector<const Row*> out;
    for (const Row& row : rows_) out.push_back(&row);
    if (!key_.empty()) std::sort(out.begin(), out.end(), [](const Row* a, const Row* b) { return a->key < b->key; });
    return out;
}

std::string LatestTable::rows(const RowFilter& filter, size_t limit) const {
    const std::lock_guard lock(mutex_);
    std::vector<const Row*> chosen = ordered();
    std::erase_if(chosen, [&](const Row* row) { return !fits(*row, filter); });
    if (chosen.size() > limit) chosen.erase(chosen.begin(), chosen.end() - static_cast<std::ptrdiff_t>(limit));
    std::string out = "[";
    for (const Row* row : chosen) {
        if (out.size() > 1) out += ',';
        out += row->json;
    }
    return out += ']';
}

uint64_t LatestTable::version() const {
    const std::lock_guard lock(mutex_);
    return version_;
}

std::string LatestTable::changes(uint64_t& since) const {
    const std::lock_guard lock(mutex_);
    if (since >= version_) return "";
    auto first = rows_.end();
    while (first != rows_.begin() && std::prev(first)->version > since) --first;
    since = version_;
    std::string out = "[";
    for (auto row = first; row != rows_.end(); ++row) {
        if (out.size() > 1) out += ',';
        out += row->json;
    }
    return out += ']';
}

int64_t LatestTable::seen() const {
    const std::lock_guard lock(mutex_);
    return seen_;
}

}  // namespace weir::host
