#include "generate.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>

namespace weir::generate {
namespace {

// At a high rate rows come in steps of so long, not one by one.
constexpr int64_t kTick = 10'000;
constexpr int64_t kSecond = 1'000'000;
constexpr int64_t kMaxSplits = 1024;

bool read_number(std::string_view text, auto *out) {
    auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), *out);
    return code == std::errc() && end == text.data() + text.size();
}

}  // namespace

Result<std::unique_ptr<Instance>> Generate::create(Context context, const Config &config) {
    if (config.has("rate") && !(config.float64("rate") > 0 && config.float64("rate") <= 1e9))
        return Status::config("rate", "rate is rows per second: above 0, at most 1e9");
    if (config.has("count") && config.int64("count") < 0) return Status::config("count", "count is 0 or more");
    if (config.has("for") && config.int64("for") <= 0) return Status::config("for", "for is a time above 0");
    if (config.int64("splits") < 1 || config.int64("splits") > kMaxSplits)
        return Status::config("splits", "splits is 1 to " + std::to_string(kMaxSplits));
    MakerContext made{config.int64("seed"), 1'000};
    if (config.has("rate")) made.row_time = std::max<int64_t>(1, std::llround(kSecond / config.float64("rate")));
    auto columns = make_columns(config.child("columns"), made);
    if (!columns) return columns.status();
    auto instance = std::make_unique<Generate>(context, config, std::move(columns).value());
    if (Status s = instance->check_format(config); !s.ok()) return s;
    return std::unique_ptr<Instance>(std::move(instance));
}

Generate::Generate(Context context, const Config &config, std::vector<MadeColumn> columns)
    : Instance(context),
      columns_(std::move(columns)),
      splits_(static_cast<uint64_t>(config.int64("splits"))),
      rate_(config.float64("rate") / static_cast<double>(splits_)),
      for_(config.int64("for")),
      corrupt_(config.int64("seed"), "corrupt"),
      corrupt_pick_(config.int64("seed"), "corrupt payload") {
    if (config.has("count")) count_ = static_cast<uint64_t>(config.int64("count"));
    // With a rate, the time limit is one of rows as well, so that a run repeats.
    if (rate_ > 0 && for_ > 0) {
        double rows = std::ceil(config.float64("rate") * static_cast<double>(for_) / kSecond);
        count_ = std::min(count_, static_cast<uint64_t>(std::min(rows, 1e18)));
        for_ = 0;
    }
    for (const MadeColumn &c : columns_) row_bytes_ += c.maker->row_bytes();
}

Status Generate::check_format(const Config &config) {
    if (config.has("format")) format_ = config.text("format");
    if (!config.has("corrupt")) return {};
    if (format_.empty())
        return Status::config("corrupt", "corrupt payloads need `format`: without it, generate emits typed columns");
    Config corrupt = config.child("corrupt");
    corrupt_share_ = corrupt.float64("share");
    corrupt_payloads_ = corrupt.strings("payloads");
    if (!(corrupt_share_ >= 0 && corrupt_share_ <= 1)) return Status::config("corrupt.share", "share is 0 to 1");
    if (corrupt_payloads_.empty()) return Status::config("corrupt.payloads", "corrupt needs at least one payload");
    size_t longest = 0;
    for (const std::string &p : corrupt_payloads_) longest = std::max(longest, p.size());
    row_bytes_ += longest;
    return {};
}

Status Generate::bind(const Binding &binding) {
    Schema schema;
    std::vector<size_t> wanted;
    for (size_t i = 0; i < columns_.size(); ++i) {
        const std::string &name = columns_[i].field.name;
        if (format_.empty() ? !binding.wanted(0, name) : is_metadata_column(name)) continue;
        wanted.push_back(i);
        schema.fields.push_back(columns_[i].field);
    }
    if (format_.empty()) {
        binding.set_output(0, schema);
        find_needed(wanted);
        return {};
    }
    auto codec = context_.codec(format_);
    if (!codec) return codec.status();
    if (Status bound = bind_encode(*codec, schema); !bound.ok()) return Status::config("format", bound.message());
    codec_ = *codec;
    payload_wanted_ = binding.wanted(0, "payload");
    binding.set_output(0, payload_wanted_ ? Schema{{{"payload", type_of(TypeId::kString), false}}} : Schema{});
    find_needed(payload_wanted_ ? wanted : std::vector<size_t>{});
    return {};
}

// What must be made so that `wanted` can: templates need the columns that they refer to.
void Generate::find_needed(const std::vector<size_t> &wanted) {
    outputs_ = wanted;
    needed_.assign(columns_.size(), false);
    for (size_t i : wanted) needed_[i] = true;
    for (size_t i = columns_.size(); i-- > 0;)
        if (needed_[i])
            for (size_t other : columns_[i].maker->needs()) needed_[other] = true;
}

Status Generate::discover(const weir_bytes_out &ids) {
    for (uint64_t k = 0; k < splits_; ++k) {
        std::string id = std::to_string(k) + "/" + std::to_string(splits_);
        ids.put(&ids, to_abi(id));
    }
    return {};
}

uint64_t Generate::rows_of(uint64_t index) const {
    if (count_ == UINT64_MAX) return count_;
    return count_ > index ? (count_ - index - 1) / splits_ + 1 : 0;
}

// A position is `ROWS` or `ROWS@START`: rows made, and when the stream began in microseconds.
Status Generate::assign(uint64_t number, std::string_view id, const weir_str &position) {
    Split split;
    size_t slash = id.find('/');
    uint64_t of = 0;
    if (slash == std::string_view::npos || !read_number(id.substr(0, slash), &split.index) ||
        !read_number(id.substr(slash + 1), &of) || of != splits_ || split.index >= of)
        return Status::fatal(std::string(id) + " is no split of " + std::to_string(splits_));
    split.limit = rows_of(split.index);
    std::string_view text = view(position);
    if (position.data) {
        size_t at = text.find('@');
        bool good = read_number(text.substr(0, at), &split.made);
        if (at != std::string_view::npos) good &= read_number(text.substr(at + 1), &split.start.emplace());
        if (!good) return Status::state_version(std::string(text) + " is no position of generate");
    }
    assigned_[number] = split;
    return {};
}

Status Generate::revoke(uint64_t split) {
    assigned_.erase(split);
    return {};
}

Status Generate::position(uint64_t number, const weir_bytes_out &out) {
    const Split &split = assigned_.at(number);
    // What was made to its end begins anew with the next run. That repeats rows after a crash behind the end.
    if (split.made >= split.limit && !context_.exactly_once()) return {};
    std::string text = std::to_string(split.made);
    if (split.start) text.append(1, '@').append(std::to_string(*split.start));
    out.put(&out, to_abi(text));
    return {};
}

// When a row is due, by the rate.
int64_t Generate::time_of(const Split &split, uint64_t row) const {
    return split.paced_from +
           static_cast<int64_t>(std::ceil(static_cast<double>(row - split.paced_rows) * kSecond / rate_));
}

// How many more rows are due at `now`.
uint64_t Generate::due(const Split &split, int64_t now) const {
    if (rate_ <= 0) return UINT64_MAX;
    auto rows = static_cast<double>(now - split.paced_from) * rate_ / kSecond;
    uint64_t end = split.paced_rows + static_cast<uint64_t>(std::max(0.0, rows)) + 1;
    return end > split.made ? end - split.made : 0;
}

Status Generate::poll(uint64_t number, uint64_t max_rows, uint64_t max_bytes) {
    Split &split = assigned_.at(number);
    int64_t now = context_.now();
    if (!split.running) {
        split.running = true;
        split.paced_from = now;
        split.paced_rows = split.made;
        if (!split.start) split.start = now;
    }
    if (split.made >= split.limit || (for_ && now - *split.start >= for_)) return Status::end();
    uint64_t n = std::min({max_rows, uint64_t{WEIR_BATCH_MAX_ROWS}, split.limit - split.made, due(split, now),
                           std::max<uint64_t>(1, max_bytes / row_bytes_)});
    if (n > 0) {
        Rows rows{split.index + split.made * splits_, splits_, static_cast<int64_t>(n), *split.start};
        auto batch = make_rows(rows);
        if (!batch) return batch.status();
        split.made += n;
        context_.emit(0, *batch, number);
    }
    if (split.made >= split.limit) return Status::end();
    if (due(split, now) > 0) return Status::more();
    context_.wake_at(std::max(time_of(split, split.made), now + (rate_ * kTick > kSecond ? kTick : 1)));
    return {};
}

Result<ArrowArray> Generate::make_rows(const Rows &rows) {
    std::vector<ArrowArray> arrays(columns_.size());
    std::vector<Column> made(columns_.size());
    for (size_t i = 0; i < columns_.size(); ++i) {
        if (!needed_[i]) continue;
        ColumnBuilder builder(columns_[i].field.type);
        builder.reserve(rows.n);
        columns_[i].maker->fill(rows, made, builder);
        builder.finish(&arrays[i]);
        made[i] = Column(&arrays[i], &columns_[i].field.type);
    }
    std::vector<ArrowArray> chosen;
    for (size_t i : outputs_) chosen.push_back(std::exchange(arrays[i], ArrowArray{}));
    for (ArrowArray &rest : arrays)
        if (rest.release) rest.release(&rest);
    ArrowArray values;
    make_struct(std::move(chosen), rows.n, &values);
    if (!payload_wanted_) return values;
    auto payloads = make_payloads(rows, values);
    values.release(&values);
    return payloads;
}

Result<ArrowArray> Generate::make_payloads(const Rows &rows, const ArrowArray &values) {
    auto encoded = weir::encode(*codec_, values);
    if (!encoded) return Status::fatal("format: " + encoded.status().message());
    if (!encoded->failed().empty())
        return Status::fatal("format: column `" + encoded->failed()[0].field + "`: " + encoded->failed()[0].message);
    ColumnBuilder payload(type_of(TypeId::kString));
    payload.reserve(rows.n);
    for (int64_t i = 0; i < rows.n; ++i) {
        uint64_t row = rows.number(i);
        const weir_str made = encoded->payload(i);
        if (!made.data) return Status::fatal("format: a row has no payload, because its value is null");
        if (corrupt_share_ > 0 && corrupt_.unit(row) < corrupt_share_)
            payload.append_text(corrupt_payloads_[corrupt_pick_.below(corrupt_payloads_.size(), row)]);
        else
            payload.append_text(view(made));
    }
    std::vector<ArrowArray> columns(1);
    payload.finish(&columns[0]);
    ArrowArray out;
    make_struct(std::move(columns), rows.n, &out);
    return out;
}

}  // namespace weir::generate
