// The adapter between Instance and weir_instance_api; included by weir/operator.hpp.
#pragma once

#include <exception>

#include <weir/operator.hpp>

namespace weir {

namespace detail {

// Runs a plugin's code so that no exception crosses the ABI.
template <class F>
int32_t guarded(weir_error *error, F &&call) noexcept {
    try {
        return call().to_abi(error);
    } catch (const std::exception &e) {
        return Status::fatal(std::string("exception: ") + e.what()).to_abi(error);
    } catch (...) {
        return Status::fatal("an exception that is no std::exception").to_abi(error);
    }
}

inline Instance *instance(void *self) { return static_cast<Instance *>(self); }

template <class T>
int32_t create_instance(const weir_operator *, weir_context *context, weir_str config, void **self,
                        weir_error *error) {
    return guarded(error, [&]() -> Status {
        auto parsed = Config::parse(view(config));
        if (!parsed) return parsed.status();
        Result<std::unique_ptr<Instance>> made = T::create(Context(context), *parsed);
        if (!made) return made.status();
        *self = made->release();
        return {};
    });
}

// What the members of weir_instance_api point to.
struct InstanceCalls {
    static int32_t bind(void *self, const weir_bind *raw, weir_error *error);
    static int32_t restore(void *s, const weir_state_block *b, weir_error *e);
    static int32_t open(void *s, weir_error *e);
    static int32_t process(void *s, const weir_batch *b, uint32_t input, weir_error *e);
    static int32_t resume(void *s, uint64_t budget, weir_error *e);
    static int32_t on_watermark(void *s, int64_t time, weir_error *e);
    static int32_t on_timers(void *s, uint32_t clock, const weir_batch *keys, const int64_t *times, weir_error *e);
    static int32_t on_wake(void *s, weir_error *e);
    static int32_t finish(void *s, weir_error *e);
    static int32_t snapshot(void *s, const weir_snapshot *out, weir_error *e);
    static int32_t reconfigure(void *s, weir_str config, weir_error *e);
    static int32_t migrate(void *s, const weir_state_block *b, const weir_snapshot *out, weir_error *e);
    static int32_t rekey(void *s, const weir_state_block *b, const weir_snapshot *out, weir_error *e);
    static void cancel(void *s);
    static int32_t close(void *s, weir_error *e);
    static void destroy(void *s);
    static int32_t compute_key(void *s, const weir_batch *b, uint32_t input, uint64_t *hashes, weir_error *e);
    static int32_t prepare(void *s, uint64_t epoch, const weir_bytes_out *out, weir_error *e);
    static int32_t commit(void *s, uint64_t epoch, weir_str committable, const weir_bytes_out *instead, weir_error *e);
    static int32_t discover(void *s, const weir_bytes_out *ids, weir_error *e);
    static int32_t assign(void *s, uint64_t split, weir_str id, weir_str position, weir_error *e);
    static int32_t revoke(void *s, uint64_t split, weir_error *e);
    static int32_t poll(void *s, uint64_t split, uint64_t rows, uint64_t bytes, weir_error *e);
    static int32_t position(void *s, uint64_t split, const weir_bytes_out *out, weir_error *e);
    static int32_t on_epoch_committed(void *s, uint64_t epoch, const weir_position *positions, uint64_t n, weir_error *e);
    static int32_t check(void *s, const weir_check *c, weir_error *e);
};

inline constexpr weir_instance_api make_instance_api() {
    weir_instance_api api{};
    api.size = sizeof api;
    api.bind = InstanceCalls::bind;
    api.restore = InstanceCalls::restore;
    api.open = InstanceCalls::open;
    api.process = InstanceCalls::process;
    api.resume = InstanceCalls::resume;
    api.on_watermark = InstanceCalls::on_watermark;
    api.on_timers = InstanceCalls::on_timers;
    api.on_wake = InstanceCalls::on_wake;
    api.finish = InstanceCalls::finish;
    api.snapshot = InstanceCalls::snapshot;
    api.reconfigure = InstanceCalls::reconfigure;
    api.migrate = InstanceCalls::migrate;
    api.rekey = InstanceCalls::rekey;
    api.cancel = InstanceCalls::cancel;
    api.close = InstanceCalls::close;
    api.destroy = InstanceCalls::destroy;
    api.compute_key = InstanceCalls::compute_key;
    api.prepare = InstanceCalls::prepare;
    api.commit = InstanceCalls::commit;
    api.discover = InstanceCalls::discover;
    api.assign = InstanceCalls::assign;
    api.revoke = InstanceCalls::revoke;
    api.poll = InstanceCalls::poll;
    api.position = InstanceCalls::position;
    api.on_epoch_committed = InstanceCalls::on_epoch_committed;
    api.check = InstanceCalls::check;
    return api;
}

template <class T>
inline constexpr weir_instance_api kInstanceApi = [] {
    weir_instance_api api = make_instance_api();
    api.create = create_instance<T>;
    return api;
}();

}  // namespace detail

template <class T>
constexpr OperatorSpec operator_spec(const char *name, const char *doc) {
    return detail::spec(WEIR_KIND_OPERATOR, name, doc, &detail::kInstanceApi<T>)
        .inputs(kDefaultInput)
        .outputs(kDefaultOutput);
}
template <class T>
constexpr OperatorSpec source_spec(const char *name, const char *doc) {
    return detail::spec(WEIR_KIND_SOURCE, name, doc, &detail::kInstanceApi<T>).outputs(kDefaultOutput);
}
template <class T>
constexpr OperatorSpec sink_spec(const char *name, const char *doc) {
    return detail::spec(WEIR_KIND_SINK, name, doc, &detail::kInstanceApi<T>).inputs(kDefaultInput);
}

}  // namespace weir
