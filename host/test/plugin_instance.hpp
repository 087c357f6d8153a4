// The plugin's own source or sink behind a stand-in: created and bound as for lint, never opened. It checks its
// configuration and its schemas as ever, and tells which codecs it asked the host for and what it bound them to; the
// stand-in then uses those codecs where the plugin would have.
//
// Threads: host thread.
#pragma once

#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <weir/abi.h>
#include <weir/result.hpp>
#include <weir/types.hpp>

namespace weir::host::test {

class PluginInstance {
public:
    // Runs the plugin's create in the context of the stand-in. `connection`: the plugin's own, if it needs one.
    static Result<std::unique_ptr<PluginInstance>> create(const weir_operator& op, weir_context* context,
                                                          void* connection, weir_str config);
    ~PluginInstance();
    PluginInstance(const PluginInstance&) = delete;
    PluginInstance& operator=(const PluginInstance&) = delete;

    // A codec, and the record that it was bound to decode, or the rows to encode, in the last bind.
    struct Codec {
        weir_codec codec{};
        std::optional<Schema> decodes, encodes;
    };
    struct Bound {
        std::vector<std::optional<Schema>> outputs;
        std::vector<Codec> codecs;  // in the order in which they were bound
    };
    // Runs the plugin's bind; what it answers goes on to `request`.
    Result<Bound> bind(const weir_bind& request);

private:
    struct NotedCodec {
        PluginInstance* owner = nullptr;
        weir_codec real{};
    };
    class Scope;

    PluginInstance(const weir_operator& op, weir_context* context, void* connection)
        : op_(op), context_(context), connection_(connection) {}
    const weir_instance_api& api() const { return *static_cast<const weir_instance_api*>(op_.api); }
    static const weir_codec_api& noting_codec();
    void note(const NotedCodec& codec, const ArrowSchema& schema, bool decodes);

    const weir_operator& op_;
    weir_context* const context_;
    void* const connection_;
    void* self_ = nullptr;
    std::deque<NotedCodec> codecs_;
    Bound* noting_ = nullptr;  // while it binds
};

}  // namespace weir::host::test
