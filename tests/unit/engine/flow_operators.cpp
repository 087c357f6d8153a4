#include "tests/unit/engine/flow_operators.hpp"

#include <atomic>
#include <thread>
#include <utility>

#include <weir/pass.hpp>
#include <weir/testing/rows.hpp>
#include <weir/weir.hpp>

#include "tests/unit/engine/test_operators.hpp"

namespace weir::host::testing {

namespace {

template <class T>
Result<std::unique_ptr<weir::Instance>> make_flow(Context context, const Config&) {
    return std::unique_ptr<weir::Instance>(new T(context));
}

struct Guarding : weir::Instance {
    using Instance::Instance;
    static constexpr auto create = make_flow<Guarding>;
    Status bind(const Binding& binding) override { return pass_.bind(binding); }
    Status process(const BatchView& in, uint32_t input) override {
        if (finished_) return Status::fatal("rows behind finish");
        return pass_.emit(context_, in, input) ? Status() : Status::more();
    }
    Status finish() override {
        finished_ = true;
        return {};
    }

private:
    PassThrough pass_;
    bool finished_ = false;
};

struct Drowsy : weir::Instance {
    using Instance::Instance;
    static constexpr auto create = make_flow<Drowsy>;
    Status process(const BatchView& in, uint32_t input) override {
        std::lock_guard lock(world_mutex());
        if (finished_) return Status::fatal("rows behind finish");
        for (auto& row : weir::testing::json_rows(input_schema(input), *in.raw().array)) world().sunk.push_back(row);
        until_ = context_.now() + world().drowse;
        return resume(0);
    }
    Status resume(uint64_t) override {
        if (context_.now() >= until_) return {};
        context_.wake_at(until_);
        return Status::pending();
    }
    Status finish() override {
        finished_ = true;
        return {};
    }

private:
    int64_t until_ = 0;
    bool finished_ = false;
};

struct Alarmed : weir::Instance {
    using Instance::Instance;
    static constexpr auto create = make_flow<Alarmed>;
    static Schema schema() { return weir::testing::schema_of({{"n", "int64"}}); }
    Status bind(const Binding& binding) override {
        binding.set_output(0, schema());
        return {};
    }
    Status process(const BatchView& in, uint32_t) override {
        if (!std::exchange(asked_, true)) context_.wake_at(context_.now() + 20);
        held_ = context_.retain(in);
        context_.emit(0, context_.retain(in));
        return Status::more();
    }
    Status resume(uint64_t) override {
        context_.emit(0, std::move(held_));
        return {};
    }
    Status on_wake() override {
        BatchBuilder builder(schema());
        builder.column(0).append(int64_t{-1});
        ArrowArray rows;
        builder.finish(&rows);
        context_.emit(0, rows);
        return {};
    }

private:
    RetainedBatch held_;
    bool asked_ = false;
};

struct SetsTimers : weir::Instance {
    explicit SetsTimers(Context context) : Instance(context), timers_(context) {}
    static constexpr auto create = make_flow<SetsTimers>;
    static Schema schema() { return weir::testing::schema_of({{"n", "int64"}, {"time", "int64"}}); }
    Status bind(const Binding& binding) override {
        binding.set_output(0, schema());
        return {};
    }
    Status process(const BatchView& in, uint32_t) override {
        std::lock_guard lock(world_mutex());
        for (int64_t row = 0; row < in.rows(); ++row)
            for (int64_t i = 0; i < world().timers_a_row; ++i)
                timers_.set(WEIR_CLOCK_EVENT, in, row, first_of(in.column(0).value<int64_t>(row)) + 10 * i);
        return {};
    }
    Status on_timers(uint32_t, const BatchView& keys, const int64_t* times) override {
        std::lock_guard lock(world_mutex());
        world().timers_at[context_.now()] += keys.rows();
        BatchBuilder out(schema());
        for (int64_t row = 0; row < keys.rows(); ++row) {
            const int64_t n = keys.column(0).value<int64_t>(row);
            out.column(0).append(n);
            out.column(1).append(times[row]);
            if (times[row] == first_of(n)) on_first(keys, row, times[row] + 10);
        }
        ArrowArray rows;
        out.finish(&rows);
        context_.emit(0, rows);
        return {};
    }
    Status on_wake() override {
        BatchBuilder out(schema());
        out.column(0).append(int64_t{-1});
        out.column(1).append(int64_t{-1});
        ArrowArray rows;
        out.finish(&rows);
        context_.emit(0, rows);
        return {};
    }

private:
    static int64_t first_of(int64_t n) { return n + world().timer_delay; }
    void on_first(const BatchView& keys, int64_t row, int64_t next) {
        using enum World::OnTimer;
        switch (world().on_timer) {
            case kNothing: return;
            case kWake: return context_.wake_at(context_.now() + 20);
            case kRemoveNext: return timers_.remove(WEIR_CLOCK_EVENT, keys, row, next);
            case kSetNextAgain:
                timers_.remove(WEIR_CLOCK_EVENT, keys, row, next);
                timers_.set(WEIR_CLOCK_EVENT, keys, row, next);
        }
    }
    weir::Timers timers_;
};

struct Restless : weir::Instance {
    explicit Restless(Context context) : Instance(context) {}
    ~Restless() override {
        if (!thread_.joinable()) return;
        over_ = true;
        thread_.join();
    }
    static constexpr auto create = make_flow<Restless>;
    Status bind(const Binding& binding) override { return pass_.bind(binding); }
    Status open() override {
        thread_ = std::thread([this] {
            while (!over_) {
                context_.wake();
                context_.now();
                std::this_thread::yield();
            }
        });
        return {};
    }
    Status process(const BatchView& in, uint32_t input) override { return pass_.emit(context_, in, input) ? Status() : Status::more(); }

private:
    PassThrough pass_;
    std::atomic<bool> over_{false};
    std::thread thread_;
};

struct Holder : weir::Instance {
    using Instance::Instance;
    static constexpr auto create = make_flow<Holder>;
    Status bind(const Binding& binding) override { return pass_.bind(binding); }
    Status process(const BatchView& in, uint32_t input) override {
        const RetainedBatch before = std::exchange(held_, context_.retain(in));
        return is_holding_ && !pass_on(before, input) ? Status::more() : ((is_holding_ = true), Status());
    }
    Status resume(uint64_t) override { return {}; }
    Status finish() override {
        if (std::exchange(is_holding_, false)) pass_on(held_, 0);
        return {};
    }

private:
    bool pass_on(const RetainedBatch& batch, uint32_t input) { return pass_.emit(context_, batch.view(input_schema(input)), input); }
    PassThrough pass_;
    RetainedBatch held_;
    bool is_holding_ = false;
};

constexpr weir_port kDrowsyInputs[] = {port("in", "Rows.", WEIR_PORT_MANY)};
constexpr auto kGuard = operator_spec<Guarding>("guard", "Passes rows on until it has finished.");
constexpr auto kDrowsy = sink_spec<Drowsy>("drowsy", "Rests behind each batch.").inputs(kDrowsyInputs);
constexpr auto kAlarm = operator_spec<Alarmed>("alarm", "Asks to be woken.");
constexpr auto kTimely = operator_spec<SetsTimers>("timely", "Sets timers by n.").with(WEIR_OP_KEYED);
constexpr auto kRestless = operator_spec<Restless>("restless", "Is woken all the time.");
constexpr auto kHolder = operator_spec<Holder>("holder", "Is a batch behind.");
constexpr const weir_operator* kFlowOperators[] = {&kGuard, &kDrowsy, &kAlarm, &kTimely, &kRestless, &kHolder};

}  // namespace

std::span<const weir_operator* const> flow_operators() { return kFlowOperators; }

}  // namespace weir::host::testing
