#include "host/test/stand_in.hpp"

namespace weir::host::test {
namespace {

constexpr weir_port kTapInputs[] = {port("in", "What is to be looked at.", WEIR_PORT_MANY)};

}  // namespace

StandIn stand_in_for(const ResolvedOperator& plugin, World& world, OperatorResolver& resolver) {
    StandIn made;
    static_cast<weir_operator&>(made) = *plugin.descriptor;
    made.plugin = plugin.descriptor;
    made.module = plugin.module;
    made.world = &world;
    made.resolver = &resolver;
    made.flags &= ~WEIR_OP_OUTBOX;  // what it writes is the World's at once
    switch (made.kind) {
        case WEIR_KIND_SOURCE: made.api = &test_source_api(); break;
        case WEIR_KIND_SINK: made.api = &test_sink_api(); break;
        default: made.api = &test_connection_api(); break;
    }
    if (made.kind != WEIR_KIND_CONNECTION) made.state_version = 0;
    return made;
}

StandIn tap_of(const std::vector<Tap>& taps, World& world) {
    StandIn made;
    static_cast<weir_operator&>(made) =
        weir::detail::spec(WEIR_KIND_SINK, "tap", "Notes rows.", &tap_api()).inputs(kTapInputs);
    made.world = &world;
    made.taps = &taps;
    return made;
}

}  // namespace weir::host::test
