// What stands in for sources, sinks and connections in a topology under test: their transport is the World's, all else
// is the plugin's own. A tap is a sink beside the topology's own that notes what a port emits.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include <weir/operator.hpp>

#include "host/loader/resolver.hpp"
#include "host/test/world.hpp"

namespace weir::host::test {

// A port that a tap reads, by the name of its output. Where others read it, too, the tap gets what is made for them.
struct Tap {
    std::string output;
    bool is_alone = false;
};

// The descriptor of a stand-in; create gets it as its weir_operator.
struct StandIn : weir_operator {
    const weir_operator* plugin = nullptr;  // null for the tap
    std::shared_ptr<const void> module;     // keeps the plugin loaded
    World* world = nullptr;
    OperatorResolver* resolver = nullptr;
    const std::vector<Tap>* taps = nullptr;  // of the tap, in the order of its edges
};

// As the plugin's operator, with other code behind it.
StandIn stand_in_for(const ResolvedOperator& plugin, World& world, OperatorResolver& resolver);
// A sink of any number of inputs.
StandIn tap_of(const std::vector<Tap>& taps, World& world);

const weir_instance_api& test_source_api();
const weir_instance_api& test_sink_api();
const weir_instance_api& tap_api();
const weir_connection_api& test_connection_api();
// The plugin's own connection behind the one that stands in for it; null for null.
void* plugin_connection(void* test_connection);

// Instances that are bound by the request itself.
class StandInInstance : public weir::Instance {
public:
    using weir::Instance::Instance;
    virtual Status bind_as(const weir_bind& request) = 0;
};

// The functions of a StandInInstance of which `make` makes one.
using MakeStandIn = Result<std::unique_ptr<StandInInstance>> (*)(const StandIn&, weir_context*, weir_str config);
template <MakeStandIn make>
weir_instance_api make_stand_in_api() {
    weir_instance_api api = weir::detail::make_instance_api();
    api.create = [](const weir_operator* op, weir_context* context, weir_str config, void** self, weir_error* error) {
        return weir::detail::guarded(error, [&]() -> Status {
            auto made = make(*static_cast<const StandIn*>(op), context, config);
            if (!made) return made.status();
            *self = static_cast<weir::Instance*>(made->release());
            return {};
        });
    };
    api.bind = [](void* self, const weir_bind* request, weir_error* error) {
        return weir::detail::guarded(error, [&]() -> Status {
            auto& instance = static_cast<StandInInstance&>(*weir::detail::instance(self));
            std::vector<Schema> inputs;
            for (uint32_t i = 0; i < request->n_inputs; ++i) {
                auto schema = import_schema(*request->inputs[i].schema);
                if (!schema) return schema.status();
                inputs.push_back(std::move(*schema));
            }
            instance.set_input_schemas(std::move(inputs));
            return instance.bind_as(*request);
        });
    };
    return api;
}

}  // namespace weir::host::test
