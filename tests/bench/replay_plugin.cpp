// Both ends of a topology without a server, to measure the engine and the operators between them alone:
// `bench.replay` emits batches that were recorded in memory when it was opened, `bench.null` drops what it gets.
// A row is a number with where it came from, as kafka.source gives for pair-match.

#include <random>
#include <unordered_map>

#include <weir/weir.hpp>

namespace {

using weir::Config;
using weir::Context;
using weir::Schema;
using weir::Status;
using MadeInstance = weir::Result<std::unique_ptr<weir::Instance>>;

constexpr weir_param kReplayParams[] = {
    weir::param("records", WEIR_PARAM_INT64, "How many rows to emit in all.").default_json("5000000").primary(),
    weir::param("recorded", WEIR_PARAM_INT64, "How many different batches to record.").default_json("64"),
    weir::param("partitions", WEIR_PARAM_INT64, "How many splits, each with an equal share of the rows.").default_json("4"),
    weir::param("max", WEIR_PARAM_INT64, "Numbers are uniform from 0 to this.").default_json("12"),
    weir::param("seed", WEIR_PARAM_INT64, "Of the numbers.").default_json("12"),
};

class Replay : public weir::Instance {
public:
    static MadeInstance create(Context context, const Config& config) {
        auto made = std::make_unique<Replay>(context);
        made->config_ = config;
        made->partitions_ = static_cast<size_t>(config.int64("partitions"));
        return std::unique_ptr<weir::Instance>(std::move(made));
    }
    using Instance::Instance;
    ~Replay() override {
        for (auto& batch : recorded_) batch.release(&batch);
    }

    Status bind(const weir::Binding& binding) override {
        schema_ = {};
        auto offer = [&](const char* name, weir::TypeId id) {
            if (binding.wanted(0, name)) schema_.fields.push_back({name, weir::type_of(id), false});
        };
        offer("n", weir::TypeId::kInt64);
        offer("_partition", weir::TypeId::kInt32);
        offer("_offset", weir::TypeId::kInt64);
        binding.set_output(0, schema_);
        return {};
    }

    Status open() override {
        std::mt19937_64 random(static_cast<uint64_t>(config_.int64("seed")));
        std::uniform_int_distribution<int64_t> number(0, config_.int64("max"));
        auto partitions = static_cast<int64_t>(partitions_);
        for (int64_t b = 0; b < config_.int64("recorded"); ++b) {
            weir::BatchBuilder builder(schema_);
            for (int64_t i = 0; i < WEIR_BATCH_MAX_ROWS; ++i)
                for (size_t c = 0; c < schema_.size(); ++c)
                    builder.column(c).append_integer(c == 0   ? number(random)
                                                     : c == 1 ? b % partitions
                                                              : b / partitions * WEIR_BATCH_MAX_ROWS + i);
            builder.finish(&recorded_.emplace_back());
        }
        return {};
    }

    Status discover(const weir_bytes_out& out) override {
        for (size_t p = 0; p < partitions_; ++p)
            out.put(&out, weir::to_abi(std::to_string(p)));
        return Status::end();
    }
    Status assign(uint64_t split, std::string_view id, const weir_str&) override {
        splits_[split] = {std::stoul(std::string(id)), config_.int64("records") / static_cast<int64_t>(partitions_)};
        return {};
    }

    Status poll(uint64_t split, uint64_t max_rows, uint64_t) override {
        Split& from = splits_[split];
        if (from.left == 0) return Status::end();
        // Shares the recorded buffers: they live until destroy, which comes after the last batch has gone.
        ArrowArray batch = recorded_[from.next % recorded_.size()];
        from.next += partitions_;
        batch.release = [](ArrowArray* array) { array->release = nullptr; };
        auto rows = static_cast<uint64_t>(batch.length);
        if (rows > max_rows || static_cast<int64_t>(rows) > from.left) {
            from.left = 0;  // whole batches only: a rest is left out
            return Status::end();
        }
        from.left -= static_cast<int64_t>(rows);
        context_.emit(0, batch, split);
        return from.left ? Status::more() : Status::end();
    }

private:
    Config config_;
    size_t partitions_ = 1;
    Schema schema_;
    struct Split {
        size_t next = 0;  // batch; those of a split are `partitions` apart
        int64_t left = 0;  // rows
    };
    std::vector<ArrowArray> recorded_;
    std::unordered_map<uint64_t, Split> splits_;
};

class Null : public weir::Instance {
public:
    using Instance::Instance;
    static MadeInstance create(Context context, const Config&) {
        return std::unique_ptr<weir::Instance>(new Null(context));
    }
    Status process(const weir::BatchView&, uint32_t) override { return {}; }
};

// A count and a sum for each key, in state that the host holds.
class KeyedCount : public weir::Instance {
public:
    static MadeInstance create(Context context, const Config&) {
        return std::unique_ptr<weir::Instance>(new KeyedCount(context));
    }
    explicit KeyedCount(Context context) : Instance(context), totals_(context, "totals") {}
    Status bind(const weir::Binding& binding) override {
        binding.set_output(0, schema_);
        return {};
    }
    Status process(const weir::BatchView& in, uint32_t) override {
        auto totals = totals_.update(in);
        const auto n = in.column(0);
        weir::BatchBuilder out(schema_);
        auto* keys = out.column(0).append_n<int64_t>(in.rows());
        auto* counts = out.column(1).append_n<int64_t>(in.rows());
        auto* sums = out.column(2).append_n<int64_t>(in.rows());
        for (int64_t row = 0; row < in.rows(); ++row) {
            Totals& mine = totals[row];
            keys[row] = n.value<int64_t>(row);
            counts[row] = ++mine.count;
            sums[row] = mine.sum += keys[row];
        }
        ArrowArray rows;
        out.finish(&rows);
        return context_.emit_derived(0, rows, in.raw()) ? Status() : Status::more();
    }

private:
    struct Totals {
        int64_t count, sum;
        static auto fields() {
            return weir::fields(weir::field("count", &Totals::count), weir::field("sum", &Totals::sum));
        }
    };
    weir::ValueState<Totals> totals_;
    Schema schema_{{{"n", weir::type_of(weir::TypeId::kInt64), false},
                    {"count", weir::type_of(weir::TypeId::kInt64), false},
                    {"sum", weir::type_of(weir::TypeId::kInt64), false}}};
};

constexpr weir_port kManyInputs[] = {weir::port("in", "Rows.", WEIR_PORT_MANY)};
constexpr auto kReplay = weir::source_spec<Replay>("bench.replay", "Emits batches recorded in memory.")
                             .params(kReplayParams)
                             .with(WEIR_SOURCE_REPLAYABLE | WEIR_SOURCE_BOUNDED);
constexpr auto kNull = weir::sink_spec<Null>("bench.null", "Drops its rows.").inputs(kManyInputs);

constexpr auto kKeyedCount = weir::operator_spec<KeyedCount>("bench.keyed_count", "Counts and adds up by key.").with(WEIR_OP_KEYED);

}  // namespace

WEIR_MODULE("bench", "0.1.0", &kReplay, &kNull, &kKeyedCount)
