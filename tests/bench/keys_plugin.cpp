// What keyed state costs by the number of keys: `bench.keys` emits keys of 16 bytes together with how often each has come,
// `bench.totals` counts them in 16 bytes of state, `bench.check` ends the run where the two differ.
//
// Records are numbered. Each `keys` of them are a pass: every key once, in an order in which neighbours have nothing in
// common. From record `hot_from` on they are drawn from `hot_keys` keys that follow in that order.

#include <random>

#include <weir/weir.hpp>

namespace {

using weir::Config;
using weir::Context;
using weir::Schema;
using weir::Status;
using MadeInstance = weir::Result<std::unique_ptr<weir::Instance>>;

constexpr weir_param kKeysParams[] = {
    weir::param("keys", WEIR_PARAM_INT64, "How many keys there are.").default_json("1000000").primary(),
    weir::param("first", WEIR_PARAM_INT64, "The number of the first record.").default_json("0"),
    weir::param("records", WEIR_PARAM_INT64, "How many rows to emit, in whole batches.").default_json("1000000"),
    weir::param("hot_from", WEIR_PARAM_INT64, "From this record on keys are hot.").default_json("1000000000000"),
    weir::param("hot_keys", WEIR_PARAM_INT64, "How many are.").default_json("1000000"),
};

weir::Type int64() { return weir::type_of(weir::TypeId::kInt64); }

uint64_t mixed(uint64_t n) {
    n = (n ^ (n >> 31)) * 0x9E3779B97F4A7C15u;
    return (n ^ (n >> 29)) * 0xBF58476D1CE4E5B9u;
}

class Keys : public weir::Instance {
public:
    static MadeInstance create(Context context, const Config& config) {
        auto made = std::make_unique<Keys>(context);
        made->keys_ = static_cast<uint64_t>(config.int64("keys"));
        made->next_ = static_cast<uint64_t>(config.int64("first"));
        made->end_ = made->next_ + static_cast<uint64_t>(config.int64("records"));
        made->hot_from_ = static_cast<uint64_t>(config.int64("hot_from"));
        made->hot_seen_.resize(static_cast<size_t>(config.int64("hot_keys")));
        return std::unique_ptr<weir::Instance>(std::move(made));
    }
    using Instance::Instance;

    Status bind(const weir::Binding& binding) override {
        binding.set_output(0, schema_);
        return {};
    }
    Status discover(const weir_bytes_out& out) override {
        out.put(&out, weir::to_abi("all"));
        return Status::end();
    }
    Status assign(uint64_t, std::string_view, const weir_str&) override { return {}; }
    Status poll(uint64_t split, uint64_t max_rows, uint64_t) override {
        if (next_ + max_rows > end_) return Status::end();
        weir::BatchBuilder out(schema_);
        const auto n = static_cast<int64_t>(max_rows);
        auto* high = out.column(0).append_n<int64_t>(n);
        auto* low = out.column(1).append_n<int64_t>(n);
        auto* times = out.column(2).append_n<int64_t>(n);
        for (int64_t i = 0; i < n; ++i, ++next_) {
            uint64_t record = next_, hot = 0;
            if (next_ >= hot_from_) {
                hot = random_() % hot_seen_.size();
                record = hot_from_ + hot;
            }
            const uint64_t key = record % keys_ * kStep % keys_;
            high[i] = static_cast<int64_t>(mixed(key));
            low[i] = static_cast<int64_t>(key);
            times[i] = static_cast<int64_t>(next_ < hot_from_ ? record / keys_ + 1 : record / keys_ + ++hot_seen_[hot]);
        }
        ArrowArray rows;
        out.finish(&rows);
        context_.emit(0, rows, split);
        return Status::more();
    }

private:
    static constexpr uint64_t kStep = 2654435761;  // a prime: the order within a pass
    Schema schema_{{{"high", int64(), false}, {"low", int64(), false}, {"times", int64(), false}}};
    uint64_t keys_ = 1, next_ = 0, end_ = 0, hot_from_ = 0;
    std::vector<uint32_t> hot_seen_;
    std::mt19937_64 random_{7};
};

class Totals : public weir::Instance {
public:
    static MadeInstance create(Context context, const Config&) {
        return std::unique_ptr<weir::Instance>(new Totals(context));
    }
    explicit Totals(Context context) : Instance(context), totals_(context, "totals") {}
    Status bind(const weir::Binding& binding) override {
        binding.set_output(0, schema_);
        return {};
    }
    Status process(const weir::BatchView& in, uint32_t) override {
        auto totals = totals_.update(in);
        const auto times = in.column(2);
        weir::BatchBuilder out(schema_);
        auto* counts = out.column(0).append_n<int64_t>(in.rows());
        auto* sums = out.column(1).append_n<int64_t>(in.rows());
        auto* expected = out.column(2).append_n<int64_t>(in.rows());
        for (int64_t row = 0; row < in.rows(); ++row) {
            Total& mine = totals[row];
            counts[row] = ++mine.count;
            expected[row] = times.value<int64_t>(row);
            sums[row] = mine.sum += expected[row];
        }
        ArrowArray rows;
        out.finish(&rows);
        return context_.emit_derived(0, rows, in.raw()) ? Status() : Status::more();
    }

private:
    struct Total {
        int64_t count, sum;
        static auto fields() {
            return weir::fields(weir::field("count", &Total::count), weir::field("sum", &Total::sum));
        }
    };
    weir::ValueState<Total> totals_;
    Schema schema_{{{"count", int64(), false}, {"sum", int64(), false}, {"expected", int64(), false}}};
};

class Check : public weir::Instance {
public:
    using Instance::Instance;
    static MadeInstance create(Context context, const Config&) {
        return std::unique_ptr<weir::Instance>(new Check(context));
    }
    Status process(const weir::BatchView& in, uint32_t) override {
        const auto count = in.column(0), sum = in.column(1), expected = in.column(2);
        for (int64_t row = 0; row < in.rows(); ++row) {
            const auto n = expected.value<int64_t>(row);
            if (count.value<int64_t>(row) == n && sum.value<int64_t>(row) == n * (n + 1) / 2) continue;
            return Status::fatal("a key that came " + std::to_string(n) + " times has the count " +
                                 std::to_string(count.value<int64_t>(row)) + " and the sum " +
                                 std::to_string(sum.value<int64_t>(row)));
        }
        return {};
    }
};

constexpr auto kKeys = weir::source_spec<Keys>("bench.keys", "Emits keys and how often each has come.")
                           .params(kKeysParams)
                           .with(WEIR_SOURCE_REPLAYABLE | WEIR_SOURCE_BOUNDED);
constexpr auto kTotals = weir::operator_spec<Totals>("bench.totals", "Counts and adds up by key.").with(WEIR_OP_KEYED);
constexpr auto kCheck = weir::sink_spec<Check>("bench.check", "Compares counts with what is expected.");

}  // namespace

WEIR_MODULE("bench_keys", "0.1.0", &kKeys, &kTotals, &kCheck)
