#include "host/engine/connections.hpp"

#include <fmt/format.h>

#include <weir/memory.hpp>

#include "host/engine/host_services.hpp"

namespace weir::host {

namespace {
constexpr auto kStopCheck = std::chrono::milliseconds(50);
}

template <class F>
Status ConnectionInstance::call(F&& f) {
    weir_error error{};
    error.size = sizeof error;
    try {
        return Status::from_abi(f(&error), error);
    } catch (...) {
        return Status::fatal("an exception left the plugin: it must catch its own");
    }
}

Result<std::unique_ptr<ConnectionInstance>> ConnectionInstance::create(const ConnectionSpec& spec,
                                                                       OperatorResolver& resolver,
                                                                       const std::string& topology, uint32_t flags,
                                                                       std::chrono::microseconds connect_timeout) {
    std::unique_ptr<ConnectionInstance> made(new ConnectionInstance(spec));
    auto code = resolver.resolve(*spec.op);
    if (!code) return code.status();
    made->code_ = *code;
    made->fill_context(topology, flags, connect_timeout);
    std::string config = spec.config.value.dump();
    Status status = made->call([&](weir_error* error) {
        return made->api().create(made->code_.descriptor, &made->context_, to_abi(config), &made->self_, error);
    });
    if (!status.ok()) return status;
    return made;
}

ConnectionInstance::~ConnectionInstance() {
    if (self_) api().destroy(self_);
}

void ConnectionInstance::fill_context(const std::string& topology, uint32_t flags,
                                      std::chrono::microseconds connect_timeout) {
    topology_ = topology;
    context_.owner = this;
    context_.size = sizeof(weir_connection_context);
    context_.flags = flags;
    context_.host = &HostServices::get().abi();
    context_.topology = to_abi(topology_);
    context_.name = to_abi(spec_.name);
    context_.connect_timeout = connect_timeout.count();
    context_.log = [](weir_connection_context* c, uint32_t level, weir_str text) {
        HostServices::get().log(level, fmt::format("connection {}: {}", view(c->name), view(text)));
    };
    context_.wake = [](weir_connection_context* c) {
        auto& self = *static_cast<Context*>(c)->owner;
        std::lock_guard lock(self.mutex_);
        self.woken_ = true;
        self.wake_.notify_all();
    };
    context_.now = [](weir_connection_context*) -> int64_t {
        using namespace std::chrono;
        return duration_cast<microseconds>(system_clock::now().time_since_epoch()).count();
    };
}

void ConnectionInstance::wait_for_wake() {
    std::unique_lock lock(mutex_);
    wake_.wait_for(lock, kStopCheck, [&] { return woken_; });
    woken_ = false;
}

Status ConnectionInstance::open(const std::atomic<bool>& stop) {
    if (!api().open) return {};
    for (;;) {
        Status status = call([&](weir_error* error) { return api().open(self_, error); });
        if (!status.is_pending()) return status;
        wait_for_wake();
        if (stop.load()) {
            if (api().cancel) api().cancel(self_);
            return Status::retryable("stopped while connecting");
        }
    }
}

Status ConnectionInstance::close() {
    if (!api().close) return {};
    for (;;) {
        Status status = call([&](weir_error* error) { return api().close(self_, error); });
        if (!status.is_pending()) return status;
        wait_for_wake();
    }
}

}  // namespace weir::host
