// Harnesses around file.source and file.sink, in a folder of their own.
#pragma once

#include <memory>

#include "../built_codec.hpp"
#include "../scratch_folder.hpp"

namespace weir::testing {

using Lines = std::vector<std::string>;

inline std::unique_ptr<Harness> file_harness(const char *name, Json config, std::vector<Schema> inputs = {},
                                             HarnessOptions options = {}) {
    static const Plugin plugin = built_plugin("file");
    options.codec = make_codec;
    if (config.contains("record")) {  // as the host gives it
        Json fields = Json::array();
        for (const auto &[column, type] : config["record"].items()) fields.push_back({{"name", column}, {"type", type}});
        config["record"] = {{"fields", fields}};
    }
    return std::make_unique<Harness>(plugin, name, config.dump(), std::move(inputs), options);
}

// A source that has begun, with the split 0: the file, from `position`.
inline std::unique_ptr<Harness> reading(const std::string &path, Json config = Json::object(),
                                        std::optional<std::string> position = {}, HarnessOptions options = {}) {
    config["path"] = path;
    auto h = file_harness("file.source", config, {}, std::move(options));
    if (Status s = h->start(); !s.ok()) throw std::runtime_error(s.path() + ": " + s.message());
    if (auto splits = h->discover(); splits.size() != 1) throw std::runtime_error("not one split");
    if (Status s = h->assign(0, path, position); !s.ok()) throw std::runtime_error(s.message());
    return h;
}

// What it reads until it is dry or at its end.
inline Lines read_all(Harness &h) {
    for (;;) {
        Status status = h.poll(0);
        if (!status.ok()) throw std::runtime_error(status.message());
        if (!status.is_more()) return h.take();
    }
}

// Lines of one column `value`.
inline Lines values(std::initializer_list<const char *> texts) {
    Lines out;
    for (const char *text : texts) out.push_back(Json{{"value", text}}.dump());
    return out;
}

}  // namespace weir::testing
