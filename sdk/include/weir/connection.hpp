// The base class of connections in C++: created once a (topology, name), shared by the operators that name it
// (Context::connection<T>()), used by them from any thread; also by those of a changed graph that has it as it was.
//
// A class T needs: static Result<std::unique_ptr<Connection>> create(ConnectionContext, const Config &);
// its descriptor is weir::connection_spec<T>("kafka", "doc").params(kParams). T must be the class that the
// operators ask for: Context::connection<T>() casts to it.
#pragma once

#include <cstddef>
#include <memory>

#include <weir/ext/transaction.h>
#include <weir/operator.hpp>

namespace weir {

// A thin handle, valid until the connection is gone. Any thread.
class ConnectionContext {
public:
    explicit ConnectionContext(weir_connection_context *raw) : raw_(raw) {}
    std::string_view topology() const { return view(raw_->topology); }
    std::string_view name() const { return view(raw_->name); }
    bool check_only() const { return raw_->flags & WEIR_CONTEXT_CHECK_ONLY; }
    std::chrono::microseconds connect_timeout() const {
        return std::chrono::microseconds(raw_->connect_timeout);
    }
    // The least time from an epoch to the next, for which a transaction stays open; 0: not known.
    std::chrono::microseconds checkpoint() const {
        constexpr size_t kEnd = offsetof(weir_connection_context, checkpoint) + sizeof raw_->checkpoint;
        return std::chrono::microseconds(raw_->size >= kEnd ? raw_->checkpoint : 0);
    }
    void log(uint32_t level, std::string_view text) { raw_->log(raw_, level, to_abi(text)); }
    void wake() { raw_->wake(raw_); }
    int64_t now() { return raw_->now(raw_); }
    bool exactly_once() const { return raw_->flags & WEIR_CONTEXT_EXACTLY_ONCE; }
    // In create. What this reaches is gone with the process: the host then keeps no state of the topology.
    void ephemeral() {
        if (raw_->ephemeral) raw_->ephemeral(raw_);
    }
    // In create. The server aborts transactions that are open for longer, as that setting says (weir/ext/transaction.h).
    void bound_transaction(std::chrono::microseconds time, std::string_view setting) {
        if (!raw_->host->extension) return;
        const auto *api = static_cast<const weir_transaction_api *>(raw_->host->extension(raw_->host, WEIR_EXT_TRANSACTION));
        if (api) api->bound(raw_, time.count(), to_abi(setting));
    }

private:
    weir_connection_context *raw_;
};

class Connection {
public:
    virtual ~Connection() = default;
    virtual Status open() { return {}; }
    virtual Status close() { return {}; }
    virtual void cancel() {}  // any thread
    // The decider's part.
    virtual Status begin(uint64_t) { return Status::unsupported("transactions"); }
    virtual Status prepare(uint64_t) { return Status::unsupported("transactions"); }
    virtual Status commit(uint64_t, std::string_view) { return Status::unsupported("transactions"); }
    virtual Status abort(uint64_t) { return Status::unsupported("transactions"); }
    virtual Status last_committed(const weir_bytes_out &) { return Status::unsupported("transactions"); }
    // Before the first begin: ends whoever else decides epochs of this topology. Nothing before it may disturb them.
    // Done once; called again, it has no effect.
    virtual Status fence() { return {}; }
    // After open: what names the server that was reached, whatever its address.
    virtual Status identity(const weir_bytes_out &) { return {}; }
};

namespace detail {

template <class T>
inline constexpr weir_connection_api kConnectionApi = [] {
    weir_connection_api api{};
    api.size = sizeof api;
    api.create = [](const weir_operator *, weir_connection_context *context, weir_str config, void **self,
                    weir_error *e) {
        return guarded(e, [&]() -> Status {
            auto parsed = Config::parse(view(config));
            if (!parsed) return parsed.status();
            Result<std::unique_ptr<T>> made = T::create(ConnectionContext(context), *parsed);
            if (!made) return made.status();
            *self = made->release();
            return {};
        });
    };
    api.open = [](void *s, weir_error *e) { return guarded(e, [&] { return static_cast<T *>(s)->open(); }); };
    api.close = [](void *s, weir_error *e) { return guarded(e, [&] { return static_cast<T *>(s)->close(); }); };
    api.cancel = [](void *s) { static_cast<T *>(s)->cancel(); };
    api.destroy = [](void *s) { delete static_cast<T *>(s); };
    api.begin = [](void *s, uint64_t epoch, weir_error *e) {
        return guarded(e, [&] { return static_cast<T *>(s)->begin(epoch); });
    };
    api.prepare = [](void *s, uint64_t epoch, weir_error *e) {
        return guarded(e, [&] { return static_cast<T *>(s)->prepare(epoch); });
    };
    api.commit = [](void *s, uint64_t epoch, weir_str marker, weir_error *e) {
        return guarded(e, [&] { return static_cast<T *>(s)->commit(epoch, view(marker)); });
    };
    api.abort = [](void *s, uint64_t epoch, weir_error *e) {
        return guarded(e, [&] { return static_cast<T *>(s)->abort(epoch); });
    };
    api.last_committed = [](void *s, const weir_bytes_out *out, weir_error *e) {
        return guarded(e, [&] { return static_cast<T *>(s)->last_committed(*out); });
    };
    api.identity = [](void *s, const weir_bytes_out *out, weir_error *e) {
        return guarded(e, [&] { return static_cast<T *>(s)->identity(*out); });
    };
    api.fence = [](void *s, weir_error *e) { return guarded(e, [&] { return static_cast<T *>(s)->fence(); }); };
    return api;
}();

}  // namespace detail

template <class T>
constexpr OperatorSpec connection_spec(const char *name, const char *doc) {
    return detail::spec(WEIR_KIND_CONNECTION, name, doc, &detail::kConnectionApi<T>);
}

}  // namespace weir
