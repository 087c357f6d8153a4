#include "text_pattern.hpp"

namespace weir::codecs {
namespace {

RE2::Options quiet() {
    RE2::Options options;
    options.set_log_errors(false);
    return options;
}

}  // namespace

TextPattern::TextPattern(const std::string &expression) : expression_(expression, quiet()) {}

Result<std::unique_ptr<TextPattern>> TextPattern::parse(const std::string &expression) {
    std::unique_ptr<TextPattern> out(new TextPattern(expression));
    if (!out->expression_.ok())
        return Status::config("pattern", "the pattern " + shown(expression) + " is no regular expression that RE2 knows: " +
                                             out->expression_.error());
    if (out->expression_.NamedCapturingGroups().empty())
        return Status::config("pattern", "the pattern " + shown(expression) +
                                             " names no group: write (?P<column>...) around each column");
    return out;
}

Status TextPattern::bind(const Schema &record, std::vector<std::string> names, std::vector<TimeForm> forms) {
    names_ = std::move(names);
    forms_ = std::move(forms);
    groups_.clear();
    const auto &known = expression_.NamedCapturingGroups();
    std::string all;
    for (const auto &[name, group] : known) all += (all.empty() ? "" : ", ") + name;
    for (size_t i = 0; i < record.size(); ++i) {
        const Field &field = record.fields[i];
        if (field.type.is_nested())
            return Status::config("", "format text has no form for column " + field.name + ": " + to_string(field.type));
        const auto found = known.find(names_[i]);
        if (found == known.end())
            return Status::config("pattern", "no group of the pattern is called " + shown(names_[i]) + "; there are " + all);
        groups_.push_back(static_cast<size_t>(found->second));
    }
    submatches_.resize(static_cast<size_t>(expression_.NumberOfCapturingGroups()) + 1);
    return {};
}

bool TextPattern::read(std::string_view payload, RecordBuilder &row, std::string *field, Fault *fault) {
    const re2::StringPiece text(payload.data() ? payload.data() : "", payload.size());
    if (!expression_.Match(text, 0, text.size(), RE2::ANCHOR_BOTH, submatches_.data(), static_cast<int>(submatches_.size()))) {
        *fault = {-1, shown(payload) + " does not match the pattern"};
        return false;
    }
    for (size_t i = 0; i < groups_.size(); ++i) {
        const re2::StringPiece &match = submatches_[groups_[i]];
        if (!match.data()) continue;  // a group that took no part: the column is missing
        row.mark(i);
        ColumnBuilder *column = row.column(i);
        if (!column || append_scalar(*column, {match.data(), match.size()}, forms_[i], fault)) continue;
        *field = row.field(i).name;
        fault->position = match.data() - text.data();
        return false;
    }
    return true;
}

}  // namespace weir::codecs
