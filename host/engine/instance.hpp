// One instance of a node's operator: its code, its context, its codecs, and calls that cannot throw.
//
// Threads: made, bound and destroyed on one host thread; the calls of the run on its worker, serialized.
#pragma once

#include <atomic>
#include <memory>
#include <set>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <weir/abi.h>
#include <weir/ext/combine.h>
#include <weir/ext/restored.h>
#include <weir/result.hpp>

#include "host/engine/keyed_state.hpp"
#include "host/engine/metrics.hpp"
#include "host/loader/plugin_call.hpp"
#include "host/loader/resolver.hpp"
#include "host/expression/problem.hpp"
#include "host/topology/topology.hpp"

namespace weir::host {

class Instance;

// What an instance's context asks of whoever runs it. [worker] but wake and now.
class InstanceHost {
public:
    virtual ~InstanceHost() = default;
    virtual int32_t on_emit(Instance& from, uint32_t port, weir_batch* batch) = 0;
    virtual void on_fail_rows(Instance& from, const weir_batch* batch, const weir_row_error* errors, uint64_t n) = 0;
    virtual void on_wake(Instance& instance) = 0;  // any thread
    virtual void on_wake_at(Instance& instance, int64_t time) = 0;
    virtual void on_watermark(Instance& source, int64_t time) = 0;
    virtual int64_t now() = 0;  // any thread
};

// What is wrong with an expression of a node's configuration.
struct ExpressionProblem {
    std::string path;
    expression::Problem problem;
};

struct InstanceOptions {
    std::string topology;
    uint32_t worker = 0, workers = 1;
    uint32_t flags = 0;  // WEIR_CONTEXT_*
    void* connection = nullptr;
};

class Instance {
    struct Context : weir_context {
        Instance* owner;
    };

public:
    // Runs the plugin's create. The node and the resolver must outlive the instance, or it be moved to others.
    static Result<std::unique_ptr<Instance>> create(const NodeSpec& node, OperatorResolver& resolver,
                                                    const InstanceOptions& options);
    ~Instance();
    Instance(const Instance&) = delete;
    Instance& operator=(const Instance&) = delete;

    const NodeSpec& node() const { return *node_; }
    const weir_operator& descriptor() const { return *code_.descriptor; }
    const weir_instance_api& api() const { return *static_cast<const weir_instance_api*>(descriptor().api); }
    // The code that it is made of: another build is another one.
    const void* module() const { return code_.module.get(); }
    // All of the code that it is made of: its operator's, its codecs', its aggregates'.
    const std::set<std::shared_ptr<const void>>& modules() const { return resolver_.modules; }
    void* self() const { return self_; }
    void* connection() const { return connection_; }
    bool is_broken() const { return broken_; }
    NodeCounters& counters() { return counters_; }
    const NodeCounters& counters() const { return counters_; }
    TimeGauge& time() { return time_; }
    const TimeGauge& time() const { return time_; }
    PluginMetrics& metrics() { return metrics_; }
    const PluginMetrics& metrics() const { return metrics_; }

    // Set before open. Without one emit is refused. `slot` is the host's own number for the instance.
    void set_host(InstanceHost* host, size_t slot) {
        slot_ = slot;
        host_.store(host);
    }
    // Its host may go behind that, and the node be another, which declares it alike: what it counted is taken to be known. Wakes are
    // lost until it has a host again. Waits for the plugin's threads that are within the old host. REQUIRES: no call under way.
    void leave_host();
    void move_to(const NodeSpec& node, OperatorResolver& resolver);
    size_t slot() const { return slot_; }
    uint32_t worker() const { return context_.worker; }
    bool is_source() const { return descriptor().kind == WEIR_KIND_SOURCE; }
    // What the extension weir.state/0 keeps for it; null while it has declared none.
    KeyedState* keyed() const { return keyed_.get(); }
    // For whoever keeps it beyond the instance.
    std::shared_ptr<KeyedState> share_keyed() const { return keyed_; }
    KeyedState& make_keyed() {
        if (!keyed_) keyed_ = std::make_shared<KeyedState>(&context_);
        return *keyed_;
    }
    // How its rows can be added up for other workers, as it said in bind; null: not at all.
    const weir_combiner* combiner() const { return combiner_; }
    void set_combiner(const weir_combiner* combiner) { combiner_ = combiner; }
    const weir_restored_checker* restored_checker() const { return restored_checker_; }
    void set_restored_checker(const weir_restored_checker* checker) { restored_checker_ = checker; }
    // What it said that its own tables take. [worker]
    uint64_t own_bytes() const { return own_bytes_; }
    void set_own_bytes(uint64_t bytes) { own_bytes_ = bytes; }
    // What it said of the block in rekey since this was last asked; none: nothing.
    struct ToldOfRekey {
        int64_t rows = 0, leaving = 0;
    };
    void tell_rekeyed(uint64_t rows, uint64_t leaving) { rekeyed_ = {static_cast<int64_t>(rows), static_cast<int64_t>(leaving)}; }
    std::optional<ToldOfRekey> take_rekeyed() { return std::exchange(rekeyed_, std::nullopt); }
    // Its next snapshot is to hold all of its own state, since what is stored lies elsewhere. Before open; then [worker].
    void want_whole_snapshot() { wants_whole_ = true; }
    uint32_t take_snapshot_mode() { return std::exchange(wants_whole_, false) ? WEIR_SNAPSHOT_FULL : WEIR_SNAPSHOT_CHANGES; }
    // Of a source: what it says of its rows' event time.
    int32_t advance_watermark(int64_t time) {
        InstanceHost* host = host_.load(std::memory_order_acquire);
        if (!host || !is_source()) return WEIR_E_UNSUPPORTED;
        host->on_watermark(*this, time);
        return WEIR_OK;
    }
    // What bind said of its expressions, since this was last asked.
    void note_problem(ExpressionProblem problem) { problems_.push_back(std::move(problem)); }
    std::vector<ExpressionProblem> take_problems() { return std::exchange(problems_, {}); }
    // Notes what it is asked for.
    OperatorResolver& resolver() { return resolver_; }
    static Instance& of(weir_context* context) { return *static_cast<Context*>(context)->owner; }
    bool is_sink() const { return descriptor().kind == WEIR_KIND_SINK; }

    // Of a source: what it is told to do with positions that are kept outside of the epochs; WEIR_START_*, or why they
    // may not be used. Before open.
    void set_outside_start(Result<int32_t> start) { outside_start_ = std::move(start); }
    // Of the split that is assigned next: others may have read on from its position. [worker]
    void set_given_back(bool given_back) { given_back_ = given_back; }
    // weir_start_api's.
    static int32_t outside_start(weir_context* context, weir_error* error);
    // Whether it may begin without what its configuration has no place for any more. Before restore.
    void set_may_lose(bool may_lose) { may_lose_ = may_lose; }
    static int32_t may_lose(weir_context* context);

    // Calls a function of the instance: `f(self, &error)`. Exceptions, and codes that the contract does not
    // know, become WEIR_E_FATAL; after that the instance is broken and only destroyed.
    template <class F>
    Status call(F&& f) {
        if (broken_) return Status::fatal("the plugin failed before and is not called again");
        const BusyTime busy(counters_);
        Status status = call_plugin([&](weir_error* error) { return f(self_, error); });
        if (status.code() == WEIR_E_FATAL) broken_ = true;
        return status;
    }

    // The same for a call that is done when it returns: any other code than WEIR_OK is the plugin's mistake.
    template <class F>
    Status call_done(const char* name, F&& f) {
        return must_be_done(name, call(std::forward<F>(f)));
    }
    static Status must_be_done(const char* name, Status status);

private:
    struct Codec {
        ResolvedOperator code;
        weir_codec codec;
    };
    // Who is asked may be another when the instance is moved.
    struct NotingResolver : OperatorResolver {
        explicit NotingResolver(OperatorResolver& asked) : of(&asked) {}
        Result<ResolvedOperator> resolve(const OperatorInfo& info) override {
            auto code = of->resolve(info);
            if (code) modules.insert(code->module);
            return code;
        }
        const void* extension(const OperatorInfo& info, const char* name) override { return of->extension(info, name); }
        const Catalog& catalog() const override { return of->catalog(); }

        OperatorResolver* of;
        std::set<std::shared_ptr<const void>> modules;
    };
    Instance(const NodeSpec& node, OperatorResolver& resolver) : node_(&node), name_(node.name()), resolver_(resolver) {}
    // `f(host)`, null where there is none; the host does not go before it returns. [any]
    template <class F>
    auto with_host(F&& f) {
        struct Within {
            explicit Within(std::atomic<int>& count) : count_(count) { count_.fetch_add(1); }
            ~Within() { count_.fetch_sub(1); }
            std::atomic<int>& count_;
        };
        const Within within(within_);
        return f(host_.load());
    }
    void fill_context(const InstanceOptions& options);
    Status make_codec(std::string_view json, weir_codec* out);

    const NodeSpec* node_;
    const std::string name_;  // of the node, as the plugin was told it
    NotingResolver resolver_;
    ResolvedOperator code_;
    std::string topology_;
    Context context_{};
    void* self_ = nullptr;
    void* connection_ = nullptr;
    bool broken_ = false;
    size_t slot_ = 0;
    Result<int32_t> outside_start_{0};
    bool may_lose_ = false;
    bool given_back_ = false;
    std::atomic<InstanceHost*> host_{nullptr};
    std::atomic<int> within_{0};  // threads that may be within it by calls that are [any]
    NodeCounters counters_;
    TimeGauge time_;
    PluginMetrics metrics_;
    std::vector<Codec> codecs_;
    std::shared_ptr<KeyedState> keyed_;
    const weir_combiner* combiner_ = nullptr;
    const weir_restored_checker* restored_checker_ = nullptr;
    uint64_t own_bytes_ = 0;
    std::optional<ToldOfRekey> rekeyed_;
    bool wants_whole_ = false;
    std::vector<ExpressionProblem> problems_;
};

}  // namespace weir::host
