#include "host/topology/diagnostic.hpp"

#include <algorithm>
#include <tuple>
#include <utility>

#include <fmt/format.h>

namespace weir::host {
namespace {

constexpr int kSnippetColumns = 110;       // what is shown of a long line
constexpr int kSnippetColumnsBefore = 50;  // of that, before the caret

// The byte offset of column n, from 0, in valid UTF-8.
std::size_t byte_of_column(std::string_view text, int n) {
    std::size_t i = 0;
    while (i < text.size() && n > 0) {
        ++i;
        while (i < text.size() && (static_cast<unsigned char>(text[i]) & 0xC0) == 0x80) ++i;
        --n;
    }
    return i;
}

// `  12 | text` and `     |   ^~~~`, cut around the caret where the line is long.
std::string snippet(const Place& place) {
    const std::string full = place.file->shown_line(place.line);
    const int columns = count_columns(full);
    int first = 0;
    if (columns > kSnippetColumns) {
        first = std::clamp(place.column - 1 - kSnippetColumnsBefore, 0, columns - kSnippetColumns);
    }
    const int last = std::min(columns, first + kSnippetColumns);
    const std::size_t from = byte_of_column(full, first);
    const std::string shown = full.substr(from, byte_of_column(full, last) - from);
    const std::string head = first > 0 ? "…" : "";
    const std::string tail = last < columns ? "…" : "";

    std::string padding(head.empty() ? 0 : 1, ' ');
    const int caret = place.column - 1 - first;
    const std::string before = shown.substr(0, byte_of_column(shown, caret));
    for (int i = 0; i < caret; ++i) {
        const std::size_t at = byte_of_column(before, i);
        padding += at < before.size() && before[at] == '\t' ? '\t' : ' ';
    }
    const int marked = std::clamp(place.length, 1, std::max(1, last - first - caret));
    const bool numbered = place.file->kind() == SourceFile::Kind::kFile;
    return fmt::format("{:>5} | {}{}{}\n      | {}^{:~>{}}\n", numbered ? std::to_string(place.line) : "",
                       head, shown, tail, padding, "", marked - 1);
}

}  // namespace

const char* to_text(Severity severity) {
    switch (severity) {
        case Severity::kError: return "error";
        case Severity::kWarning: return "warning";
        case Severity::kNote: return "note";
    }
    return "error";
}

Diagnostic& Diagnostics::error(Code code, Place place, std::string message) {
    ++errors_;
    return add(Severity::kError, code, std::move(place), std::move(message));
}

Diagnostic& Diagnostics::warning(Code code, Place place, std::string message) {
    return add(Severity::kWarning, code, std::move(place), std::move(message));
}

Diagnostic& Diagnostics::note(Code code, Place place, std::string message) {
    return add(Severity::kNote, code, std::move(place), std::move(message));
}

Diagnostic& Diagnostics::add(Severity severity, Code code, Place place, std::string message) {
    Diagnostic made{severity, code, std::move(place), std::move(message), "", "", "", {}};
    if (++by_file_[made.place.file.get()] > kMaxDiagnostics) {
        ++left_out_;
        overflow_ = std::move(made);
        return overflow_;
    }
    return all_.emplace_back(std::move(made));
}

std::vector<const Diagnostic*> Diagnostics::sorted() const {
    std::vector<const SourceFile*> files;
    auto rank = [&](const Diagnostic* d) {
        return std::find(files.begin(), files.end(), d->place.file.get()) - files.begin();
    };
    std::vector<const Diagnostic*> out;
    for (const Diagnostic& d : all_) {
        if (rank(&d) == static_cast<std::ptrdiff_t>(files.size())) files.push_back(d.place.file.get());
        out.push_back(&d);
    }
    std::stable_sort(out.begin(), out.end(), [&](const Diagnostic* a, const Diagnostic* b) {
        return std::tuple(rank(a), a->place.line, a->place.column) <
               std::tuple(rank(b), b->place.line, b->place.column);
    });
    return out;
}

std::string Diagnostics::text(bool with_notes) const {
    std::string out;
    for (const Diagnostic* d : sorted()) {
        if (with_notes || d->severity != Severity::kNote) out += render(*d);
    }
    if (left_out_ > 0) out += fmt::format("and {} more\n", left_out_);
    return out;
}

nlohmann::ordered_json Diagnostics::json() const {
    auto out = nlohmann::ordered_json::array();
    for (const Diagnostic* d : sorted()) out.push_back(to_json(*d));
    return out;
}

namespace {

// What is said of it below the place: what was expected, the nearest name, what to do.
std::string remedy(const Diagnostic& d) {
    std::string out;
    if (!d.expected.empty() && !d.nearest.empty()) {
        out += fmt::format("   expected: {}; nearest: {}\n", d.expected, ticked(d.nearest));
    } else if (!d.expected.empty()) {
        out += fmt::format("   expected: {}\n", d.expected);
    } else if (!d.nearest.empty()) {
        out += fmt::format("   nearest: {}\n", ticked(d.nearest));
    }
    if (!d.hint.empty()) out += fmt::format("   hint: {}\n", d.hint);
    for (const Diagnostic::Related& r : d.related) {
        out += fmt::format("   {}: {}\n", r.place.text(), r.message);
    }
    return out;
}

// As a property or, where `in_message`, as the text of a command to GitHub's runner.
std::string github_text(std::string_view text, bool in_message) {
    std::string out;
    for (const char c : text) {
        const bool is_escaped = c == '%' || c == '\r' || c == '\n' || (!in_message && (c == ':' || c == ','));
        out += is_escaped ? fmt::format("%{:02X}", c) : std::string(1, c);
    }
    return out;
}

}  // namespace

std::string render(const Diagnostic& d) {
    const std::string where = d.place.text();
    std::string out = fmt::format("{}{}{}[{}]: {}\n", where, where.empty() ? "" : ": ", to_text(d.severity),
                                  info_of(d.code).text, d.message);
    if (d.place.known()) out += snippet(d.place);
    return out + remedy(d);
}

std::string to_github(const Diagnostic& d) {
    const bool in_file = d.place.file != nullptr && d.place.file->kind() == SourceFile::Kind::kFile;
    std::string place;
    if (in_file) place = "file=" + github_text(d.place.file->path(), false) + ",";
    if (in_file && d.place.known())
        place += fmt::format("line={0},endLine={0},col={1},endColumn={2},", d.place.line, d.place.column,
                             d.place.column + std::max(d.place.length, 1) - 1);
    std::string text = in_file || d.place.file == nullptr ? d.message : d.place.text() + ": " + d.message;
    std::string more = remedy(d);
    if (!more.empty()) text += "\n" + more.substr(0, more.size() - 1);
    return fmt::format("::{} {}title={}::{}", d.severity == Severity::kNote ? "notice" : to_text(d.severity), place,
                       info_of(d.code).text, github_text(text, true));
}

nlohmann::ordered_json to_json(const Diagnostic& d) {
    nlohmann::ordered_json out;
    if (d.place.file != nullptr) out["file"] = d.place.file->path();
    if (d.place.known()) {
        out["line"] = d.place.line;
        out["column"] = d.place.column;
        out["end_line"] = d.place.line;
        out["end_column"] = d.place.column + d.place.length;
    }
    out["severity"] = to_text(d.severity);
    out["code"] = info_of(d.code).text;
    out["message"] = d.message;
    if (!d.expected.empty()) out["expected"] = d.expected;
    if (!d.nearest.empty()) out["nearest"] = d.nearest;
    if (!d.hint.empty()) out["hint"] = d.hint;
    for (const Diagnostic::Related& r : d.related) {
        out["related"].push_back({{"file", r.place.file != nullptr ? r.place.file->path() : ""},
                                  {"line", r.place.line},
                                  {"column", r.place.column},
                                  {"message", r.message}});
    }
    return out;
}

}  // namespace weir::host
