#include "dedup.hpp"

namespace weir::dedup {
namespace {

constexpr weir_param kParams[] = {
    param("within", WEIR_PARAM_DURATION, "For how long behind a row that went on others of its key are left out, and are remembered.")
        .required()
        .primary(),
    param("time", WEIR_PARAM_COLUMN,
          "The column that is a row's time. By default it is when the row comes by."),
};

}  // namespace

constexpr OperatorSpec kDedupSpec =
    operator_spec<Dedup>("dedup", "Lets the first row of each key pass and leaves out the others, for some time.")
        .params(kParams)
        .with(WEIR_OP_KEYED);

Result<std::unique_ptr<Instance>> Dedup::create(Context context, const Config &config) {
    if (config.int64("within") <= 0) return Status::config("within", "is a time above 0");
    return std::unique_ptr<Instance>(new Dedup(context, config));
}

Dedup::Dedup(Context context, const Config &config)
    : Instance(context),
      within_(config.int64("within")),
      time_(config.string("time")),
      seen_(context, "seen",
            {.version = 1,
             .ttl = {std::chrono::microseconds(within_), time_.empty() ? WEIR_CLOCK_PROCESSING : WEIR_CLOCK_EVENT}}),
      duplicates_metric_(context.metric("duplicates", WEIR_METRIC_COUNTER, "Rows that were left out.")) {}

Status Dedup::bind(const Binding &binding) {
    if (Status s = pass_.bind(binding); !s.ok() || time_.empty()) return s;
    for (uint32_t i = 0; i < binding.inputs(); ++i) {
        const Schema &in = binding.input(i);
        const auto found = in.find(time_);
        if (!found) return Status::config("time", "the input has no column `" + time_ + "`; it has " + to_string(in));
        const Field &field = in.fields[*found];
        if (field.type.id != TypeId::kTimestamp || field.nullable)
            return Status::config("time", "`" + time_ + "` is " + to_string(field.type) + (field.nullable ? "?" : "") +
                                              ", and a time is a timestamp that is never null");
        binding.reads(i, time_);
    }
    return {};
}

// The rows that go on. An entry that is only looked at is not written again: duplicates alone change nothing.
std::vector<int32_t> Dedup::choose(const BatchView &batch, const int64_t *times) {
    const int64_t now = context_.now();
    auto is_new = [&](const Seen &seen, int64_t row) { return !seen.any || (times ? times[row] : now) - seen.at >= within_; };
    bool any = false;
    auto known = seen_.read(batch, times);
    for (int64_t row = 0; row < batch.rows() && !any; ++row) any = !known.has(row) || is_new(known[row], row);
    std::vector<int32_t> chosen;
    if (!any) return chosen;
    auto seen = seen_.update(batch, times);
    for (int64_t row = 0; row < batch.rows(); ++row) {
        if (!is_new(seen[row], row)) continue;
        seen[row] = {times ? times[row] : now, true};
        chosen.push_back(static_cast<int32_t>(row));
    }
    return chosen;
}

Status Dedup::process(const BatchView &batch, uint32_t input) {
    if (batch.rows() == 0) return {};
    const int64_t *times = time_.empty() ? nullptr : batch.column(*batch.schema().find(time_)).values<int64_t>();
    const std::vector<int32_t> chosen = choose(batch, times);
    context_.metric_add(duplicates_metric_, batch.rows() - static_cast<int64_t>(chosen.size()));
    return pass_.emit(context_, batch, input, chosen) ? Status() : Status::more();
}

}  // namespace weir::dedup
