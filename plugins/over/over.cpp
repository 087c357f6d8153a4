#include "over.hpp"

#include <algorithm>

#include <weir/codec_call.hpp>
#include <weir/saturated.hpp>

namespace weir::over {
namespace {

constexpr uint32_t kLatePort = 1;
constexpr uint32_t kOverStateVersion = 1;
// The states, by their numbers.
constexpr uint32_t kRows = 0, kColumns = 1;

constexpr weir_param kOverColumn[] = {param("", WEIR_PARAM_EXPRESSION, "")};
constexpr weir_param kOverParams[] = {
    param("last", WEIR_PARAM_DURATION,
          "The frame of a row: the rows of its key whose time is less than so long before its own, and not behind it, itself included; of "
          "those that have come so far."),
    param("rows", WEIR_PARAM_INT64, "The frame of a row: the last so many rows of its key, in the order of arrival, itself included."),
    param("exclude_current", WEIR_PARAM_BOOL, "Leaves the row itself out of its frame.").default_json("false"),
    param("columns", WEIR_PARAM_MAP,
          "The columns that are added: expressions over aggregates of the frame, and over the row's own columns: "
          "`{ far_off: amount > 3 * avg(amount) }`.")
        .required()
        .fields(kOverColumn),
    param("time", WEIR_PARAM_STRING, "With `last`: whether a row's time is its own or when it comes by.")
        .default_json("\"event\"")
        .one_of(R"(["event","processing"])"),
    param("time_column", WEIR_PARAM_COLUMN, "The column that is a row's time. By default the one that `event_time` of the source names."),
    param("allowed_lateness", WEIR_PARAM_DURATION,
          "With `last`: for how long rows behind the watermark are still taken; their frames are kept for so much longer. Later ones "
          "leave by `late`.")
        .default_json("0"),
    param("ttl", WEIR_PARAM_DURATION, "With `rows`: a key without rows for so long, by the clock, is forgotten. By default never."),
};
constexpr weir_port kOverOutputs[] = {
    port("out", "Each row, with `columns`."),
    port("late", "Rows that came later than allowed, with `lateness_ms`: how far their time is behind the watermark."),
};

const weir_memory_api *memory_of_host() {
    const weir_host &host = plugin_host();
    return host.extension ? static_cast<const weir_memory_api *>(host.extension(&host, WEIR_EXT_MEMORY)) : nullptr;
}

}  // namespace

constexpr OperatorSpec kOverSpec =
    operator_spec<Over>("over", "Adds to each row aggregates over the rows of its key before it: those of the last duration, or the last n.")
        .params(kOverParams)
        .outputs(kOverOutputs)
        .with(WEIR_OP_KEYED | WEIR_OP_ONE_INPUT)
        .state(kOverStateVersion, WEIR_STATE_KEYED | WEIR_STATE_BROADCAST);

Result<std::unique_ptr<Instance>> Over::create(Context context, const Config &config) {
    auto spec = Spec::parse(config);
    if (!spec) return spec.status();
    return std::unique_ptr<Instance>(new Over(context, config, *spec));
}

Over::Over(Context context, const Config &config, const Spec &spec)
    : Instance(context),
      config_(config),
      spec_(spec),
      memory_(memory_of_host()),
      late_metric_(context.metric("late", WEIR_METRIC_COUNTER, "Rows that came later than allowed.")),
      rows_metric_(context.metric("rows", WEIR_METRIC_GAUGE, "Rows that are kept in frames.")) {}

Status Over::bind(const Binding &binding) {
    binding.reads_nothing(0);  // but what follows
    late_.bind(binding, kLatePort);
    auto layout = Layout::create(context_, binding, spec_, config_);
    if (!layout) return layout.status();
    frames_.reset();
    layout_ = std::move(*layout);
    // What the rows of a frame are, and whose time they have.
    columns_text_ = to_string(layout_.rows) + (spec_.last ? " of a time" : " by number") + (spec_.processing_time ? " by the clock" : "") +
                    (layout_.time_column < 0 ? "" : ", " + binding.input(0).fields[static_cast<size_t>(layout_.time_column)].name);
    columns_saved_ = false;
    frames_ = std::make_unique<Frames>(spec_, layout_);
    evaluator_ = AggregationEvaluator(layout_.aggregation);
    return {};
}

Status Over::restore(const weir_state_block &block) {
    if (block.version != kOverStateVersion)
        return Status::state_version("state of frames has version " + std::to_string(block.version) + ", and " +
                                     std::to_string(kOverStateVersion) + " was expected");
    for (uint64_t i = 0; i < block.n; ++i) {
        const std::string_view value = view(block.values[i]);
        Status s;
        if (block.state == kRows) s = frames_->restore(view(block.keys[i]), value);
        else if (value != columns_text_)
            s = Status::state_version("the rows in the state have the columns " + std::string(value) + ", and the aggregates read " +
                                      columns_text_ + " now. Run it as it was, or begin anew (weir apply --allow-loss, or --reset)");
        if (!s.ok()) return s;
    }
    return {};
}

Status Over::open() {
    context_.wake();
    return {};
}

void Over::find_times(const BatchView &batch) {
    const auto n = static_cast<size_t>(batch.rows());
    bad_.assign(n, 0);
    if (layout_.time_column < 0) {
        times_.assign(n, now_);
        return;
    }
    const auto c = static_cast<size_t>(layout_.time_column);
    const Column column = batch.column(c);
    times_.resize(n);
    for (size_t row = 0; row < n; ++row) {
        if (column.is_null(static_cast<int64_t>(row))) {
            bad_[row] = 1;
            errors_.push_back({static_cast<int64_t>(row), "event-time-missing", batch.schema().fields[c].name,
                               "the row has no time, so that it has no frame"});
        } else {
            times_[row] = saturated_add(column.value<int64_t>(static_cast<int64_t>(row)), layout_.time_offset);
        }
    }
}

// Those that the host gives, or, where it gives none, others that are as good for one instance.
void Over::find_hashes(const BatchView &batch) {
    keys_.clear();
    layout_.key.encode(*batch.raw().array, keys_);
    hashes_ = batch.raw().hashes;
    if (hashes_) return;
    own_hashes_.resize(keys_.size());
    for (size_t i = 0; i < keys_.size(); ++i) own_hashes_[i] = std::hash<std::string_view>()(keys_.view(i));
    hashes_ = own_hashes_.data();
}

// False: no row is left.
bool Over::find_frames(const BatchView &batch) {
    const auto n = static_cast<size_t>(batch.rows());
    row_frames_.assign(n, nullptr);
    bool any = false;
    for (size_t row = 0; row < n; ++row) {
        if (bad_[row]) continue;
        if (layout_.time_column >= 0 && frames_->is_late(times_[row])) {
            bad_[row] = 1;
            late_rows_.push_back(static_cast<int32_t>(row));
            lateness_.push_back(frames_->lateness(times_[row]));
            continue;
        }
        row_frames_[row] = &frames_->at(hashes_[row], keys_.view(row));
        any = true;
    }
    return any;
}

Status Over::process(const BatchView &batch, uint32_t) {
    const auto n = static_cast<size_t>(batch.rows());
    if (n == 0) return {};
    errors_.clear();
    late_rows_.clear();
    lateness_.clear();
    places_.assign(n, {});
    now_ = std::max(now_, context_.now());
    if (by_clock()) advance(now_);
    find_times(batch);
    find_hashes(batch);
    Status status;
    if (find_frames(batch)) {
        const std::vector<const void *> slots(row_frames_.begin(), row_frames_.end());
        waves_.split(slots);
        for (size_t wave = 0; wave < waves_.size() && status.ok(); ++wave) status = run_wave(batch, waves_[wave]);
        for (const int32_t row : waves_[0]) frames_->erase_if_empty(*row_frames_[static_cast<size_t>(row)]);
    }
    if (status.ok() && !errors_.empty()) {
        std::sort(errors_.begin(), errors_.end(), [](const RowError &a, const RowError &b) { return a.row < b.row; });
        context_.fail(batch, errors_);
    }
    const bool room = !status.ok() || emit(batch);
    for (ArrowArray &array : results_)
        if (array.release) array.release(&array);
    results_.clear();
    report();
    if (!status.ok()) return status;
    return room ? Status() : Status::more();
}

void Over::fail(int64_t row, const weir_expression_error &error, bool result) {
    if (bad_[static_cast<size_t>(row)]) return;
    bad_[static_cast<size_t>(row)] = 1;
    const std::string field = result && error.expression < layout_.results.size() ? layout_.results[error.expression].name : "";
    errors_.push_back({row, std::string(view(error.code)), field, std::string(view(error.message))});
}

void Over::drop_failed(std::vector<int32_t> &rows) const {
    std::erase_if(rows, [&](int32_t row) { return bad_[static_cast<size_t>(row)]; });
}

// Rows whose frame has no state.
void Over::fail_broken(const std::vector<int32_t> &rows) {
    for (const int32_t row : rows) {
        const auto found = broken_.find(row_frames_[static_cast<size_t>(row)]);
        if (found == broken_.end() || bad_[static_cast<size_t>(row)]) continue;
        frames_->reset(*found->first);
        bad_[static_cast<size_t>(row)] = 1;
        errors_.push_back({row, found->second.first, "", found->second.second});
    }
}

Status Over::run_wave(const BatchView &batch, std::span<const int32_t> wave) {
    std::vector<int32_t> rows(wave.begin(), wave.end());
    moves_.clear();
    for (const int32_t row : rows) frames_->aim(*row_frames_[static_cast<size_t>(row)], times_[static_cast<size_t>(row)], moves_);
    broken_.clear();
    if (Status s = move_rows(moves_.leave, true); !s.ok()) return s;
    for (const auto &[frame, end] : moves_.flip)
        if (Status s = make_front(*frame, end); !s.ok()) return s;
    if (Status s = move_rows(moves_.join, false); !s.ok()) return s;
    fail_broken(rows);
    drop_failed(rows);
    Status status;
    if (spec_.exclude_current) status = compute(batch, rows);
    // A row without a result is one of the frames behind it all the same.
    std::vector<int32_t> added(wave.begin(), wave.end());
    std::erase_if(added, [&](int32_t row) { return broken_.contains(row_frames_[static_cast<size_t>(row)]); });
    if (status.ok()) status = add_rows(batch, added);
    if (!status.ok() || spec_.exclude_current) return status;
    drop_failed(rows);
    return compute(batch, rows);
}

// The rows themselves, into the states and the frames.
Status Over::add_rows(const BatchView &batch, std::vector<int32_t> &rows) {
    if (rows.empty()) return {};
    const ColumnSelection selection(batch.raw(), layout_.row_columns);
    weir_batch raw = batch.raw();
    raw.array = const_cast<ArrowArray *>(&selection.array());
    std::vector<void *> states;
    for (const int32_t row : rows) states.push_back(row_frames_[static_cast<size_t>(row)]->state);
    if (Status s = evaluator_.update(BatchView(raw, layout_.rows), rows, states, now_); !s.ok()) return s;
    std::vector<uint8_t> refused(rows.size());
    for (const weir_expression_error &error : evaluator_.errors()) {
        refused[static_cast<size_t>(error.row)] = 1;
        fail(rows[static_cast<size_t>(error.row)], error, false);
    }
    std::vector<Column> columns;
    for (const size_t c : layout_.row_columns) columns.push_back(batch.column(c));
    for (size_t i = 0; i < rows.size(); ++i) {
        if (refused[i]) continue;
        const auto row = static_cast<size_t>(rows[i]);
        std::string bytes;
        layout_.codec.encode(columns, rows[i], bytes);
        frames_->add(*row_frames_[row], times_[row], now_, std::move(bytes));
    }
    return {};
}

Status Over::compute(const BatchView &batch, const std::vector<int32_t> &rows) {
    if (rows.empty()) return {};
    const ColumnSelection selection(batch.raw(), layout_.group_columns);
    std::vector<const void *> states;
    std::vector<void *> sums;
    Status status;
    for (const int32_t row : rows) {
        Frame &frame = *row_frames_[static_cast<size_t>(row)];
        if (frame.front.mid && status.ok()) status = sum_front(frame, sums.emplace_back(frames_->new_state()));
        states.push_back(frame.front.mid ? sums.back() : frame.state);
    }
    fail_broken(rows);
    ArrowArray group{}, out{};
    gather(layout_.group, selection.array(), rows.data(), static_cast<int64_t>(rows.size()), &group);
    if (status.ok()) status = evaluator_.results(states, group, now_, &out);
    group.release(&group);
    for (void *sum : sums) frames_->free_state(sum);
    if (!status.ok()) return status;
    for (const weir_expression_error &error : evaluator_.errors()) fail(rows[static_cast<size_t>(error.row)], error, true);
    for (size_t i = 0; i < rows.size(); ++i)
        places_[static_cast<size_t>(rows[i])] = {static_cast<int32_t>(results_.size()), static_cast<int32_t>(i)};
    results_.push_back(out);
    return {};
}

ArrowArray Over::result_column(size_t result, const std::vector<int32_t> &rows) {
    const bool whole = results_.size() == 1 && results_[0].length == static_cast<int64_t>(rows.size());
    if (whole) return std::exchange(*results_[0].children[result], ArrowArray{});
    ColumnBuilder to(layout_.results[result].type);
    to.reserve(static_cast<int64_t>(rows.size()));
    for (const int32_t row : rows) {
        const Place place = places_[static_cast<size_t>(row)];
        to.append_from(Column(results_[static_cast<size_t>(place.wave)].children[result], &layout_.results[result].type), place.index);
    }
    ArrowArray out;
    to.finish(&out);
    return out;
}

// False: a port has no room left.
bool Over::emit(const BatchView &batch) {
    bool room = true;
    if (!late_rows_.empty()) {
        context_.metric_add(late_metric_, static_cast<int64_t>(late_rows_.size()));
        room = late_.emit(context_, batch, late_rows_, lateness_);
    }
    std::vector<int32_t> rows;
    for (size_t row = 0; row < bad_.size(); ++row)
        if (!bad_[row]) rows.push_back(static_cast<int32_t>(row));
    if (rows.empty()) return room;
    std::vector<ArrowArray> columns;
    for (const Layout::Column &column : layout_.columns) {
        if (!column.of_input) {
            columns.push_back(result_column(column.index, rows));
        } else if (rows.size() == bad_.size()) {
            columns.push_back(context_.retain_column(batch, column.index));
        } else {
            const Column from = batch.column(column.index);
            ColumnBuilder to(from.type());
            for (const int32_t row : rows) to.append_from(from, row);
            to.finish(&columns.emplace_back());
        }
    }
    ArrowArray out;
    make_struct(std::move(columns), static_cast<int64_t>(rows.size()), &out);
    return context_.emit_derived(0, out, batch.raw(), rows) && room;
}

// Rows that a state has leave it before they go.
void Over::advance(int64_t time) {
    std::vector<Move> leave;
    broken_.clear();
    frames_->advance(time, [&](Frame &frame, size_t n) {
        if (!layout_.aggregation.retracts()) return frame.number_of(n) < frame.front.mid ? void(frame.begin = n) : frames_->reset(frame);
        leave.clear();
        for (size_t i = frame.begin; i < std::min(n, frame.end); ++i) leave.push_back({&frame, &frame[i].bytes, frame.state});
        if (!move_rows(leave, true).ok() || !broken_.empty()) frames_->reset(frame);
        broken_.clear();
    });
}

Status Over::on_watermark(int64_t time) {
    if (layout_.time_column >= 0) advance(time);
    report();
    return {};
}

Status Over::on_wake() {
    now_ = std::max(now_, context_.now());
    if (by_clock()) advance(now_);
    report();
    return {};
}

void Over::report() {
    if (const auto next = frames_->next_advance()) context_.wake_at(*next);
    context_.metric_set(rows_metric_, frames_->rows());
    if (memory_) memory_->hold(context_.raw(), frames_->held_bytes());
}

Status Over::snapshot(const weir_snapshot &out) {
    const bool full = out.mode == WEIR_SNAPSHOT_FULL;
    StateEntries entries(kOverStateVersion);
    const auto put = [&](uint32_t group, std::string key, std::optional<std::string> value) {
        entries.add(kRows, WEIR_STATE_KEYED, group, std::move(key), std::move(value));
    };
    frames_->save(put, full);
    if (full || !columns_saved_) entries.add(kColumns, WEIR_STATE_BROADCAST, 0, "columns", columns_text_);
    columns_saved_ = true;
    return entries.put(out);
}

}  // namespace weir::over
