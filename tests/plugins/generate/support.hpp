// A harness around the source generate, with the built-in codecs behind it.
#pragma once

#include <memory>

#include "../built_plugin.hpp"

namespace weir::testing {

using Rows = std::vector<std::string>;

inline const Plugin &generate_plugin() {
    static const Plugin loaded = built_plugin("generate");
    return loaded;
}

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

inline std::unique_ptr<Harness> generate(const std::string &config, HarnessOptions options = {}) {
    options.codec = make_codec;
    return std::make_unique<Harness>(generate_plugin(), "generate", config, std::vector<Schema>{}, options);
}

// All rows of a source that ends, of its only split.
inline Rows all_rows(const std::string &config) {
    auto h = generate(config);
    if (Status s = h->start(); !s.ok()) return {s.path() + ": " + s.message()};
    (void)h->assign(0, h->discover().at(0));
    for (int polls = 0; polls < 10'000; ++polls)
        if (!h->poll(0).is_more()) break;
    return h->take();
}

}  // namespace weir::testing
