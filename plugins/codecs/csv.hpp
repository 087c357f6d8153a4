// The codecs `csv` and `tsv`: a payload is one row of fields, as in 1,"a, b",true, perhaps under a row of names.
//
// Quoting is as in RFC 4180: a field in quotes may have separators, line ends and, doubled, quotes in it; a quote
// within a field that does not begin with one is itself. One line end behind the row is left out. A field that is the
// `null` text, and not quoted, is null where the column may be null, and text where it may not.
#pragma once

#include <deque>

#include <weir/codec.hpp>

#include "record_builder.hpp"
#include "scalar.hpp"

namespace weir::codecs {

extern const OperatorSpec kCsvSpec;
extern const OperatorSpec kTsvSpec;

class CsvCodec final : public Codec {
public:
    static Result<std::unique_ptr<Codec>> create(const Config &config);

    Status bind_decode(const Schema &record) override;
    Status decode(const DecodeInput &in, ArrowArray *out) override;
    Status bind_encode(const Schema &rows) override;
    Status encode(const ArrowArray &rows, EncodeOutput &out) override;

private:
    static constexpr size_t kNone = SIZE_MAX;
    // A field of a row: its text without quotes, and where it begins in the payload.
    struct Cell {
        std::string_view text;
        int64_t position = 0;
        bool quoted = false;
    };
    struct Place {
        size_t column = kNone;  // none: nobody wants what stands there
        std::string name;
    };

    Status check(const Schema &schema) const;
    // Reads cells up to the end of the line; *at then stands behind it. False: *fault says why.
    bool read_line(std::string_view payload, size_t *at, Fault *fault);
    bool read_quoted(std::string_view payload, size_t *at, Cell *cell, Fault *fault);
    bool read_header(const RecordBuilder &row, Fault *fault);
    bool decode_row(std::string_view payload, RecordBuilder &row, std::string *field, Fault *fault);
    void write_names(Buffer &out) const;
    void write_text(std::string_view text, bool quote, Buffer &out) const;
    bool must_quote(std::string_view text) const;
    std::string count_fault() const;

    char delimiter_ = ',';
    char quote_ = '"';  // 0: there is none
    bool header_ = false, refuse_unknown_ = false, tombstones_ = false;
    std::string null_;
    std::vector<std::string> order_;  // names of the fields, as configured
    TimeForm form_;
    Schema record_, rows_;
    std::vector<std::string> names_;
    std::vector<TimeForm> forms_;
    std::vector<Place> places_;  // by field, from the configuration, the record, or the header
    std::string last_header_;    // which places_ are made of
    std::vector<Cell> cells_;
    std::deque<std::string> unquoted_;  // texts of cells that had doubled quotes; they stay where they are
};

}  // namespace weir::codecs
