#include "host/engine/connections.hpp"

#include <fmt/format.h>

#include <weir/memory.hpp>

#include "host/engine/bytes_out.hpp"
#include "host/engine/clock.hpp"
#include "host/engine/host_services.hpp"
#include "host/engine/instance.hpp"
#include "host/loader/plugin_call.hpp"

namespace weir::host {

namespace {

constexpr auto kStopCheck = std::chrono::milliseconds(50);

GiveUp at(const std::atomic<bool>& stop) {
    return [&stop] { return stop.load(); };
}

}  // namespace

Result<std::unique_ptr<ConnectionInstance>> ConnectionInstance::create(const ConnectionSpec& spec, OperatorResolver& resolver,
                                                                       const ConnectionOptions& options) {
    std::unique_ptr<ConnectionInstance> made(new ConnectionInstance(spec, options));
    auto code = resolver.resolve(*spec.op);
    if (!code) return code.status();
    made->code_ = *code;
    made->fill_context();
    Status status = call_plugin([&](weir_error* error) {
        return made->api().create(made->code_.descriptor, &made->context_, to_abi(made->config_), &made->self_, error);
    });
    status = Instance::must_be_done("create", status);
    if (!status.ok()) return status;
    if (!made->self_) return Status::fatal("create succeeded but gave no connection");
    return made;
}

bool ConnectionInstance::is_alike(const ConnectionSpec& spec, OperatorResolver& resolver, const ConnectionOptions& options) const {
    if (spec.name != name_ || !(options == options_) || spec.config.value.dump() != config_) return false;
    auto code = resolver.resolve(*spec.op);
    return code && code->descriptor == code_.descriptor && code->module == code_.module;
}

ConnectionInstance::~ConnectionInstance() {
    if (!self_) return;
    const std::string fault = call_plugin_void([&] { api().destroy(self_); });
    if (!fault.empty()) HostServices::get().log(WEIR_LOG_ERROR, fmt::format("connection {}: destroy: {}", name_, fault));
}

void ConnectionInstance::fill_context() {
    context_.owner = this;
    context_.size = sizeof(weir_connection_context);
    context_.flags = options_.flags;
    context_.host = &HostServices::get().abi();
    context_.topology = to_abi(options_.topology);
    context_.name = to_abi(name_);
    context_.connect_timeout = options_.connect_timeout.count();
    context_.checkpoint = options_.checkpoint.count();
    context_.log = [](weir_connection_context* c, uint32_t level, weir_str text) {
        HostServices::get().log(level, fmt::format("connection {}: {}", view(c->name), view(text)));
    };
    context_.wake = [](weir_connection_context* c) {
        auto& self = *static_cast<Context*>(c)->owner;
        std::lock_guard lock(self.mutex_);
        self.woken_ = true;
        self.wake_.notify_all();
    };
    context_.now = [](weir_connection_context*) { return system_now(); };
    context_.ephemeral = [](weir_connection_context* c) { static_cast<Context*>(c)->owner->ephemeral_ = true; };
}

void ConnectionInstance::bound_transaction(weir_connection_context* context, int64_t micros, weir_str name) {
    static_cast<Context*>(context)->owner->transaction_bound_ = {std::chrono::microseconds(micros), std::string(view(name))};
}

void ConnectionInstance::wait_for_wake() {
    std::unique_lock lock(mutex_);
    wake_.wait_for(lock, kStopCheck, [&] { return woken_; });
    woken_ = false;
}

// Calls until it is no longer pending. What is given up is cancelled, and called once more: it may say how it ended.
template <class F>
Status ConnectionInstance::again(const GiveUp& gives_up, const char* doing, F&& f) {
    bool cancelled = false;
    for (;;) {
        Status status = call_plugin(f);
        if (!status.is_pending()) return Instance::must_be_done(doing, status);
        if (cancelled) return Status::retryable(fmt::format("stopped while {}", doing));
        wait_for_wake();
        if (!gives_up()) continue;
        cancelled = true;
        is_open_ = false;
        if (api().cancel) (void)call_plugin_void([&] { api().cancel(self_); });
    }
}

Status ConnectionInstance::open(const std::atomic<bool>& stop) {
    Status status;
    was_opened_ = true;
    if (api().open) status = again(at(stop), "connecting", [&](weir_error* error) { return api().open(self_, error); });
    is_open_ = status.ok();
    return status;
}

Status ConnectionInstance::close(std::chrono::steady_clock::time_point deadline) {
    is_open_ = false;
    if (!api().close) return {};
    for (;;) {
        Status status = call_plugin([&](weir_error* error) { return api().close(self_, error); });
        if (!status.is_pending()) return status;
        if (std::chrono::steady_clock::now() > deadline) return Status::retryable("it does not end");
        wait_for_wake();
    }
}

Status ConnectionInstance::begin(uint64_t epoch, const GiveUp& gives_up) {
    return again(gives_up, "beginning a transaction", [&](weir_error* e) { return api().begin(self_, epoch, e); });
}

Status ConnectionInstance::prepare(uint64_t epoch, const GiveUp& gives_up) {
    return again(gives_up, "preparing a transaction", [&](weir_error* e) { return api().prepare(self_, epoch, e); });
}

Status ConnectionInstance::commit(uint64_t epoch, const std::string& marker, const GiveUp& gives_up) {
    return again(gives_up, "committing a transaction",
                 [&](weir_error* e) { return api().commit(self_, epoch, to_abi(marker), e); });
}

Result<std::string> ConnectionInstance::identity() {
    std::string id;
    if (!api().identity) return id;
    const weir_bytes_out out = bytes_into(id);
    Status status = call_plugin([&](weir_error* error) { return api().identity(self_, &out, error); });
    status = Instance::must_be_done("identity", status);
    if (!status.ok()) return status;
    return id;
}

Status ConnectionInstance::fence(const GiveUp& gives_up) {
    if (!api().fence) return {};
    return again(gives_up, "taking over from whoever ran before", [&](weir_error* e) { return api().fence(self_, e); });
}

Result<std::string> ConnectionInstance::last_committed(const GiveUp& gives_up) {
    std::string marker;
    const weir_bytes_out out = bytes_into(marker);
    Status status = again(gives_up, "asking for the last transaction",
                          [&](weir_error* e) { return api().last_committed(self_, &out, e); });
    if (!status.ok()) return status;
    return marker;
}

}  // namespace weir::host
