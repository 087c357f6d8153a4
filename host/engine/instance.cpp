#include "host/engine/instance.hpp"

#include <thread>

#include <fmt/format.h>

#include <weir/ext/start.h>
#include <weir/memory.hpp>

#include "host/engine/batch.hpp"
#include "host/engine/clock.hpp"
#include "host/engine/host_services.hpp"

namespace weir::host {

Result<std::unique_ptr<Instance>> Instance::create(const NodeSpec& node, OperatorResolver& resolver,
                                                   const InstanceOptions& options) {
    std::unique_ptr<Instance> made(new Instance(node, resolver));
    auto code = made->resolver_.resolve(*node.op);
    if (!code) return code.status();
    made->code_ = *code;
    made->fill_context(options);
    std::string config = node.config.value.dump();
    Status status = made->call_done("create", [&](void*, weir_error* error) {
        return made->api().create(&made->descriptor(), &made->context_, to_abi(config), &made->self_, error);
    });
    if (!status.ok()) return status;
    if (!made->self_) return Status::fatal("create succeeded but gave no instance");
    if (made->keyed_ && !made->keyed_->fault().ok()) return made->keyed_->fault();
    return made;
}

Status Instance::must_be_done(const char* name, Status status) {
    if (!status.ok() || status.done()) return status;
    return Status::fatal(fmt::format("{} returned {}, a code that this call does not have", name, status.code()));
}

int32_t Instance::outside_start(weir_context* context, weir_error* error) {
    if (of(context).given_back_) return WEIR_START_LATER;
    Result<int32_t>& start = of(context).outside_start_;
    return start ? *start : start.status().to_abi(error);
}

int32_t Instance::may_lose(weir_context* context) { return of(context).may_lose_ ? 1 : 0; }

Instance::~Instance() {
    std::string fault;
    if (self_) fault = call_plugin_void([&] { api().destroy(self_); });
    if (!fault.empty()) HostServices::get().log(WEIR_LOG_ERROR, fmt::format("{}: destroy: {}", name_, fault));
    for (auto& codec : codecs_) {
        fault = call_plugin_void([&] { codec.codec.api->destroy(codec.codec.self); });
        if (!fault.empty()) HostServices::get().log(WEIR_LOG_ERROR, fmt::format("{}: destroy: {}", name_, fault));
    }
}

void Instance::leave_host() {
    host_.store(nullptr);
    while (within_.load() > 0) std::this_thread::yield();  // for the length of a wake
    counters_.begin_again();
    metrics_.begin_again();
}

void Instance::move_to(const NodeSpec& node, OperatorResolver& resolver) {
    node_ = &node;
    resolver_.of = &resolver;
}

Status Instance::make_codec(std::string_view json, weir_codec* out) {
    auto parsed = Json::parse(json, nullptr, false);
    if (!parsed.is_object() || !parsed.contains("codec") || !parsed["codec"].is_string())
        return Status::config("", fmt::format("`{}` names no codec", json));
    std::string name = parsed["codec"].get<std::string>();
    const OperatorInfo* info = resolver_.catalog().find_codec(name);
    if (!info) return Status::config("", fmt::format("there is no codec `{}`", name));
    auto code = resolver_.resolve(*info);
    if (!code) return code.status();
    auto* codec_api = static_cast<const weir_codec_api*>(code->descriptor->api);
    std::string config = parsed.value("config", Json::object()).dump();
    void* self = nullptr;
    Status made = call_plugin([&](weir_error* error) {
        return codec_api->create(code->descriptor, &HostServices::get().abi(), to_abi(config), &self, error);
    });
    if (!made.ok()) return made;
    if (!self) return Status::fatal(fmt::format("codec {} gave no instance", name));
    *out = weir_codec{sizeof(weir_codec), 0, codec_api, self};
    codecs_.push_back({*code, *out});
    return {};
}

void Instance::fill_context(const InstanceOptions& options) {
    topology_ = options.topology;
    connection_ = options.connection;
    context_.owner = this;
    context_.size = sizeof(weir_context);
    context_.worker = options.worker;
    context_.workers = options.workers;
    context_.flags = options.flags;
    context_.host = &HostServices::get().abi();
    context_.topology = to_abi(topology_);
    context_.node = to_abi(name_);
    context_.emit = [](weir_context* c, uint32_t port, weir_batch* batch) -> int32_t {
        InstanceHost* host = of(c).host_.load(std::memory_order_acquire);
        return host ? host->on_emit(of(c), port, batch) : static_cast<int32_t>(WEIR_E_UNSUPPORTED);
    };
    context_.fail_rows = [](weir_context* c, const weir_batch* batch, const weir_row_error* errors, uint64_t n) {
        if (InstanceHost* host = of(c).host_.load(std::memory_order_acquire)) host->on_fail_rows(of(c), batch, errors, n);
    };
    context_.retain = [](weir_context*, const weir_batch* batch, weir_batch* out) {
        *out = weir_batch{};
        HostBatch* held = batch ? HostBatch::of(*batch) : nullptr;
        if (!held) return;  // a batch that the host never had cannot be kept
        held->retain();
        *out = *batch;
    };
    context_.release = [](weir_context*, weir_batch* batch) {
        if (HostBatch* held = HostBatch::of(*batch)) held->release();
        *batch = weir_batch{};
    };
    context_.retain_column = [](weir_context*, const weir_batch* batch, int64_t column, ArrowArray* out) {
        *out = ArrowArray{};
        HostBatch* held = batch ? HostBatch::of(*batch) : nullptr;
        if (held && column >= 0 && column < held->view().array->n_children) weir::host::retain_column(held, column, out);
    };
    context_.connection = [](weir_context* c) { return of(c).connection_; };
    context_.codec = [](weir_context* c, weir_str json, weir_codec* out, weir_error* error) {
        return of(c).make_codec(view(json), out).to_abi(error);
    };
    context_.now = [](weir_context* c) {
        return of(c).with_host([](InstanceHost* host) { return host ? host->now() : system_now(); });
    };
    context_.wake_at = [](weir_context* c, int64_t time) {
        if (InstanceHost* host = of(c).host_.load(std::memory_order_acquire)) host->on_wake_at(of(c), time);
    };
    context_.wake = [](weir_context* c) {
        of(c).with_host([c](InstanceHost* host) {
            if (host) host->on_wake(of(c));
        });
    };
    context_.log = [](weir_context* c, uint32_t level, weir_str text) {
        const Instance& instance = of(c);
        HostServices::get().log({level, instance.topology_, instance.name_, view(text)});
    };
    context_.metric = [](weir_context* c, const char* name, uint32_t type, const char* doc) {
        return of(c).metrics_.add(name ? name : "unnamed", type, doc);
    };
    context_.metric_add = [](weir_context* c, uint32_t metric, int64_t delta) {
        if (auto* m = of(c).metrics_.find(metric)) m->value.fetch_add(delta, std::memory_order_relaxed);
    };
    context_.metric_set = [](weir_context* c, uint32_t metric, int64_t value) {
        if (auto* m = of(c).metrics_.find(metric)) m->value.store(value, std::memory_order_relaxed);
    };
}

}  // namespace weir::host
