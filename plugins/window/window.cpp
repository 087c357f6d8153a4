#include "window.hpp"

#include <algorithm>
#include <cmath>

#include "params.hpp"

namespace weir::window {
namespace {

constexpr uint32_t kLatePort = 1;

constexpr weir_port kOutputs[] = {
    port("out", "A row for each result: the key, the window's bounds, and the columns."),
    port("late", "Rows that came later than allowed, with `lateness_ms`: how far their time is behind the watermark."),
};

const weir_memory_api *memory_api() {
    const weir_host &host = plugin_host();
    return host.extension ? static_cast<const weir_memory_api *>(host.extension(&host, WEIR_EXT_MEMORY)) : nullptr;
}

const weir_combine_api *combine_api() {
    const weir_host &host = plugin_host();
    return host.extension ? static_cast<const weir_combine_api *>(host.extension(&host, WEIR_EXT_COMBINE)) : nullptr;
}

constexpr weir_combiner kCombiner = {
    sizeof(weir_combiner), 0,
    [](void *self, const weir_batch *batch, uint8_t *taken, const weir_bytes_out *out, weir_error *error) {
        return detail::guarded(error, [&] {
            auto &window = static_cast<Window &>(*detail::instance(self));
            std::string sums;
            Status status = window.combine(BatchView(*batch, window.input_schema(0)), taken, sums);
            if (status.ok()) out->put(out, to_abi(sums));
            return status;
        });
    },
    [](void *self, weir_str sums, weir_error *error) {
        return detail::guarded(error, [&] { return static_cast<Window &>(*detail::instance(self)).take_combined(view(sums)); });
    }};

// The next multiple of a time, so that all workers, and this one after a restart, act at the same moments.
int64_t next_tick(int64_t now, int64_t every) { return every ? (now / every + 1) * every : INT64_MAX; }

// Of a condition that is none of a row's columns, nor one of aggregates: the reading that came further, or knows a name.
const weir_expression_problem &nearer_to_what_was_meant(const weir_expression_problem &row, const weir_expression_problem &group) {
    const bool group_knows = row.offset == group.offset && !row.nearest[0] && group.nearest[0];
    return group.offset > row.offset || group_knows ? group : row;
}

}  // namespace

constexpr OperatorSpec kWindowSpec =
    operator_spec<Window>("window", "Aggregates over the rows of each key that belong together by time or number.")
        .params(kParams)
        .outputs(kOutputs)
        .with(WEIR_OP_KEYED | WEIR_OP_ONE_INPUT)
        .state(kStateVersion, WEIR_STATE_KEYED);

Result<std::unique_ptr<Instance>> Window::create(Context context, const Config &config) {
    auto spec = Spec::parse(config);
    if (!spec) return spec.status();
    return std::unique_ptr<Instance>(new Window(context, config, *spec));
}

Window::Window(Context context, const Config &config, const Spec &spec)
    : Instance(context),
      config_(config),
      spec_(spec),
      memory_(memory_api()),
      late_metric_(context.metric("late", WEIR_METRIC_COUNTER, "Rows that came later than allowed.")),
      results_metric_(context.metric("results", WEIR_METRIC_COUNTER, "Results that were sent.")),
      open_metric_(context.metric("groups", WEIR_METRIC_GAUGE, "Groups of rows that are kept.")) {}

Status Window::bind(const Binding &binding) {
    windows_.reset();
    results_.reset();
    states_.reset();
    if (spec_.aligned()) {
        auto grid = TimeGrid::create(spec_);
        if (!grid) return grid.status();
        grid_ = std::move(*grid);
    }
    auto layout = Layout::create(context_, binding, spec_, config_);
    if (!layout) return layout.status();
    layout_ = std::move(*layout);
    auto states = States::create(context_, spec_, layout_, binding.input(0), config_);
    if (!states) return states.status();
    states_ = std::move(*states);
    layout_.add_to_fingerprint(states_->signature());
    for (const std::string &column : states_->reads()) binding.reads(0, column);
    if (Status s = bind_row_expressions(binding); !s.ok()) return s;
    binding.set_output(0, layout_.output);
    late_.bind(binding, kLatePort);
    results_ = std::make_unique<Results>(context_, layout_, *states_);
    if (spec_.aligned()) windows_ = make_time_windows(spec_, layout_, *states_, *grid_, *results_);
    else if (spec_.timed()) windows_ = make_session_windows(spec_, layout_, *states_, *results_);
    else windows_ = make_row_windows(spec_, layout_, *states_, *results_);
    return bind_combiner(binding);
}

Status Window::bind_combiner(const Binding &binding) {
    combiner_.reset();
    const weir_combine_api *api = combine_api();
    if (!api) return {};
    if (Combiner::fits(spec_, layout_)) {
        auto states = States::create(context_, spec_, layout_, binding.input(0), config_);
        if (!states) return states.status();
        combiner_ = std::make_unique<Combiner>(spec_, layout_, *grid_, std::move(*states));
    }
    api->offer(context_.raw(), combiner_ ? &kCombiner : nullptr);
    return {};
}

Status Window::bind_row_expressions(const Binding &binding) {
    trigger_.reset();
    gap_.reset();
    const bool when = spec_.early_when && !layout_.trigger;
    if (!when && !spec_.gap_by_row) return {};
    const Schema &input = binding.input(0);
    auto compiler = ExpressionCompiler::create(context_, input);
    if (!compiler) return compiler.status();
    if (when) {
        weir_expression_problem problem;
        trigger_ = compiler->try_condition(config_.child("early").json().at("when"), problem);
        if (!trigger_) return compiler->report("early.when", nearer_to_what_was_meant(problem, layout_.trigger_problem));
    }
    if (spec_.gap_by_row) {
        const auto gap = compiler->value(config_.json().at("session_gap"), "session_gap");
        if (!gap) return gap.status();
        const Type type = compiler->field(gap.value(), "").type;
        if (!type.is_signed_integer() && type.id != TypeId::kFloat64)
            return Status::config("session_gap", "is " + to_string(type) + ", and the gap is a number of seconds: an integer or a float64");
        gap_ = gap.value();
        gap_type_ = type;
    }
    program_ = compiler->finish();
    evaluator_ = ExpressionEvaluator(program_);
    for (uint32_t i = 0; i < program_.expressions(); ++i) {
        std::vector<uint8_t> columns;
        program_.mark_reads(i, columns);
        for (size_t c = 0; c < columns.size(); ++c)
            if (columns[c]) binding.reads(0, input.fields[c].name);
    }
    return {};
}

Status Window::restore(const weir_state_block &block) {
    if (block.version != kStateVersion)
        return Status::state_version("state of windows has version " + std::to_string(block.version) + ", and " +
                                     std::to_string(kStateVersion) + " was expected");
    for (uint64_t i = 0; i < block.n; ++i) {
        const std::string_view key = view(block.keys[i]), value = view(block.values[i]);
        const bool is_watermark = block.state == kWatermarkState;
        if (!is_watermark && !windows_->has_watermark(block.group)) return damaged();
        const Status status = is_watermark ? windows_->restore_watermark(block.group, value)
                                           : windows_->restore(block.state, block.group, key, value);
        if (!status.ok()) return status;
    }
    return {};
}

// What was due while nothing ran is due now.
Status Window::open() {
    next_early_ = next_tick(context_.now(), spec_.early_every);
    next_late_ = next_tick(context_.now(), spec_.late_every);
    context_.wake();
    return {};
}

// Rows without one are bad.
void Window::find_times(const BatchView &batch, std::vector<int64_t> &times, std::vector<uint8_t> &bad) {
    const auto n = static_cast<size_t>(batch.rows());
    bad.assign(n, 0);
    if (layout_.time_column < 0) {
        times.assign(n, context_.now());
        return;
    }
    const Column column = batch.column(static_cast<size_t>(layout_.time_column));
    times.resize(n);
    const auto *values = column.values<int64_t>();
    for (size_t i = 0; i < n; ++i) times[i] = saturated_add(values[i], layout_.time_offset);
    if (!column.has_nulls()) return;
    for (size_t i = 0; i < n; ++i) bad[i] = column.is_null(static_cast<int64_t>(i));
}

void Window::refuse_without_time(const BatchView &batch) {
    for (size_t i = 0; i < bad_.size(); ++i)
        if (bad_[i])
            refused_.errors.push_back({static_cast<int64_t>(i), "event-time-missing", batch.schema().fields[static_cast<size_t>(layout_.time_column)].name,
                                       "the row has no time, so that it belongs to no window"});
}

// The hashes that the host gives, or, where it gives none, others that are as good for one instance.
void Window::find_hashes(const BatchView &batch) {
    hashes_ = batch.raw().hashes;
    if (hashes_) return;
    own_hashes_.resize(keys_.size());
    for (size_t i = 0; i < keys_.size(); ++i) {
        uint64_t hash = 0;
        for (const char c : keys_.view(i)) hash = (hash ^ static_cast<uint8_t>(c)) * 0x9E3779B97F4A7C15;
        own_hashes_[i] = hash ^ (hash >> 32);
    }
    hashes_ = own_hashes_.data();
}

// Triggers and gaps; rows whose expression fails are bad.
Status Window::find_row_values(const BatchView &batch) {
    triggers_.clear();
    gaps_.clear();
    if (!trigger_ && !gap_) return {};
    const int64_t n = batch.rows();
    evaluator_.begin(batch, 0, n, context_.now());
    std::vector<uint8_t> outcomes(static_cast<size_t>(n));
    std::vector<int32_t> good;
    for (int32_t i = 0; i < n; ++i)
        if (!bad_[static_cast<size_t>(i)]) good.push_back(i);
    if (trigger_ && !good.empty()) {
        evaluator_.evaluate(*trigger_, good, static_cast<int64_t>(good.size()), outcomes.data());
        triggers_.assign(static_cast<size_t>(n), 0);
        for (size_t i = 0; i < good.size(); ++i) {
            triggers_[static_cast<size_t>(good[i])] = outcomes[i] == WEIR_OUTCOME_TRUE;
            bad_[static_cast<size_t>(good[i])] = outcomes[i] == WEIR_OUTCOME_FAILED;
        }
        std::erase_if(good, [&](int32_t row) { return bad_[static_cast<size_t>(row)]; });
    }
    if (gap_ && !good.empty()) {
        gaps_.assign(static_cast<size_t>(n), 0);
        evaluator_.evaluate(*gap_, good, static_cast<int64_t>(good.size()), outcomes.data());
        std::vector<int32_t> valued;
        for (size_t i = 0; i < good.size(); ++i) {
            if (outcomes[i] == WEIR_OUTCOME_FAILED) bad_[static_cast<size_t>(good[i])] = 1;
            else if (outcomes[i] != WEIR_OUTCOME_NULL) valued.push_back(good[i]);
        }
        ArrowArray values = evaluator_.values(*gap_, valued, static_cast<int64_t>(valued.size()));
        const Column column(&values, &gap_type_);
        for (size_t i = 0; i < valued.size(); ++i) {
            const auto row = static_cast<int64_t>(i);
            const double seconds = gap_type_.id == TypeId::kFloat64 ? column.value<double>(row) : static_cast<double>(column.integer(row));
            gaps_[static_cast<size_t>(valued[i])] = std::abs(seconds) < 1e12 ? std::llround(seconds * 1e6) : 0;
        }
        values.release(&values);
    }
    for (const weir_expression_error &error : evaluator_.errors())
        refused_.errors.push_back({error.row, std::string(view(error.code)), "", std::string(view(error.message))});
    return {};
}

Status Window::process(const BatchView &batch, uint32_t) {
    if (batch.rows() == 0) return {};
    refused_.clear();
    if (spec_.processing_time && spec_.timed()) windows_->advance(context_.now() - 1);
    find_times(batch, times_, bad_);
    refuse_without_time(batch);
    if (Status s = find_row_values(batch); !s.ok()) return s;
    keys_.clear();
    layout_.codec.encode(*batch.raw().array, keys_);
    find_hashes(batch);
    const Rows rows{batch, times_, hashes_, keys_, gaps_, triggers_, bad_};
    if (Status s = windows_->take(rows, refused_); !s.ok()) return s;
    if (Status s = drop_refused(batch); !s.ok()) return s;
    return go_on();
}

Status Window::combine(const BatchView &batch, uint8_t *taken, std::string &out) {
    find_times(batch, combined_.times, combined_.bad);
    combined_.keys.clear();
    layout_.codec.encode(*batch.raw().array, combined_.keys);
    static const std::vector<int64_t> kNoGaps;
    static const std::vector<uint8_t> kNoTriggers;
    const Rows rows{batch, combined_.times, batch.raw().hashes, combined_.keys, kNoGaps, kNoTriggers, combined_.bad};
    return combiner_->combine(rows, *windows_, taken, out);
}

Status Window::take_combined(std::string_view sums) {
    if (Status s = combiner_->take(sums, context_.now(), *windows_); !s.ok()) return s;
    report();
    return {};
}

Status Window::drop_refused(const BatchView &batch) {
    if (!refused_.errors.empty()) {
        std::stable_sort(refused_.errors.begin(), refused_.errors.end(), [](const RowError &a, const RowError &b) { return a.row < b.row; });
        context_.fail(batch, refused_.errors);
    }
    if (refused_.late.empty()) return {};
    context_.metric_add(late_metric_, static_cast<int64_t>(refused_.late.size()));
    // One batch at most, behind which nothing else goes to this port until there is room.
    late_full_ = !late_.emit(context_, batch, refused_.late, refused_.lateness);
    return {};
}

Status Window::go_on() {
    Status status = windows_->run();
    if (!status.done()) return status;
    report();
    if (!std::exchange(late_full_, false)) return status;
    return Status::more();
}

Status Window::on_watermark(int64_t time) {
    if (spec_.processing_time || !spec_.timed()) return {};
    windows_->advance(time);
    return go_on();
}

void Window::tick() {
    const int64_t now = context_.now();
    if (spec_.processing_time && spec_.timed()) windows_->advance(now - 1);
    const bool early = now >= next_early_, late = now >= next_late_;
    if (early) next_early_ = next_tick(now, spec_.early_every);
    if (late) next_late_ = next_tick(now, spec_.late_every);
    if (early || late) windows_->send_changed(early, late);
}

Status Window::on_wake() {
    tick();
    return go_on();
}

Status Window::finish() {
    windows_->end();
    return go_on();
}

void Window::report() {
    int64_t next = std::min(next_early_, next_late_);
    if (spec_.processing_time && spec_.timed())
        if (const auto close = windows_->next_close()) next = std::min(next, *close);
    if (next != INT64_MAX) context_.wake_at(next);
    context_.metric_add(results_metric_, results_->sent() - std::exchange(results_reported_, results_->sent()));
    context_.metric_set(open_metric_, windows_->open_groups());
    if (memory_) memory_->hold(context_.raw(), windows_->held_bytes());
}

Status Window::snapshot(const weir_snapshot &out) {
    StateBlocks blocks(out);
    const bool full = out.mode == WEIR_SNAPSHOT_FULL;
    windows_->save_watermarks(blocks, full);
    windows_->snapshot(blocks, full);
    return blocks.finish();
}

}  // namespace weir::window
