// The built-in codecs, for harnesses of sources and sinks: HarnessOptions::codec = make_codec.
#pragma once

#include <memory>
#include <vector>

#include "built_plugin.hpp"

namespace weir::testing {

// Answers weir_context.codec; what it makes lives until the process ends, as small as tests are.
inline int32_t make_codec(weir_str json, weir_codec *out, weir_error *error) {
    static const Plugin codecs = built_plugin("codecs");
    Json wanted = Json::parse(view(json));
    const weir_operator &op = codecs.find(wanted["codec"].get<std::string>(), WEIR_KIND_CODEC);
    std::string config = with_defaults(op.params, op.n_params, wanted.value("config", Json::object())).dump();
    out->api = static_cast<const weir_codec_api *>(op.api);
    static std::vector<std::unique_ptr<void, void (*)(void *)>> made;
    int32_t code = out->api->create(&op, &TestHost::get().abi(), to_abi(config), &out->self, error);
    if (code >= 0) made.emplace_back(out->self, out->api->destroy);
    return code;
}

}  // namespace weir::testing
