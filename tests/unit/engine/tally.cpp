#include "tests/unit/engine/tally.hpp"

#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>

#include <weir/testing/rows.hpp>
#include <weir/weir.hpp>

#include "tests/unit/engine/test_operators.hpp"

namespace weir::host::testing {
namespace {

// A row for each: {"n":5,"count":3}. Refuses rows whose key group is another worker's.
struct Tally : weir::Instance {
    using Instance::Instance;
    static Result<std::unique_ptr<weir::Instance>> create(Context context, const Config&) {
        return std::unique_ptr<weir::Instance>(new Tally(context));
    }
    static Schema schema() { return weir::testing::schema_of({{"n", "int64"}, {"count", "int64"}}); }
    Status bind(const Binding& binding) override {
        binding.set_output(0, schema());
        return {};
    }
    Status process(const BatchView& in, uint32_t) override {
        BatchBuilder builder(schema());
        for (int64_t i = 0; i < in.rows(); ++i) {
            const int64_t n = in.column(0).value<int64_t>(i);
            const uint64_t group = in.raw().hashes[i] >> 56;
            if (group * context_.raw()->workers / 256 != context_.raw()->worker)
                return Status::fatal("a row of another worker's key group");
            groups_[n] = static_cast<uint32_t>(group);
            changed_.insert(n);
            builder.column(0).append(n);
            builder.column(1).append(++counts_[n]);
        }
        ArrowArray out;
        builder.finish(&out);
        return context_.emit(0, out) ? Status() : Status::more();
    }
    Status open() override {
        note("opened");
        return on_wake();
    }
    Status close() override {
        note("closed");
        return {};
    }
    Status on_wake() override {
        if (world().tally_wakes == 0) return {};
        note("woken");
        context_.wake_at(context_.now() + world().tally_wakes);
        return {};
    }
    Status snapshot(const weir_snapshot& out) override {
        for (int64_t n : changed_) {
            const std::string key = std::to_string(n), value = std::to_string(counts_[n]);
            const weir_str k = to_abi(key), v = to_abi(value);
            weir_state_block block{sizeof block, 0, WEIR_STATE_KEYED, groups_[n], 1, 0, {}, 1, &k, &v};
            if (int32_t code = out.put(&out, &block)) return Status::fatal("put: " + std::to_string(code));
        }
        changed_.clear();
        return {};
    }
    Status restore(const weir_state_block& block) override {
        note("restored");
        for (uint64_t i = 0; i < block.n; ++i) {
            const int64_t n = std::stoll(std::string(view(block.keys[i])));
            counts_[n] = std::stoll(std::string(view(block.values[i])));
            groups_[n] = block.group;
        }
        return {};
    }

private:
    static void note(const char* what) {
        std::lock_guard lock(world_mutex());
        ++world().tally_calls[what];
    }
    std::map<int64_t, int64_t> counts_;
    std::map<int64_t, uint32_t> groups_;
    std::set<int64_t> changed_;
};

constexpr auto kTally = operator_spec<Tally>("tally", "Counts by key.").with(WEIR_OP_KEYED).state(1, WEIR_STATE_KEYED);

}  // namespace

const weir_operator& tally_operator() { return kTally; }

}  // namespace weir::host::testing
