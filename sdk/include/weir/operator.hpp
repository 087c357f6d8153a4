// The base classes that an operator, a source or a sink in C++ derives from, and their way into the ABI.
//
// A class T needs:  static Result<std::unique_ptr<Instance>> create(Context, const Config &);
// and a descriptor: constexpr auto kSpec = weir::operator_spec<T>("name", "doc").params(kParams)...
//
// Calls of one instance are serialized; nothing here is bound to a thread. What each call means, when it
// comes and what its return values lead to is told in weir/abi.h at weir_instance_api. An exception that
// leaves a method is caught here and becomes WEIR_E_FATAL: it ends the topology, not the process.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <weir/abi.h>
#include <weir/batch.hpp>
#include <weir/config.hpp>
#include <weir/result.hpp>
#include <weir/spec.hpp>

namespace weir {

// What the host offers one instance. A thin handle: copy it freely; valid until the instance is gone.
class Context {
public:
    explicit Context(weir_context *raw) : raw_(raw) {}

    std::string_view topology() const { return view(raw_->topology); }
    std::string_view node() const { return view(raw_->node); }
    uint32_t worker() const { return raw_->worker; }
    bool check_only() const { return raw_->flags & WEIR_CONTEXT_CHECK_ONLY; }
    bool exactly_once() const { return raw_->flags & WEIR_CONTEXT_EXACTLY_ONCE; }

    // Sends rows that have no single source record each. False: no room left; return Status::more() soon.
    bool emit(uint32_t port, ArrowArray rows, uint64_t split = WEIR_NO_SPLIT) {
        weir_batch batch = make(rows, split);
        return emit_raw(port, batch);
    }
    // Rows derived from `parent`: row i from its row parent_rows[i], or i where parent_rows is empty.
    bool emit_derived(uint32_t port, ArrowArray rows, const weir_batch &parent,
                      std::span<const int32_t> parent_rows = {});
    // From a source: rows whose records `origin` tells. Takes one reference of it.
    bool emit_with_origin(uint32_t port, ArrowArray rows, uint64_t split, weir_origin *origin,
                          std::span<const int32_t> origin_rows = {});
    bool emit(uint32_t port, RetainedBatch batch) {
        weir_batch raw = batch.take();
        return emit_raw(port, raw);
    }

    RetainedBatch retain(const BatchView &batch) { return {raw_, batch.raw()}; }
    // A counted column, as a child for make_struct.
    ArrowArray retain_column(const BatchView &batch, size_t column) {
        ArrowArray out{};
        raw_->retain_column(raw_, &batch.raw(), static_cast<int64_t>(column), &out);
        return out;
    }

    // Sends rows to `errors`. `batch` is the input, a retained one, or one with an origin alone.
    void fail(const weir_batch &batch, std::span<const RowError> errors);
    void fail(const BatchView &batch, std::span<const RowError> errors) { fail(batch.raw(), errors); }
    // Rows of an origin that never became a batch (a payload that does not decode).
    void fail(weir_origin *origin, std::span<const RowError> errors) {
        weir_batch batch = make(ArrowArray{}, WEIR_NO_SPLIT);
        batch.array = nullptr;
        batch.origin = origin;
        fail(batch, errors);
    }

    template <class T>
    T *connection() {
        return static_cast<T *>(raw_->connection(raw_));
    }
    // A codec for the value of a codec parameter (Config::text). In create and bind.
    Result<weir_codec> codec(std::string_view codec_json) {
        weir_codec codec{sizeof(weir_codec), 0, nullptr, nullptr};
        weir_error error{};
        error.size = sizeof error;
        int32_t code = raw_->codec(raw_, to_abi(codec_json), &codec, &error);
        if (code < 0) return Status::from_abi(code, error);
        return codec;
    }

    int64_t now() { return raw_->now(raw_); }
    void wake_at(int64_t time) { raw_->wake_at(raw_, time); }
    void wake() { raw_->wake(raw_); }
    void log(uint32_t level, std::string_view text) { raw_->log(raw_, level, to_abi(text)); }
    void print(std::string_view text) { raw_->host->print(raw_->host, to_abi(text)); }
    uint32_t metric(const char *name, uint32_t type, const char *doc) {
        return raw_->metric(raw_, name, type, doc);
    }
    void metric_add(uint32_t metric, int64_t delta) { raw_->metric_add(raw_, metric, delta); }
    void metric_set(uint32_t metric, int64_t value) { raw_->metric_set(raw_, metric, value); }
    weir_context *raw() const { return raw_; }

private:
    static weir_batch make(const ArrowArray &rows, uint64_t split) {
        weir_batch batch{};
        batch.size = sizeof batch;
        batch.rows = rows.length;
        batch.split = split;
        batch.array = const_cast<ArrowArray *>(&rows);
        return batch;
    }
    bool emit_raw(uint32_t port, weir_batch &batch) { return raw_->emit(raw_, port, &batch) != WEIR_FULL; }
    static const int32_t *copy_rows(std::span<const int32_t> rows) {
        if (rows.empty()) return nullptr;
        Buffer copy;
        copy.append(rows.data(), rows.size_bytes());
        return reinterpret_cast<const int32_t *>(copy.release());
    }

    weir_context *raw_;
};

// The argument of Instance::bind.
class Binding {
public:
    Binding(const weir_bind *raw, std::vector<Schema> inputs) : raw_(raw), inputs_(std::move(inputs)) {}

    size_t inputs() const { return inputs_.size(); }
    const Schema &input(size_t i) const { return inputs_[i]; }
    const weir_bind_input &input_info(size_t i) const { return raw_->inputs[i]; }
    // Whether a column of an output port is read by anyone; metadata columns only when they are named.
    bool wanted(uint32_t port, std::string_view column) const;
    // The schema of an output port. Leave out what is not wanted.
    void set_output(uint32_t port, const Schema &schema) const {
        ArrowSchema out;
        export_schema(schema, &out);
        raw_->set_output(raw_, port, &out);
    }
    void reads(uint32_t input, std::string_view column) const { raw_->reads(raw_, input, to_abi(column)); }
    void reads_nothing(uint32_t input) const { raw_->reads_nothing(raw_, input); }

private:
    const weir_bind *raw_;
    std::vector<Schema> inputs_;
};

// The argument of Instance::check_outside.
class Check {
public:
    explicit Check(const weir_check &raw) : raw_(raw) {}

    struct Finding {
        uint32_t kind;  // WEIR_FINDING_*
        std::string path, message, expected = {}, nearest = {}, hint = {};
    };
    void find(const Finding &f) const {
        const weir_finding raw{sizeof raw,         f.kind,           to_abi(f.path),  to_abi(f.message),
                               to_abi(f.expected), to_abi(f.nearest), to_abi(f.hint)};
        raw_.find(&raw_, &raw);
    }

private:
    const weir_check &raw_;
};

class Instance {
public:
    explicit Instance(Context context) : context_(context) {}
    virtual ~Instance();
    Instance(const Instance &) = delete;
    Instance &operator=(const Instance &) = delete;

    virtual Status bind(const Binding &) { return {}; }
    virtual Status restore(const weir_state_block &) { return Status::unsupported("this operator keeps no state"); }
    virtual Status open() { return {}; }
    virtual Status process(const BatchView &, uint32_t) { return Status::unsupported("takes no input"); }
    virtual Status resume(uint64_t) { return {}; }
    virtual Status on_watermark(int64_t) { return {}; }
    // Timers of weir/state.hpp that are due: the columns of their keys, and the time of each.
    virtual Status on_timers(uint32_t /*clock*/, const BatchView &, const int64_t * /*times*/) { return {}; }
    virtual Status on_wake() { return {}; }
    virtual Status finish() { return {}; }
    virtual Status snapshot(const weir_snapshot &) { return {}; }
    virtual Status reconfigure(const Config &) { return Status::unsupported("reconfigure"); }
    virtual Status migrate(const weir_state_block &, const weir_snapshot &) {
        return Status::unsupported("migrate");
    }
    virtual Status rekey(const weir_state_block &, const weir_snapshot &) { return Status::unsupported("rekey"); }
    virtual void cancel() {}  // any thread
    virtual Status close() { return {}; }
    virtual Status compute_key(const BatchView &, uint32_t, uint64_t *) { return Status::unsupported("key"); }
    // Sinks.
    virtual Status prepare(uint64_t, const weir_bytes_out &) { return {}; }
    virtual Status commit(uint64_t, std::string_view, const weir_bytes_out & /*instead*/) { return {}; }
    // Sources.
    virtual Status discover(const weir_bytes_out &) { return Status::unsupported("is not a source"); }
    virtual Status assign(uint64_t, std::string_view, const weir_str &) {
        return Status::unsupported("is not a source");
    }
    virtual Status revoke(uint64_t) { return {}; }
    virtual Status poll(uint64_t, uint64_t, uint64_t) { return Status::unsupported("is not a source"); }
    virtual Status position(uint64_t, const weir_bytes_out &) { return {}; }
    virtual Status on_epoch_committed(uint64_t, std::span<const weir_position>) { return {}; }
    // At lint time, with the connection open.
    virtual Status check_outside(const Check &) { return {}; }

    // The input's schema as of the last bind.
    const Schema &input_schema(size_t input) const { return inputs_[input]; }
    void set_input_schemas(std::vector<Schema> inputs) { inputs_ = std::move(inputs); }

protected:
    Context context_;

private:
    std::vector<Schema> inputs_;
};

}  // namespace weir

#include <weir/detail/operator_api.hpp>
#ifndef WEIR_SDK_COMPILED
#include <weir/detail/operator_impl.hpp>
#endif
