#include "sample.hpp"

#include <cmath>

#include <xxhash.h>

#include <weir/row_json.hpp>

namespace weir::sample {
namespace {

constexpr weir_param kByElement[] = {param("", WEIR_PARAM_COLUMN, "")};
constexpr weir_param kParams[] = {
    param("share", WEIR_PARAM_FLOAT64, "The share of rows to let pass, above 0 and at most 1. Equal rows share their fate.").primary(),
    param("every", WEIR_PARAM_INT64,
          "Instead of `share`: every n-th row. Each worker counts its own, and from the beginning after each start."),
    param("by", WEIR_PARAM_LIST,
          "With `share`: chosen are values of these columns, all rows of a chosen one pass. By default the whole row, but for metadata.")
        .scalar_or_list()
        .fields(kByElement),
    param("seed", WEIR_PARAM_INT64, "The same seed chooses the same rows.").default_json("1"),
};

// A value's bytes, behind a byte that tells null from empty. Values of one column have one type.
void append_bytes(std::string &out, const Column &column, int64_t row) {
    const bool null = column.is_null(row);
    out.push_back(null ? 0 : 1);
    if (null) return;
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
}

}  // namespace

constexpr OperatorSpec kSampleSpec =
    operator_spec<Sample>("sample", "Lets a share of the rows pass, or every n-th.").params(kParams);

Result<std::unique_ptr<Instance>> Sample::create(Context context, const Config &config) {
    if (config.has("share") == config.has("every")) return Status::config("share", "or `every` says which rows pass: one of the two");
    if (config.has("share") && !(config.float64("share") > 0 && config.float64("share") <= 1))
        return Status::config("share", "is above 0 and at most 1");
    if (config.has("every") && config.int64("every") < 1) return Status::config("every", "is 1 or more");
    if (config.has("every") && config.has("by")) return Status::config("by", "goes with `share`");
    return std::unique_ptr<Instance>(new Sample(context, config));
}

Sample::Sample(Context context, const Config &config)
    : Instance(context),
      share_(config.float64("share")),
      every_(static_cast<uint64_t>(config.int64("every"))),
      seed_(static_cast<uint64_t>(config.int64("seed"))),
      by_(config.strings("by")),
      threshold_(share_ >= 1 ? UINT64_MAX : static_cast<uint64_t>(std::ldexp(share_, 64))),
      left_out_metric_(context.metric("left_out", WEIR_METRIC_COUNTER, "Rows that were not chosen.")) {}

Status Sample::bind(const Binding &binding) {
    const Schema &in = binding.input(0);
    if (Status s = pass_.bind(binding); !s.ok() || every_) return s;
    indices_.assign(binding.inputs(), {});
    if (hashed_.empty()) {  // as the input was first: later binds leave out what nobody else reads
        hashed_ = by_;
        for (const Field &field : in.fields)
            if (by_.empty() && !is_metadata_column(field.name)) hashed_.push_back(field.name);
    }
    for (uint32_t i = 0; i < binding.inputs(); ++i) {
        for (const std::string &name : hashed_) {
            const auto found = binding.input(i).find(name);
            if (!found) return Status::config("by", "the input has no column `" + name + "`; it has " + to_string(binding.input(i)));
            binding.reads(i, name);
            indices_[i].push_back(*found);
        }
    }
    return {};
}

bool Sample::by_share(const BatchView &batch, uint32_t input, int64_t row) const {
    std::string bytes;
    for (size_t i : indices_[input]) append_bytes(bytes, batch.column(i), row);
    return XXH3_64bits_withSeed(bytes.data(), bytes.size(), seed_) < threshold_ || threshold_ == UINT64_MAX;
}

Status Sample::process(const BatchView &batch, uint32_t input) {
    std::vector<int32_t> chosen;
    for (int64_t row = 0; row < batch.rows(); ++row)
        if (every_ ? rows_++ % every_ == 0 : by_share(batch, input, row)) chosen.push_back(static_cast<int32_t>(row));
    context_.metric_add(left_out_metric_, batch.rows() - static_cast<int64_t>(chosen.size()));
    return pass_.emit(context_, batch, input, chosen) ? Status() : Status::more();
}

}  // namespace weir::sample
