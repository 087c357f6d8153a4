#include "top.hpp"

#include <algorithm>

#include <weir/saturated.hpp>

#include "state_bytes.hpp"

namespace weir::top {
namespace {

constexpr uint32_t kLatePort = 1;

constexpr weir_param kTopParams[] = {
    param("n", WEIR_PARAM_INT64, "How many rows a ranking has.").required(),
    param("by", WEIR_PARAM_COLUMN, "The column whose value ranks rows: a number, a time, or a bool.").required(),
    param("order", WEIR_PARAM_STRING, "Whether the first row is that of the greatest value, or of the smallest.")
        .default_json("\"desc\"")
        .one_of(R"(["desc","asc"])"),
    param("ties", WEIR_PARAM_STRING,
          "Rows of equal value: the one that came first ranks first (`first`), or all have one rank, and a ranking may be longer "
          "than `n` (`keep`).")
        .default_json("\"first\"")
        .one_of(R"(["first","keep"])"),
    param("per", WEIR_PARAM_COLUMN,
          "The column that rankings are of, such as the `window_end` of a window: rows of one value are one ranking, sent when the "
          "watermark has passed it. Without it there is one ranking of all rows of the key."),
    param("of", WEIR_PARAM_COLUMN,
          "What is ranked: a row takes the place of the one before it that has the same value. Required without `per`."),
    param("every", WEIR_PARAM_DURATION,
          "Without `per`: rankings that have changed are sent whole, so often, by the clock. By default a row is sent for each place "
          "that has another row or rank."),
    param("ttl", WEIR_PARAM_DURATION, "Without `per`: a value of `of` without rows for so long, by the clock, leaves. By default never."),
    param("rank", WEIR_PARAM_STRING, "The name of the column with the rank, from 1.").default_json("\"rank\""),
};
constexpr weir_port kTopOutputs[] = {
    port("out", "The rows of rankings, with `rank`."),
    port("late", "With `per`: rows whose ranking was sent already, with `lateness_ms`: how far its time is behind the watermark."),
};

const weir_memory_api *memory_of_top() {
    const weir_host &host = plugin_host();
    return host.extension ? static_cast<const weir_memory_api *>(host.extension(&host, WEIR_EXT_MEMORY)) : nullptr;
}

int64_t next_multiple(int64_t now, int64_t every) { return every ? (now / every + 1) * every : INT64_MAX; }

Status check_config(const Config &config) {
    if (config.int64("n") < 1) return Status::config("n", "a ranking has 1 row at least");
    const bool per = config.has("per");
    if (!per && !config.has("of"))
        return Status::config("", "`per` or `of` is needed: `per: window_end` for a ranking of each window, `of: product` for one of all rows, "
                                  "in which a product's last row counts");
    for (const char *name : {"every", "ttl"}) {
        if (!config.has(name)) continue;
        if (per) return Status::config(name, std::string("`") + name + "` belongs to a ranking without `per`");
        if (config.int64(name) <= 0) return Status::config(name, std::string("`") + name + "` is a time above 0, such as 10s");
    }
    return {};
}

}  // namespace

constexpr OperatorSpec kTopSpec =
    operator_spec<Top>("top", "The first rows of each key by a column: of each window, or of all there is, as it changes.")
        .params(kTopParams)
        .outputs(kTopOutputs)
        .with(WEIR_OP_KEYED | WEIR_OP_ONE_INPUT)
        .state(kTopStateVersion, WEIR_STATE_KEYED | WEIR_STATE_BROADCAST);

Result<std::unique_ptr<Instance>> Top::create(Context context, const Config &config) {
    if (Status s = check_config(config); !s.ok()) return s;
    return std::unique_ptr<Instance>(new Top(context, config));
}

Top::Top(Context context, const Config &config)
    : Instance(context),
      n_(static_cast<size_t>(config.int64("n"))),
      by_(config.string("by")),
      per_(config.string("per")),
      of_(config.string("of")),
      rank_(config.string("rank")),
      descending_(config.string("order") == "desc"),
      keep_ties_(config.string("ties") == "keep"),
      every_(config.int64("every")),
      ttl_(config.int64("ttl")),
      memory_(memory_of_top()),
      late_metric_(context.metric("late", WEIR_METRIC_COUNTER, "Rows whose ranking was sent already.")),
      rows_metric_(context.metric("rows", WEIR_METRIC_GAUGE, "Rows that are kept in rankings.")) {}

Top::~Top() {
    for (ArrowArray &rows : ready_) rows.release(&rows);
}

Status Top::bind_per(const Binding &binding) {
    if (per_.empty()) return {};
    const Schema &input = binding.input(0);
    const auto found = input.find(per_);
    if (!found) return Status::config("per", "the input has no column `" + per_ + "`; it has " + to_string(input));
    const Field &field = input.fields[*found];
    if (field.type.id != TypeId::kTimestamp || !field.event_time)
        return Status::config("per", "`" + per_ + "` is not the event time of its rows, as the `window_end` of a window on event time is, so that "
                                     "nothing tells when a ranking is complete");
    per_column_ = *found;
    per_offset_ = *field.event_time;
    binding.reads(0, per_);
    return {};
}

Status Top::bind_columns(const Binding &binding) {
    const Schema &input = binding.input(0);
    const auto place_of = [&](const char *parameter, const std::string &name, size_t &to) -> Status {
        const auto found = input.find(name);
        if (!found) return Status::config(parameter, "the input has no column `" + name + "`; it has " + to_string(input));
        binding.reads(0, name);
        to = *found;
        return {};
    };
    if (Status s = place_of("by", by_, by_column_); !s.ok()) return s;
    if (!can_rank(input.fields[by_column_].type))
        return Status::config("by", "`" + by_ + "` is " + to_string(input.fields[by_column_].type) + ", and rows are ranked by a number, a time or a bool");
    if (!of_.empty())
        if (Status s = place_of("of", of_, of_column_); !s.ok()) return s;
    const weir_bind_input &info = binding.input_info(0);
    std::vector<std::string> names;
    for (uint64_t i = 0; i < info.n_key; ++i) names.emplace_back(view(info.key[i]));
    for (const std::string &name : names) {
        size_t at = 0;
        if (Status s = place_of("", name, at); !s.ok()) return s;
    }
    key_ = KeyCodec(input, names);
    return {};
}

Status Top::bind(const Binding &binding) {
    binding.reads_nothing(0);  // but what follows
    late_.bind(binding, kLatePort);
    if (Status s = bind_columns(binding); !s.ok()) return s;
    if (Status s = bind_per(binding); !s.ok()) return s;
    const Schema &input = binding.input(0);
    if (input.find(rank_))
        return Status::config("rank", "the input has a column `" + rank_ + "`: give the rank another name, `rank: place`");
    output_ = {};
    columns_.clear();
    for (size_t i = 0; i < input.size(); ++i) {
        if (!binding.wanted(0, input.fields[i].name)) continue;
        binding.reads(0, input.fields[i].name);
        columns_.push_back(i);
        output_.fields.push_back(input.fields[i]);
        // Rows go out when their ranking is closed, or again and again.
        if (per_.empty() || i != per_column_) output_.fields.back().event_time.reset();
    }
    codec_ = RowCodec(output_);
    columns_text_ = to_string(output_) + " by " + by_ + (descending_ ? " desc" : " asc") + (of_.empty() ? "" : ", of " + of_) +
                    (per_.empty() ? "" : ", per " + per_);
    columns_saved_ = false;
    has_rank_ = binding.wanted(0, rank_);
    if (has_rank_) output_.fields.push_back({rank_, type_of(TypeId::kInt64), false});
    binding.set_output(0, output_);
    return {};
}

Status Top::open() {
    next_tick_ = next_multiple(context_.now(), every_);
    std::stable_sort(due_.begin(), due_.end(), [](const Due &a, const Due &b) { return a.bucket < b.bucket; });
    if (per_.empty() && !every_)
        for (auto &[key, ranking] : rankings_[0]) ranking.shown = contents(ranking);
    context_.wake();
    return {};
}

bool Top::refuse(int64_t row, const std::string &column, const char *code, const char *why) {
    errors_.push_back({row, code, column, why});
    return false;
}

bool Top::is_closed(int64_t per) const { return watermark_ != INT64_MIN && saturated_add(per, per_offset_) <= watermark_; }

void Top::forget(int64_t per, std::string_view key, const Ranking &ranking, const Ranking::Place &place, const Ranked &row) {
    if (row.saved) deleted_.emplace_back(group_of(ranking.hash), state_key(per, place.second, key));
    --rows_;
    bytes_ -= row.row.capacity();
}

// False: it is in no ranking.
bool Top::take_row(const BatchView &batch, int64_t row, std::string_view key, uint64_t hash) {
    const Column by = batch.column(by_column_);
    if (by.is_null(row)) return refuse(row, by_, "no-value", "the row has no value to rank it by");
    int64_t per = 0;
    if (!per_.empty()) {
        const Column column = batch.column(per_column_);
        if (column.is_null(row)) return refuse(row, per_, "no-value", "the row does not say which ranking it is of");
        per = column.value<int64_t>(row);
        if (is_closed(per)) {
            late_rows_.push_back(static_cast<int32_t>(row));
            lateness_.push_back(saturated_sub(watermark_, saturated_add(per, per_offset_)));
            return false;
        }
    }
    Rankings &rankings = rankings_[per];
    auto found = rankings.find(key);
    if (found == rankings.end()) found = rankings.emplace(std::string(key), Ranking{}).first;
    Ranking &ranking = found->second;
    ranking.hash = hash;
    std::string order;
    append_order(order, by, row, descending_);
    Ranked ranked;
    ranked.time = context_.now();
    if (!of_.empty()) {
        const Column of = batch.column(of_column_);
        ranked.id.push_back(of.is_null(row) ? '\0' : '\1');
        if (!of.is_null(row)) append_row_value(ranked.id, of, row);
    }
    std::vector<Column> columns;
    for (const size_t c : columns_) columns.push_back(batch.column(c));
    codec_.encode(columns, row, ranked.row);
    ++rows_;
    bytes_ += ranked.row.capacity();
    const std::string id = ranked.id;
    const auto gone = [&](const Ranking::Place &place, const Ranked &old) { forget(per, key, ranking, place, old); };
    ranking.put(std::move(order), next_number_++, std::move(ranked), gone);
    if (of_.empty()) ranking.cut(n_, keep_ties_, gone);
    if (ttl_)
        if (Ranked *there = ranking.find(id); there && there->listed != there->time / (ttl_ / 32 + 1)) {
            there->listed = there->time / (ttl_ / 32 + 1);
            due_.push_back({there->listed, std::string(key), id});
        }
    unsaved_.emplace(per, key);
    if (every_) changed_.insert(&ranking);
    else if (per_.empty()) show_changes(ranking);
    return true;
}

Status Top::process(const BatchView &batch, uint32_t) {
    errors_.clear();
    late_rows_.clear();
    lateness_.clear();
    expire();
    keys_.clear();
    key_.encode(*batch.raw().array, keys_);
    for (int64_t row = 0; row < batch.rows(); ++row) {
        const std::string_view key = keys_.view(static_cast<size_t>(row));
        const uint64_t hash = batch.raw().hashes ? batch.raw().hashes[row] : std::hash<std::string_view>()(key);
        take_row(batch, row, key, hash);
    }
    if (!errors_.empty()) context_.fail(batch, errors_);
    if (!late_rows_.empty()) {
        context_.metric_add(late_metric_, static_cast<int64_t>(late_rows_.size()));
        late_full_ = !late_.emit(context_, batch, late_rows_, lateness_);
    }
    flush();
    return emit();
}

Status Top::on_watermark(int64_t time) {
    if (per_.empty()) return {};
    close_rankings(time);
    return emit();
}

void Top::close_rankings(int64_t watermark) {
    while (!rankings_.empty()) {
        const auto &[per, rankings] = *rankings_.begin();
        if (saturated_add(per, per_offset_) > watermark) break;
        for (const auto &[key, ranking] : rankings) {
            send(ranking);
            for (const auto &[place, row] : ranking.rows()) forget(per, key, ranking, place, row);
            unsaved_.erase({per, key});
        }
        rankings_.erase(rankings_.begin());
    }
    if (watermark != INT64_MAX) watermark_ = std::max(watermark_, watermark);  // the end is no time
    flush();
}

void Top::expire() {
    if (!ttl_) return;
    const int64_t now = context_.now(), width = ttl_ / 32 + 1;
    while (!due_.empty() && (due_.front().bucket + 1) * width + ttl_ <= now) {
        const Due due = std::move(due_.front());
        due_.pop_front();
        const auto found = rankings_[0].find(due.key);
        Ranking::Place place;
        const Ranked *row = found == rankings_[0].end() ? nullptr : found->second.find(due.id, &place);
        if (!row || row->time / width != due.bucket) continue;
        Ranking &ranking = found->second;
        ranking.erase(place, [&](const Ranking::Place &at, const Ranked &old) { forget(0, due.key, ranking, at, old); });
        if (every_) changed_.insert(&ranking);
        else show_changes(ranking);
        if (!ranking.rows().empty()) continue;
        changed_.erase(&ranking);
        unsaved_.erase({0, due.key});
        rankings_[0].erase(found);
    }
    flush();
}

void Top::tick() {
    if (!every_ || context_.now() < next_tick_) return;
    next_tick_ = next_multiple(context_.now(), every_);
    for (auto &[key, ranking] : rankings_[0])
        if (changed_.contains(&ranking)) send(ranking);
    changed_.clear();
    flush();
}

Status Top::on_wake() {
    expire();
    tick();
    return emit();
}

// What is open is sent as it is.
Status Top::finish() {
    if (!per_.empty()) {
        close_rankings(INT64_MAX);
    } else {
        for (auto &[key, ranking] : rankings_[0])
            if (changed_.contains(&ranking)) send(ranking);
        changed_.clear();
        flush();
    }
    return emit();
}

// By place: the rank and the row.
std::vector<std::string> Top::contents(const Ranking &ranking) const {
    std::vector<std::string> out;
    for (const auto &[rank, row] : ranking.first(n_, keep_ties_)) {
        put_word(out.emplace_back(), rank);
        out.back() += row->row;
    }
    return out;
}

void Top::show_changes(Ranking &ranking) {
    std::vector<std::string> now = contents(ranking);
    for (size_t i = 0; i < now.size(); ++i) {
        if (i < ranking.shown.size() && ranking.shown[i] == now[i]) continue;
        std::string_view row = now[i];
        int64_t rank = 0;
        take_word(row, rank);
        send_row(row, rank);
    }
    ranking.shown = std::move(now);
}

void Top::send(const Ranking &ranking) {
    for (const auto &[rank, row] : ranking.first(n_, keep_ties_)) send_row(row->row, rank);
}

void Top::send_row(std::string_view row, int64_t rank) {
    if (!builder_) builder_ = std::make_unique<BatchBuilder>(output_);
    if (!codec_.decode(row, *builder_)) throw std::runtime_error("a row of a ranking is damaged");
    if (has_rank_) builder_->column(columns_.size()).append(rank);
    builder_->set_rows(builder_->rows() + (builder_->columns() ? 0 : 1));
    built_bytes_ += row.size();
    if (builder_->rows() >= WEIR_BATCH_MAX_ROWS || built_bytes_ >= WEIR_BATCH_MAX_BYTES / 2) flush();
}

void Top::flush() {
    if (!builder_ || builder_->rows() == 0) return;
    builder_->finish(&ready_.emplace_back());
    built_bytes_ = 0;
}

Status Top::emit() {
    while (!ready_.empty()) {
        const ArrowArray rows = ready_.front();
        ready_.pop_front();
        if (!context_.emit(0, rows)) return Status::more();
    }
    report();
    return std::exchange(late_full_, false) ? Status::more() : Status();
}

void Top::report() {
    if (every_) context_.wake_at(next_tick_);
    if (!due_.empty()) context_.wake_at((due_.front().bucket + 1) * (ttl_ / 32 + 1) + ttl_);
    context_.metric_set(rows_metric_, rows_);
    if (memory_) memory_->hold(context_.raw(), bytes_ + static_cast<uint64_t>(rows_) * (sizeof(Ranked) + 128));
}

}  // namespace weir::top
