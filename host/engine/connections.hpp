// The connections of one topology: made before its operators, opened before them, gone after them. One that is declared alike
// in a graph that takes the place of another is handed on, open as it is.
//
// Threads: host thread; the plugins' own use of their connection is their business.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include <weir/abi.h>
#include <weir/result.hpp>

#include "host/loader/resolver.hpp"
#include "host/topology/topology.hpp"

namespace weir::host {

// Whether a server is not to be waited for any longer. Asked by whoever waits, every 50 ms.
using GiveUp = std::function<bool()>;

struct ConnectionOptions {
    std::string topology;
    uint32_t flags = 0;  // WEIR_CONTEXT_*
    std::chrono::microseconds connect_timeout{0};
    std::chrono::microseconds checkpoint{0};  // the time between two epochs; 0: it is not known
    bool operator==(const ConnectionOptions&) const = default;
};

class ConnectionInstance {
public:
    // Runs the plugin's create.
    static Result<std::unique_ptr<ConnectionInstance>> create(const ConnectionSpec& spec, OperatorResolver& resolver,
                                                              const ConnectionOptions& options);
    ~ConnectionInstance();
    ConnectionInstance(const ConnectionInstance&) = delete;
    ConnectionInstance& operator=(const ConnectionInstance&) = delete;

    // Whether create would make the same again: of this build of the plugin, with this configuration, secrets included.
    bool is_alike(const ConnectionSpec& spec, OperatorResolver& resolver, const ConnectionOptions& options) const;
    // Whether open is done, and nothing has ended it: no close, and nothing that was given up.
    bool is_open() const { return is_open_.load(); }
    bool was_opened() const { return was_opened_.load(); }

    // Blocks until the server was reached, could not be, or `stop` became true (checked every 50 ms).
    Status open(const std::atomic<bool>& stop);
    // Until the deadline; WEIR_E_RETRYABLE when it has not ended by then.
    Status close(std::chrono::steady_clock::time_point deadline);

    // The decider's part, blocking; what is given up is cancelled, and WEIR_E_RETRYABLE. REQUIRES: is_transactional().
    Status begin(uint64_t epoch, const GiveUp& gives_up);
    Status prepare(uint64_t epoch, const GiveUp& gives_up);
    Status commit(uint64_t epoch, const std::string& marker, const GiveUp& gives_up);
    // The marker; empty: there is none. Final behind a fence; before it, what is decided so far.
    Result<std::string> last_committed(const GiveUp& gives_up);
    // From now on nobody else decides epochs of this topology. Before the first begin; a plugin may have nothing to do for it.
    Status fence(const GiveUp& gives_up);

    // After open: what names the server that was reached, whatever its address; empty: it has no such name.
    Result<std::string> identity();

    bool is_transactional() const { return code_.descriptor->flags & WEIR_OP_TRANSACTIONAL; }
    // What it reaches is gone with this process.
    bool is_ephemeral() const { return ephemeral_; }

    // The code that it is made of: another build is another one.
    const void* module() const { return code_.module.get(); }
    // What it said in create of how long a transaction may be open, and by which setting; none: nothing.
    struct TransactionBound {
        std::chrono::microseconds time{0};
        std::string name;
    };
    const std::optional<TransactionBound>& transaction_bound() const { return transaction_bound_; }
    // weir_transaction_api's.
    static void bound_transaction(weir_connection_context* context, int64_t micros, weir_str name);

    const std::string& name() const { return name_; }
    void* self() const { return self_; }

private:
    struct Context : weir_connection_context {
        ConnectionInstance* owner;
    };
    ConnectionInstance(const ConnectionSpec& spec, const ConnectionOptions& options)
        : name_(spec.name), config_(spec.config.value.dump()), options_(options) {}
    const weir_connection_api& api() const { return *static_cast<const weir_connection_api*>(code_.descriptor->api); }
    void fill_context();
    template <class F>
    Status again(const GiveUp& gives_up, const char* doing, F&& f);
    void wait_for_wake();

    const std::string name_, config_;
    const ConnectionOptions options_;
    ResolvedOperator code_;
    Context context_{};
    void* self_ = nullptr;
    std::mutex mutex_;
    std::condition_variable wake_;
    bool woken_ = false;
    bool ephemeral_ = false;
    std::optional<TransactionBound> transaction_bound_;
    std::atomic<bool> is_open_{false}, was_opened_{false};
};

}  // namespace weir::host
