// Drives one instance of a plugin's operator, source or sink through the ABI, as the engine would, without
// an engine: batches in, rows out as JSON, a manual clock, an outbox that can be full after every emit.
//
//   Plugin plugin("build/…/pair_match.so");
//   Harness h(plugin, "pair_match", R"({"value":"n","sum":12})", {schema_of({{"n", "int64"}})});
//   ASSERT_EQ(h.start().message(), "");
//   h.process(R"([[5],[7]])");
//   EXPECT_EQ(h.take(0), …);
//
// An operator with state that the host holds (weir/state.hpp) needs HarnessOptions::key; its entries are in state(). Its
// timers fire in advance_to, watermark and finish.
//
// One thread, but wake (any thread). Not for the host's own use.
#pragma once

#include <atomic>
#include <functional>
#include <map>
#include <optional>
#include <set>

#include <weir/operator.hpp>
#include <weir/testing/kept_state.hpp>
#include <weir/testing/rows.hpp>
#include <weir/testing/test_host.hpp>

namespace weir::testing {

struct FailedRow {
    std::string code, field, message;
    std::string payload;  // of the origin, or the row as JSON
    bool operator==(const FailedRow &) const = default;
};

// A block of a snapshot, owned.
struct StateBlock {
    uint32_t state = 0, kind = 0, group = 0, version = 0;
    std::string split;
    std::vector<std::pair<std::string, std::optional<std::string>>> entries;
};

struct HarnessOptions {
    bool full_outbox = false;  // every emit answers WEIR_FULL
    int64_t now = 0;
    void *connection = nullptr;  // instance of the connection, for operators that need one
    uint32_t flags = 0;          // WEIR_CONTEXT_*
    uint32_t worker = 0, workers = 1;
    // Answers weir_context.codec; without it codecs are refused.
    std::function<int32_t(weir_str, weir_codec *, weir_error *)> codec = {};
    std::map<uint32_t, std::vector<std::string>> wanted = {};  // by output port; a port not listed: all columns
    uint32_t input_stream = WEIR_STREAM_ROWS;
    std::vector<std::string> key = {};  // columns, as a topology's `key:`
    std::shared_ptr<KeptState> state = std::make_shared<KeptState>();
};

// A configuration with the declared defaults filled in, as the host would.
Json with_defaults(const weir_param *params, uint32_t n, Json given);

class Harness {
public:
    Harness(const Plugin &plugin, std::string_view name, const std::string &config, std::vector<Schema> inputs = {},
            HarnessOptions options = {});
    ~Harness() {
        destroy();
        for (auto &schema : input_schemas_) schema.release(&schema);
    }
    Harness(const Harness &) = delete;
    Harness &operator=(const Harness &) = delete;

    Status start() {  // create, bind, open
        Status status = create();
        if (status.ok()) status = bind();
        return status.ok() ? open() : status;
    }
    Status create();
    Status bind();
    Status open() { return until_done([&](weir_error *e) { return api().open ? api().open(self_, e) : WEIR_OK; }); }
    // A batch through process, and resume until it is done. WEIR_PENDING is returned to the caller.
    Status process(const std::string &json_rows, uint32_t input = 0, weir_origin *origin = nullptr);
    Status process(ArrowArray rows, uint32_t input = 0, weir_origin *origin = nullptr);
    Status resume() { return settle(WEIR_MORE); }
    Status wake() {
        return settle_call([&](weir_error *e) { return api().on_wake ? api().on_wake(self_, e) : WEIR_OK; });
    }
    // Fires the timers on event time that are due, then calls on_watermark.
    Status watermark(int64_t time);
    // Fires all timers on event time first.
    Status finish();
    // Moves the clock; fires the timers that are due on it, and calls on_wake if wake_at asked for it.
    Status advance_to(int64_t time);
    const KeptState &state() const { return *options_.state; }
    std::vector<StateBlock> snapshot(uint32_t mode = WEIR_SNAPSHOT_FULL, uint64_t epoch = 1);
    Status restore(const std::vector<StateBlock> &blocks);
    Status prepare(uint64_t epoch, std::vector<std::string> *committables = nullptr);
    // What the committable is replaced by goes to `instead`.
    Status commit(uint64_t epoch, const std::string &committable, std::vector<std::string> *instead = nullptr);
    Status close() { return until_done([&](weir_error *e) { return api().close ? api().close(self_, e) : WEIR_OK; }); }
    void destroy() {
        if (self_) api().destroy(self_);
        self_ = nullptr;
    }

    // Sources.
    std::vector<std::string> discover();
    Status assign(uint64_t split, const std::string &id, std::optional<std::string> position = {});
    Status poll(uint64_t split, uint64_t max_rows = WEIR_BATCH_MAX_ROWS, uint64_t max_bytes = WEIR_BATCH_MAX_BYTES) {
        return call([&](weir_error *e) { return api().poll(self_, split, max_rows, max_bytes, e); });
    }
    std::string position(uint64_t split);

    // The rows that a port emitted since the last take, as JSON objects.
    std::vector<std::string> take(uint32_t port = 0) { return std::exchange(outputs_[port], {}); }
    std::vector<FailedRow> take_failed() { return std::exchange(failed_, {}); }
    const Schema &output_schema(uint32_t port = 0) { return schemas_[port]; }
    // Columns of an input that bind asked for; empty optional: all of them.
    std::optional<std::vector<std::string>> reads(uint32_t input = 0) const {
        auto found = reads_.find(input);
        return found == reads_.end() ? std::nullopt : std::optional(found->second);
    }
    size_t batches() const { return batches_; }
    int64_t metric(const std::string &name) {
        for (size_t i = 0; i < metric_names_.size(); ++i)
            if (metric_names_[i] == name) return metric_values_[i];
        return 0;
    }
    std::optional<int64_t> wake_time() const { return wake_at_; }
    bool take_wake() { return woken_.exchange(false); }
    void *self() const { return self_; }
    const weir_instance_api &api() const { return *static_cast<const weir_instance_api *>(op_.api); }
    HarnessOptions &options() { return options_; }

private:
    struct Context : weir_context {
        Harness *owner;
    };
    static Harness &of(weir_context *c) { return *static_cast<Context *>(c)->owner; }
    void fill_context();
    // With those that the configuration names (WEIR_PORT_BY_KEYS).
    uint32_t output_ports() const;
    static const weir_state_api &state_api();
    KeptState &kept() { return *options_.state; }
    void begin_call(const weir_batch *batch, const Schema &schema, bool broadcast);
    Status fire_timers(uint32_t clock, int64_t upto);
    void on_emit(uint32_t port, weir_batch *batch);
    void on_fail(const weir_batch *batch, const weir_row_error *errors, uint64_t n);

    template <class F>
    Status call(F &&f) {
        weir_error error{};
        error.size = sizeof error;
        return Status::from_abi(f(&error), error);
    }
    template <class F>
    Status until_done(F &&f) {
        return call(f);
    }
    template <class F>
    Status settle_call(F &&f) {
        Status status = call(f);
        return status.is_more() ? settle(WEIR_MORE) : status;
    }
    Status settle(int32_t code);

    const weir_operator &op_;
    std::string config_;
    std::vector<Schema> inputs_;
    HarnessOptions options_;
    Context context_{};
    void *self_ = nullptr;
    std::vector<ArrowSchema> input_schemas_;
    std::map<uint32_t, Schema> schemas_;
    std::map<uint32_t, std::vector<std::string>> outputs_, reads_;
    std::vector<FailedRow> failed_;
    std::vector<std::string> metric_names_;
    std::vector<int64_t> metric_values_;
    std::optional<int64_t> wake_at_;
    std::atomic<bool> woken_{false};
    int64_t watermark_ = INT64_MIN;
    size_t batches_ = 0;
};

}  // namespace weir::testing

#ifndef WEIR_SDK_COMPILED
#include <weir/testing/harness_impl.hpp>
#include <weir/testing/harness_state.hpp>
#endif
