// The rows of a decode call while they are built, field by field, in any order: what json and kv share.
//
// A row that fails half-way is taken back whole. Lives for one call; one user at a time.
#pragma once

#include <deque>
#include <string>
#include <string_view>
#include <vector>

#include <weir/codec.hpp>

#include "scalar.hpp"

namespace weir::codecs {

// The parameter `unknown` of codecs whose payloads name their fields.
constexpr Param unknown_param() {
    return param("unknown", WEIR_PARAM_STRING,
                 "What becomes of a field that the record does not have: it is left out, or the payload is refused.")
        .default_json("\"ignore\"")
        .one_of(R"(["ignore","refuse"])");
}

// The parameter `tombstones` of codecs whose payloads have fields.
constexpr Param tombstones_param() {
    return param("tombstones", WEIR_PARAM_STRING,
                 "What a record without a payload is: it is refused, or a row of nulls, and a row of nulls has no payload.")
        .default_json("\"refuse\"")
        .one_of(R"(["refuse","nulls"])");
}
// WEIR_E_CONFIG where a row of nulls is not possible.
Status check_tombstones(const Schema &record);
bool all_null(const std::vector<Column> &columns, int64_t row);

class RecordBuilder {
public:
    static constexpr size_t kUnknown = SIZE_MAX;

    // `schema`, and `names`, under which its columns stand in payloads, must outlive it.
    RecordBuilder(const Schema &schema, const std::vector<std::string> &names, const DecodeInput &in);

    // The column's index. Fields mostly come in the record's order, which is tried first.
    size_t find(std::string_view name);
    // The name that comes next if fields come in the record's order; empty: none.
    std::string_view expected() const { return next_ < names_.size() ? std::string_view(names_[next_]) : std::string_view(); }
    size_t take_expected() { return next_++; }

    // Where to append; NULL: nobody wants the column.
    ColumnBuilder *column(size_t i) { return builders_[i]; }
    const Field &field(size_t i) const { return schema_.fields[i]; }
    // False: the row has this field already.
    bool mark(size_t i) {
        if (seen_[i] == row_) return false;
        seen_[i] = row_;
        ++n_seen_;
        return true;
    }
    // Completes the row: what is missing becomes null. False: it may not be null; *field says which.
    bool end_row(std::string *field);
    // A row of nulls. REQUIRES: check_tombstones, and no row begun.
    void add_nulls();
    // Takes the unfinished row back.
    void drop_row();
    void finish(ArrowArray *out);

private:
    void next_row() {
        ++row_;
        n_seen_ = next_ = 0;
    }

    const Schema &schema_;
    const std::vector<std::string> &names_;
    std::deque<ColumnBuilder> columns_;
    std::vector<ColumnBuilder *> builders_;  // by column
    std::vector<uint64_t> seen_;             // by column: the last row that had it
    uint64_t row_ = 1;                       // number of the current row, with those taken back
    int64_t rows_ = 0;                       // complete ones
    size_t n_seen_ = 0, next_ = 0;
};

}  // namespace weir::codecs
