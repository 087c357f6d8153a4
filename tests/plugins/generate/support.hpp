// A harness around the source generate, with the built-in codecs behind it.
#pragma once

#include <memory>

#include "../built_codec.hpp"

namespace weir::testing {

using Rows = std::vector<std::string>;

inline const Plugin &generate_plugin() {
    static const Plugin loaded = built_plugin("generate");
    return loaded;
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
