#include "log.hpp"

#include <weir/row_json.hpp>

namespace weir::log {
namespace {

constexpr int64_t kSecond = 1'000'000;
constexpr size_t kMaxBytes = 8'192;  // of a row

constexpr weir_param kParams[] = {
    param("level", WEIR_PARAM_STRING, "The level of the lines.")
        .default_json("\"info\"")
        .one_of(R"(["debug","info","warning","error"])")
        .primary(),
    param("message", WEIR_PARAM_STRING, "Stands before the row, behind the node's name."),
    param("limit_per_second", WEIR_PARAM_INT64, "Tells of at most so many rows a second and worker, and how many more there were.")
        .default_json("10"),
};

}  // namespace

constexpr OperatorSpec kLogSpec =
    operator_spec<Log>("log", "Writes rows to weir's log, as JSON, and lets them pass unchanged.").params(kParams);

Result<std::unique_ptr<Instance>> Log::create(Context context, const Config &config) {
    if (config.int64("limit_per_second") < 1) return Status::config("limit_per_second", "is 1 or more");
    return std::unique_ptr<Instance>(new Log(context, config));
}

Log::Log(Context context, const Config &config)
    : Instance(context),
      prefix_(config.string("message").empty() ? "" : config.string("message") + ": "),
      limit_(config.int64("limit_per_second")),
      skipped_metric_(context.metric("not_told", WEIR_METRIC_COUNTER, "Rows that limit_per_second kept out of the log.")) {
    const std::string level = config.string("level");
    level_ = level == "debug" ? WEIR_LOG_DEBUG : level == "warning" ? WEIR_LOG_WARNING : level == "error" ? WEIR_LOG_ERROR : WEIR_LOG_INFO;
}

Status Log::bind(const Binding &binding) {
    if (Status s = pass_.bind(binding); !s.ok()) return s;
    for (uint32_t i = 0; i < binding.inputs(); ++i)
        for (const Field &field : binding.input(i).fields)
            if (!is_metadata_column(field.name)) binding.reads(i, field.name);
    return {};
}

void Log::tell(const BatchView &batch, int64_t row) {
    std::string text = prefix_;
    append_json_row(text, batch.schema(), *batch.raw().array, row);
    if (text.size() > kMaxBytes) {
        size_t end = kMaxBytes;
        while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) --end;  // not within a character
        text = text.substr(0, end) + "\xE2\x80\xA6 (" + std::to_string(text.size()) + " bytes)";
    }
    context_.log(level_, text);
}

void Log::tell_skipped() {
    if (skipped_) context_.log(level_, prefix_ + std::to_string(skipped_) + " more rows");
    skipped_ = 0;
}

Status Log::process(const BatchView &batch, uint32_t input) {
    const int64_t now = context_.now();
    if (second_ == INT64_MIN || now >= second_ + kSecond) {
        tell_skipped();
        second_ = now;
        told_ = 0;
    }
    int64_t row = 0;
    for (; row < batch.rows() && told_ < limit_; ++row, ++told_) tell(batch, row);
    if (const int64_t rest = batch.rows() - row; rest > 0) {
        if (!skipped_) context_.wake_at(second_ + kSecond);
        skipped_ += rest;
        context_.metric_add(skipped_metric_, rest);
    }
    return pass_.emit(context_, batch, input) ? Status() : Status::more();
}

Status Log::on_wake() {
    if (!skipped_) return {};
    if (context_.now() < second_ + kSecond)
        context_.wake_at(second_ + kSecond);
    else
        tell_skipped();
    return {};
}

Status Log::finish() {
    tell_skipped();
    return {};
}

}  // namespace weir::log
