// Reads JSON objects that are as most of one stream are: members in the order of the object before, no escapes in their
// names, no value that does not fit. It takes nothing that JsonReader would not take, and gives the same values, at a
// fraction of its cost; what it does not take, JsonReader judges. One user at a time.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "json_rest.hpp"
#include "json_shape.hpp"
#include "record_builder.hpp"

namespace weir::codecs {

class JsonScanner {
public:
    // Both must outlive it.
    void bind(const Schema &record, const JsonShape &shape);

    // Reads [begin, end), which is valid UTF-8 with kScanPadding bytes of zero behind it, as one row. False: the caller
    // takes the row back.
    bool read(const char *begin, const char *end, RecordBuilder &row);

private:
    // What stood there in the object before: a name with the quote behind it, and what is read there.
    struct Guess {
        std::string key;
        const JsonNode *node = nullptr;  // NULL: nobody knows it
    };

    // All return where they stopped; NULL: not taken.
    const char *read_object(const char *p, const JsonNode &node, RecordBuilder &row, int depth);
    const char *read_member(const char *p, const JsonNode *node, std::string_view name, RecordBuilder &row, int depth);
    const char *read_column(const char *p, size_t column, RecordBuilder &row, int depth);
    const char *append(const char *p, ColumnBuilder &to, const Field &field, int depth);
    const char *append_text(const char *p, ColumnBuilder &to);
    const char *append_number(const char *p, ColumnBuilder &to);
    const char *append_list(const char *p, ColumnBuilder &to, int depth);
    const char *append_struct(const char *p, ColumnBuilder &to, int depth);
    const char *append_map(const char *p, ColumnBuilder &to, int depth);

    const Schema *record_ = nullptr;
    const JsonShape *shape_ = nullptr;
    std::vector<std::vector<Guess>> guesses_;  // by object, then by place
    std::vector<uint64_t> seen_;               // by object: the last row that had it
    uint64_t row_ = 0;
    const char *end_ = nullptr;
    const TimeForm *form_ = nullptr;  // of the column that is being read
    JsonRest rest_;
    std::string scratch_;
};

}  // namespace weir::codecs
