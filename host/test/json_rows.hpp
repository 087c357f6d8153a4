// Rows as tests write and compare them: YAML values by the type of their column, into JSON, and JSON into columns and
// back by the codec `json`. What two texts mean is so compared by type: 1.5 and 1.50 are one decimal.
//
// Threads: one at a time.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include <weir/codec.hpp>
#include <weir/codec_call.hpp>

#include "host/loader/resolver.hpp"
#include "host/topology/yaml_tree.hpp"

namespace weir::host::test {

class JsonRows {
public:
    // Rows of `schema`. WEIR_E_CONFIG where there is no codec `json`.
    static Result<std::unique_ptr<JsonRows>> open(OperatorResolver& resolver, const Schema& schema);
    ~JsonRows();
    JsonRows(const JsonRows&) = delete;
    JsonRows& operator=(const JsonRows&) = delete;

    const Schema& schema() const { return schema_; }
    // A struct array of all columns, of the rows that did not fail; the caller's to release.
    Status decode(const std::vector<std::string>& rows, std::vector<RowError>& failed, ArrowArray* out);

private:
    explicit JsonRows(Schema schema) : schema_(std::move(schema)) {}

    Schema schema_;
    ResolvedOperator code_;
    weir_codec codec_{};
};

// A value as the codec `json` reads it into a column of that type; what does not fit is left to the codec to refuse.
std::string json_of(const Type& type, const YamlNode& value);
// A mapping of columns to values, in its own order; columns that the schema does not have are left out.
std::string json_of(const Schema& schema, const YamlNode& row);

// The row's values as JSON text, by column.
std::vector<std::string> values_of(const Schema& schema, const ArrowArray& rows, int64_t row);

}  // namespace weir::host::test
