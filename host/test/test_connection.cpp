// A connection that reaches nothing. Its plugin still checks its configuration; what it decides, the World remembers.
#include <weir/memory.hpp>

#include "host/loader/plugin_call.hpp"
#include "host/test/stand_in.hpp"

namespace weir::host::test {
namespace {

struct TestConnection {
    const StandIn& op;
    std::string name;
    void* plugin = nullptr;

    const weir_connection_api& api() const { return *static_cast<const weir_connection_api*>(op.plugin->api); }
    std::string& marker() const { return op.world->marker(name); }
};

TestConnection& of(void* self) { return *static_cast<TestConnection*>(self); }

int32_t create(const weir_operator* op, weir_connection_context* context, weir_str config, void** self,
               weir_error* error) {
    const auto& stand_in = *static_cast<const StandIn*>(op);
    auto made = std::make_unique<TestConnection>(TestConnection{stand_in, std::string(view(context->name))});
    context->flags |= WEIR_CONTEXT_CHECK_ONLY;
    context->checkpoint = 0;  // a test's epochs come by no clock
    const int32_t code = made->api().create(made->op.plugin, context, config, &made->plugin, error);
    if (code == WEIR_OK) *self = made.release();
    return code;
}

}  // namespace

const weir_connection_api& test_connection_api() {
    static const weir_connection_api api = [] {
        weir_connection_api made{};
        made.size = sizeof made;
        made.create = create;
        made.destroy = [](void* self) {
            const std::unique_ptr<TestConnection> gone(&of(self));
            if (gone->plugin) gone->api().destroy(gone->plugin);
        };
        made.begin = [](void*, uint64_t, weir_error*) -> int32_t { return WEIR_OK; };
        made.prepare = [](void*, uint64_t, weir_error*) -> int32_t { return WEIR_OK; };
        made.commit = [](void* self, uint64_t, weir_str marker, weir_error*) -> int32_t {
            of(self).marker() = view(marker);
            return WEIR_OK;
        };
        made.abort = [](void*, uint64_t, weir_error*) -> int32_t { return WEIR_OK; };
        made.last_committed = [](void* self, const weir_bytes_out* out, weir_error*) -> int32_t {
            const std::string& marker = of(self).marker();
            if (!marker.empty()) out->put(out, to_abi(marker));
            return WEIR_OK;
        };
        return made;
    }();
    return api;
}

void* plugin_connection(void* test_connection) { return test_connection ? of(test_connection).plugin : nullptr; }

}  // namespace weir::host::test
