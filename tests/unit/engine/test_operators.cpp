#include "tests/unit/engine/test_operators.hpp"

#include <stdexcept>

#include "host/loader/describe.hpp"

namespace weir::host::testing {

World& world() {
    static World instance;
    return instance;
}
void reset_world() { world() = World{}; }

namespace {

using MadeInstance = Result<std::unique_ptr<weir::Instance>>;

template <class T>
MadeInstance make(Context context) {
    return std::unique_ptr<weir::Instance>(new T(context));
}

Schema n_schema() { return weir::testing::schema_of({{"n", "int64"}}); }

// A record is its decimal text; the origin knows it.
struct NumberOrigin : weir_origin {
    std::atomic<int> refs{1};
    std::vector<std::string> texts;
    std::string topic;
    int64_t first = 0;

    static weir_origin* make(std::string topic, int64_t first, std::vector<std::string> texts) {
        auto* o = new NumberOrigin;
        o->size = sizeof(weir_origin);
        o->topic = std::move(topic);
        o->first = first;
        o->texts = std::move(texts);
        o->weir_origin::retain = [](weir_origin* w) { ++static_cast<NumberOrigin*>(w)->refs; };
        o->weir_origin::release = [](weir_origin* w) {
            if (--static_cast<NumberOrigin*>(w)->refs == 0) delete static_cast<NumberOrigin*>(w);
        };
        o->weir_origin::get = [](weir_origin* w, int64_t row, weir_origin_record* out) -> int32_t {
            auto* self = static_cast<NumberOrigin*>(w);
            out->topic = to_abi(self->topic);
            out->partition = 0;
            out->offset = self->first + row;
            out->payload = to_abi(self->texts.at(static_cast<size_t>(row)));
            return WEIR_OK;
        };
        return o;
    }
};

struct Numbers : weir::Instance {
    using Instance::Instance;
    static MadeInstance create(Context context, const Config&) { return make<Numbers>(context); }
    Status bind(const Binding& binding) override {
        binding.set_output(0, n_schema());
        return {};
    }
    Status discover(const weir_bytes_out& out) override {
        for (auto& [id, values] : world().splits) out.put(&out, to_abi(id));
        return world().endless ? Status() : Status::end();
    }
    Status assign(uint64_t split, std::string_view id, const weir_str&) override {
        ids_[split] = id;
        world().events.push_back("assign " + std::string(id));
        return {};
    }
    Status revoke(uint64_t split) override {
        world().events.push_back("revoke " + ids_[split]);
        return {};
    }
    Status poll(uint64_t split, uint64_t max_rows, uint64_t) override {
        auto& values = world().splits[ids_[split]];
        auto& at = at_[split];
        int64_t left = static_cast<int64_t>(values.size()) - at;
        int64_t n = std::min({left, world().batch, static_cast<int64_t>(max_rows)});
        if (n > 0) {
            BatchBuilder builder(n_schema());
            std::vector<std::string> texts;
            for (int64_t i = 0; i < n; ++i) {
                builder.column(0).append(values[static_cast<size_t>(at + i)]);
                texts.push_back(std::to_string(values[static_cast<size_t>(at + i)]));
            }
            ArrowArray rows;
            builder.finish(&rows);
            context_.emit_with_origin(0, rows, split, NumberOrigin::make(ids_[split], at, std::move(texts)));
            at += n;
        }
        if (at < static_cast<int64_t>(values.size())) return Status::more();
        return world().endless ? Status() : Status::end();
    }
    Status position(uint64_t split, const weir_bytes_out& out) override {
        std::string text = std::to_string(at_[split]);
        out.put(&out, to_abi(text));
        return {};
    }
    Status on_epoch_committed(uint64_t, std::span<const weir_position> positions) override {
        for (auto& p : positions) world().committed[ids_[p.split]] = view(p.position);
        world().events.push_back("committed");
        return {};
    }

private:
    std::map<uint64_t, std::string> ids_;
    std::map<uint64_t, int64_t> at_;
};

// Passes rows through `map(n)`, in one batch derived from the input.
struct Mapper : weir::Instance {
    using Instance::Instance;
    Status bind(const Binding& binding) override {
        binding.set_output(0, n_schema());
        return {};
    }
    Status process(const BatchView& in, uint32_t) override {
        BatchBuilder builder(n_schema());
        std::vector<int32_t> rows;
        std::vector<RowError> errors;
        for (int64_t i = 0; i < in.rows(); ++i) {
            int64_t n = in.column(0).value<int64_t>(i);
            if (!keep(n)) {
                errors.push_back({i, "odd", "n", std::to_string(n) + " is odd"});
                continue;
            }
            builder.column(0).append(map(n));
            rows.push_back(static_cast<int32_t>(i));
        }
        context_.fail(in, errors);
        if (rows.empty()) return {};
        ArrowArray out;
        builder.finish(&out);
        return context_.emit_derived(0, out, in.raw(), rows) ? Status() : Status::more();
    }
    virtual bool keep(int64_t) { return true; }
    virtual int64_t map(int64_t n) { return n; }
};

struct Twice : Mapper {
    using Mapper::Mapper;
    static MadeInstance create(Context context, const Config&) { return make<Twice>(context); }
    int64_t map(int64_t n) override {
        if (world().throw_in == "twice") throw std::runtime_error("twice gave up");
        return 2 * n;
    }
};
struct OddFails : Mapper {
    using Mapper::Mapper;
    static MadeInstance create(Context context, const Config&) { return make<OddFails>(context); }
    bool keep(int64_t n) override { return n % 2 == 0; }
};
struct Both : Mapper {
    using Mapper::Mapper;
    static MadeInstance create(Context context, const Config&) { return make<Both>(context); }
};

// Holds retained batches until the end, then emits one a resume.
struct Hoarder : weir::Instance {
    using Instance::Instance;
    static MadeInstance create(Context context, const Config&) { return make<Hoarder>(context); }
    Status bind(const Binding& binding) override {
        binding.set_output(0, n_schema());
        return {};
    }
    Status process(const BatchView& in, uint32_t) override {
        held_.push_back(context_.retain(in));
        return {};
    }
    Status finish() override {
        world().events.push_back("finish");
        return resume(0);
    }
    Status resume(uint64_t) override {
        if (held_.empty()) return {};
        context_.emit(0, std::move(held_.front()));
        held_.erase(held_.begin());
        return held_.empty() ? Status() : Status::more();
    }

private:
    std::vector<RetainedBatch> held_;
};

struct Collect : weir::Instance {
    using Instance::Instance;
    static MadeInstance create(Context context, const Config&) { return make<Collect>(context); }
    Status process(const BatchView& in, uint32_t input) override {
        for (auto& row : weir::testing::json_rows(input_schema(input), *in.raw().array)) world().sunk.push_back(row);
        int every = world().sink_full_every;
        return every && ++calls_ % every == 0 ? Status::more() : Status();
    }
    Status prepare(uint64_t epoch, const weir_bytes_out&) override {
        if (world().prepare_pending > 0) {
            --world().prepare_pending;
            context_.wake();
            return Status::pending();
        }
        world().events.push_back("prepare " + std::to_string(epoch) + " after " + std::to_string(world().sunk.size()));
        return {};
    }

private:
    int calls_ = 0;
};

struct BadShape : Mapper {
    using Mapper::Mapper;
    static MadeInstance create(Context context, const Config&) { return make<BadShape>(context); }
    Status process(const BatchView&, uint32_t) override {
        BatchBuilder two(weir::testing::schema_of({{"a", "int64"}, {"b", "int64"}}));
        two.column(0).append(int64_t{1});
        two.column(1).append(int64_t{2});
        ArrowArray out;
        two.finish(&out);
        context_.emit(0, out);
        return {};
    }
};

struct BadCode : Mapper {
    using Mapper::Mapper;
    static MadeInstance create(Context context, const Config&) { return make<BadCode>(context); }
};
constexpr weir_instance_api kBadCodeApi = [] {
    weir_instance_api api = weir::detail::kInstanceApi<BadCode>;
    api.process = [](void*, const weir_batch*, uint32_t, weir_error*) -> int32_t { return 77; };
    return api;
}();

constexpr auto kNumbers = source_spec<Numbers>("numbers", "Test source.").with(WEIR_SOURCE_REPLAYABLE);
constexpr auto kTwice = operator_spec<Twice>("twice", "n to 2n.");
constexpr auto kOddFails = operator_spec<OddFails>("odd_fails", "Odd rows fail.");
constexpr weir_port kTwoInputs[] = {port("left", "Rows."), port("right", "Rows.")};
constexpr auto kBoth = operator_spec<Both>("both", "Passes both inputs on.").inputs(kTwoInputs);
constexpr auto kHoarder = operator_spec<Hoarder>("hoarder", "Holds rows until the end.");
constexpr auto kBadShape = operator_spec<BadShape>("bad_shape", "Emits a batch of another schema.");
constexpr auto kBadCode = [] {
    auto spec = operator_spec<BadCode>("bad_code", "Returns a code that does not exist.");
    spec.api = &kBadCodeApi;
    return spec;
}();
constexpr weir_port kManyInputs[] = {port("in", "Rows.", WEIR_PORT_MANY)};
constexpr auto kCollect = sink_spec<Collect>("collect", "Keeps rows as JSON.").inputs(kManyInputs);

const weir_operator* const kOperators[] = {&kNumbers, &kTwice,    &kOddFails, &kBoth,
                                           &kHoarder, &kBadShape, &kBadCode,  &kCollect};
const weir_module kModule = {sizeof(weir_module), WEIR_ABI_MAJOR,   WEIR_ABI_MINOR, 8,       "test", "1.0.0",
                             kOperators,          nullptr,          nullptr,        nullptr};

}  // namespace

TestResolver::TestResolver() {
    auto info = describe(kModule);
    if (!info) throw std::runtime_error(info.status().message());
    catalog_.add(*info);
}

Result<ResolvedOperator> TestResolver::resolve(const OperatorInfo& info) {
    for (const weir_operator* op : kOperators)
        if (info.name == op->name) return ResolvedOperator{op, nullptr};
    return Status::unsupported("no such operator");
}

}  // namespace weir::host::testing
