#include "tests/unit/engine/test_operators.hpp"

#include <algorithm>
#include <set>
#include <stdexcept>

#include "host/loader/describe.hpp"
#include "plugins/clauses/clauses.hpp"
#include "plugins/pair_match/pair_match.hpp"
#include "plugins/union/union.hpp"
#include "tests/unit/engine/broadcast_operators.hpp"
#include "tests/unit/engine/cluster_operators.hpp"
#include "tests/unit/engine/flow_operators.hpp"
#include "tests/unit/engine/keyed_operators.hpp"
#include "tests/unit/engine/summing_operators.hpp"
#include "tests/unit/engine/tally.hpp"
#include "tests/unit/engine/timed_operators.hpp"

namespace weir::host::testing {

World& world() {
    static World instance;
    return instance;
}
void reset_world() {
    world() = World{};
    cluster() = Cluster{};
}
std::recursive_mutex& world_mutex() {
    static std::recursive_mutex mutex;
    return mutex;
}

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
    Status assign(uint64_t split, std::string_view id, const weir_str& position) override {
        std::lock_guard lock(world_mutex());
        ids_[split] = id;
        if (position.data) at_[split] = std::stoll(std::string(view(position)));
        world().events.push_back("assign " + std::string(id));
        return {};
    }
    Status revoke(uint64_t split) override {
        world().events.push_back("revoke " + ids_[split]);
        return {};
    }
    Status poll(uint64_t split, uint64_t max_rows, uint64_t) override {
        std::lock_guard lock(world_mutex());
        if (const int64_t wait = std::exchange(world().wait_before, 0); wait > 0) {
            context_.wake_at(context_.now() + wait);
            return {};
        }
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
            if (world().watermarks) advance(split);
        }
        if (at < static_cast<int64_t>(values.size())) return Status::more();
        return world().endless ? Status() : Status::end();
    }
    Status position(uint64_t split, const weir_bytes_out& out) override {
        std::lock_guard lock(world_mutex());
        if (!marked_.insert(split).second) world().marked_ahead = true;
        const std::string text = std::to_string(at_[split]);
        out.put(&out, to_abi(text));
        return {};
    }
    Status on_epoch_committed(uint64_t, std::span<const weir_position> positions) override {
        std::lock_guard lock(world_mutex());
        for (auto& p : positions) world().committed[ids_[p.split]] = view(p.position);
        marked_.clear();
        world().events.push_back("committed");
        return {};
    }

private:
    // The minimum of the last numbers of this instance's splits that have not ended.
    void advance(uint64_t) {
        int64_t lowest = INT64_MAX;
        for (auto& [split, id] : ids_) {
            const auto& values = world().splits[id];
            const auto at = static_cast<size_t>(at_[split]);
            if (at < values.size()) lowest = std::min(lowest, at == 0 ? INT64_MIN + 1 : values[at - 1]);
        }
        if (lowest != INT64_MAX) weir::advance_watermark(context_, lowest);
    }
    std::map<uint64_t, std::string> ids_;
    std::map<uint64_t, int64_t> at_;
    std::set<uint64_t> marked_;  // splits whose position was told, and is not known to be committed
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
    explicit Twice(Context context) : Mapper(context), calls_metric_(context.metric("calls", WEIR_METRIC_GAUGE, "Batches so far.")) {}
    static MadeInstance create(Context context, const Config&) { return make<Twice>(context); }
    Status process(const BatchView& in, uint32_t input) override {
        context_.metric_set(calls_metric_, ++calls_);
        {
            std::lock_guard lock(world_mutex());
            const int call = ++world().twice_calls;
            if (const auto what = world().at_call.find(call); what != world().at_call.end()) what->second();
            if (world().retryable_calls.contains(call)) return Status::retryable("the server is gone");
        }
        return Mapper::process(in, input);
    }
    int64_t map(int64_t n) override {
        if (world().throw_in == "twice") throw std::runtime_error("twice gave up");
        return 2 * n;
    }

private:
    uint32_t calls_metric_;
    int64_t calls_ = 0;
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
        std::lock_guard lock(world_mutex());
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
    Status open() override { return world().unreachable ? Status::retryable("nobody is there") : Status(); }
    Status process(const BatchView& in, uint32_t input) override {
        std::lock_guard lock(world_mutex());
        for (auto& row : weir::testing::json_rows(input_schema(input), *in.raw().array)) world().sunk.push_back(row);
        int every = world().sink_full_every;
        return every && ++calls_ % every == 0 ? Status::more() : Status();
    }
    Status prepare(uint64_t epoch, const weir_bytes_out&) override {
        std::lock_guard lock(world_mutex());
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

// Its rows of an epoch are one box; a box is its worker, its epoch and its rows, a line each.
struct Boxes : weir::Instance {
    using Instance::Instance;
    static MadeInstance create(Context context, const Config&) { return make<Boxes>(context); }
    Status process(const BatchView& in, uint32_t input) override {
        if (finished_) return Status::fatal("rows behind finish");
        for (auto& row : weir::testing::json_rows(input_schema(input), *in.raw().array)) rows_.push_back(row);
        return {};
    }
    Status finish() override {
        finished_ = true;
        return {};
    }
    Status prepare(uint64_t epoch, const weir_bytes_out& out) override {
        if (context_.node() == world().box_prepare_pending_of && prepares_++ < world().box_prepare_pending) {
            context_.wake();
            return Status::pending();
        }
        prepares_ = 0;
        if (rows_.empty()) return {};
        std::string box = std::string(context_.node()) + "/" + std::to_string(context_.worker()) + "/" + std::to_string(epoch) + "\n";
        for (const std::string& row : std::exchange(rows_, {})) box += row + "\n";
        out.put(&out, to_abi(box));
        return {};
    }
    Status commit(uint64_t, std::string_view box, const weir_bytes_out& instead) override {
        std::lock_guard lock(world_mutex());
        World& w = world();
        if (w.boxes_until_failure == 0) return Status::retryable("the server is gone");
        if (w.box_pending_every && ++calls_ % w.box_pending_every == 0) {
            context_.wake();
            return Status::pending();
        }
        if (w.box_slow && ++waited_[std::string(box)] <= std::hash<std::string_view>()(box) % w.box_slow) {
            context_.wake();
            return Status::pending();
        }
        ++w.boxes_sent;
        if (w.boxes_until_failure > 0) --w.boxes_until_failure;
        const size_t head = box.find('\n') + 1;
        const auto rows = static_cast<size_t>(std::count(box.begin(), box.end(), '\n')) - 1;
        const bool refused = !w.box_refused.empty() && context_.node() != "letters" && box.find(w.box_refused) != box.npos;
        if (refused && rows == 1) {
            const RowError error{0, "refused", "", std::string(box.substr(head, box.size() - head - 1))};
            weir_batch nothing{};
            nothing.size = sizeof nothing;
            context_.fail(nothing, {&error, 1});
            return {};
        }
        if (refused || rows > w.box_limit) {
            size_t middle = head;
            for (size_t i = 0; i < rows / 2; ++i) middle = box.find('\n', middle) + 1;
            const std::string name(box.substr(0, head - 1)), first = name + "a\n" + std::string(box.substr(head, middle - head)),
                              second = name + "b\n" + std::string(box.substr(middle));
            instead.put(&instead, to_abi(first));
            instead.put(&instead, to_abi(second));
            return Status::more();
        }
        if (!w.boxes.insert(std::string(box.substr(0, head))).second) return {};
        for (size_t at = head; at < box.size(); at = box.find('\n', at) + 1)
            w.sunk.emplace_back(box.substr(at, box.find('\n', at) - at));
        return {};
    }

private:
    std::vector<std::string> rows_;
    std::map<std::string, size_t> waited_;  // by box
    int calls_ = 0, prepares_ = 0;
    bool finished_ = false;
};

class Place : public Connection {
public:
    static Result<std::unique_ptr<Place>> create(ConnectionContext, const Config&) { return std::make_unique<Place>(); }
    Status open() override { return world().place_fault.value_or(Status()); }
    Status identity(const weir_bytes_out& out) override {
        if (!world().place.empty()) out.put(&out, to_abi(world().place));
        return {};
    }
};

class Placed : public Collect {
public:
    using Collect::Collect;
    static MadeInstance create(Context context, const Config&) { return make<Placed>(context); }
    Status check_outside(const Check& check) override {
        for (const Check::Finding& finding : world().findings) check.find(finding);
        return world().look_fault.value_or(Status());
    }
};

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

constexpr weir_param kPlaceParams[] = {param("at", WEIR_PARAM_STRING, "Where.").required().primary()};
constexpr auto kPlace = connection_spec<Place>("place", "A server.").params(kPlaceParams);
constexpr weir_param kPlacedParams[] = {param("thing", WEIR_PARAM_STRING, "What.").required().primary()};
constexpr auto kPlaced = sink_spec<Placed>("placed", "Keeps rows as JSON.").params(kPlacedParams).connection("place");

constexpr auto kBoxes = sink_spec<Boxes>("boxes", "Hands rows over in boxes.").inputs(kManyInputs).with(WEIR_OP_OUTBOX);

const std::vector<const weir_operator*>& operators() {
    static const auto all = [] {
        std::vector<const weir_operator*> list = {&kNumbers,  &kTwice,   &kOddFails, &kBoth, &kHoarder,
                                                  &kBadShape, &kBadCode, &kCollect,  &kBoxes, &kPlace,  &kPlaced, &tally_operator(), &summing_operator(),
                                                  &weir::clauses::kClausesSpec, &weir::unite::kUnionSpec,
                                                  &weir::pair_match::kPairMatchSpec};
        for (const auto& more : {keyed_operators(), broadcast_operators(), timed_operators(), cluster_operators(), flow_operators()})
            list.insert(list.end(), more.begin(), more.end());
        return list;
    }();
    return all;
}

}  // namespace

TestResolver::TestResolver() {
    const weir_module module = {sizeof(weir_module), WEIR_ABI_MAJOR, WEIR_ABI_MINOR, static_cast<uint32_t>(operators().size()),
                                "test", "1.0.0", operators().data(), nullptr, nullptr, nullptr};
    auto info = describe(module);
    if (!info) throw std::runtime_error(info.status().message());
    catalog_.add(*info);
}

Result<ResolvedOperator> TestResolver::resolve(const OperatorInfo& info) {
    const auto other = world().acts_as.find(info.name);
    const std::string& name = other == world().acts_as.end() ? info.name : other->second;
    for (const weir_operator* op : operators())
        if (name == op->name) return ResolvedOperator{op, nullptr};
    return Status::unsupported("no such operator");
}

}  // namespace weir::host::testing
