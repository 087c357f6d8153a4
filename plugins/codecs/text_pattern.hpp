// A regular expression with named groups, each of which is a column: the codec `text` where it has a `pattern`.
// One user at a time.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <re2/re2.h>

#include "record_builder.hpp"
#include "scalar.hpp"

namespace weir::codecs {

class TextPattern {
public:
    // WEIR_E_CONFIG for an expression that RE2 does not take, or that names no group.
    static Result<std::unique_ptr<TextPattern>> parse(const std::string &expression);

    // `names`: what the columns' groups are called. WEIR_E_CONFIG where a column has no group.
    Status bind(const Schema &record, std::vector<std::string> names, std::vector<TimeForm> forms);
    const std::vector<std::string> &names() const { return names_; }
    // False: *field and *fault say why.
    bool read(std::string_view payload, RecordBuilder &row, std::string *field, Fault *fault);

private:
    explicit TextPattern(const std::string &expression);

    RE2 expression_;
    std::vector<std::string> names_;
    std::vector<TimeForm> forms_;
    std::vector<size_t> groups_;              // by column
    std::vector<re2::StringPiece> submatches_;  // by group; 0 is all of it
};

}  // namespace weir::codecs
