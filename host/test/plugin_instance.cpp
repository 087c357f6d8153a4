#include "host/test/plugin_instance.hpp"

#include <weir/memory.hpp>

#include "host/engine/instance.hpp"
#include "host/loader/plugin_call.hpp"

namespace weir::host::test {

// While it lives the stand-in's context answers for the plugin's own instance. Calls are of one thread and do not nest.
class PluginInstance::Scope {
public:
    explicit Scope(PluginInstance& instance)
        : context_(*instance.context_),
          flags_(context_.flags),
          codec_(context_.codec),
          connection_(context_.connection) {
        current = this;
        instance_ = &instance;
        context_.flags |= WEIR_CONTEXT_CHECK_ONLY;
        context_.connection = [](weir_context*) { return current->instance_->connection_; };
        context_.codec = [](weir_context* context, weir_str json, weir_codec* out, weir_error* error) {
            weir_codec real{sizeof(weir_codec), 0, nullptr, nullptr};
            const int32_t code = current->codec_(context, json, &real, error);
            if (code != WEIR_OK) return code;
            NotedCodec& noted = current->instance_->codecs_.emplace_back(NotedCodec{current->instance_, real});
            *out = weir_codec{sizeof(weir_codec), 0, &noting_codec(), &noted};
            return code;
        };
    }
    ~Scope() {
        context_.flags = flags_;
        context_.codec = codec_;
        context_.connection = connection_;
        current = nullptr;
    }
    Scope(const Scope&) = delete;
    Scope& operator=(const Scope&) = delete;

private:
    static thread_local Scope* current;
    PluginInstance* instance_ = nullptr;
    weir_context& context_;
    const uint32_t flags_;
    decltype(weir_context::codec) const codec_;
    decltype(weir_context::connection) const connection_;
};

thread_local PluginInstance::Scope* PluginInstance::Scope::current = nullptr;

namespace {

// A bind request that notes the answer on its way to the host.
struct NotedBind : weir_bind {
    NotedBind(const weir_bind& request, std::vector<std::optional<Schema>>& answers)
        : weir_bind(request), outer(request), outputs(answers) {
        set_output = [](const weir_bind* self, uint32_t port, ArrowSchema* schema) {
            auto& noted = *static_cast<const NotedBind*>(self);
            if (schema && schema->release && port < noted.outputs.size())
                if (auto known = import_schema(*schema)) noted.outputs[port] = std::move(*known);
            noted.outer.set_output(&noted.outer, port, schema);
        };
        reads = [](const weir_bind* self, uint32_t input, weir_str column) {
            const weir_bind& to = static_cast<const NotedBind*>(self)->outer;
            to.reads(&to, input, column);
        };
        reads_nothing = [](const weir_bind* self, uint32_t input) {
            const weir_bind& to = static_cast<const NotedBind*>(self)->outer;
            to.reads_nothing(&to, input);
        };
    }
    const weir_bind& outer;
    std::vector<std::optional<Schema>>& outputs;
};

}  // namespace

const weir_codec_api& PluginInstance::noting_codec() {
    static const weir_codec_api api = [] {
        weir_codec_api made{};
        made.size = sizeof made;
        made.bind_decode = [](void* self, const ArrowSchema* record, weir_error* error) -> int32_t {
            const auto& codec = *static_cast<NotedCodec*>(self);
            if (!codec.real.api->bind_decode) return WEIR_E_UNSUPPORTED;
            codec.owner->note(codec, *record, true);
            return codec.real.api->bind_decode(codec.real.self, record, error);
        };
        made.bind_encode = [](void* self, const ArrowSchema* rows, weir_error* error) -> int32_t {
            const auto& codec = *static_cast<NotedCodec*>(self);
            if (!codec.real.api->bind_encode) return WEIR_E_UNSUPPORTED;
            codec.owner->note(codec, *rows, false);
            return codec.real.api->bind_encode(codec.real.self, rows, error);
        };
        made.decode = [](void* self, const weir_decode* in, ArrowArray* out, weir_error* error) {
            const auto& codec = *static_cast<NotedCodec*>(self);
            return codec.real.api->decode(codec.real.self, in, out, error);
        };
        made.encode = [](void* self, const weir_encode* in, weir_encoded* out, weir_error* error) {
            const auto& codec = *static_cast<NotedCodec*>(self);
            return codec.real.api->encode(codec.real.self, in, out, error);
        };
        return made;
    }();
    return api;
}

void PluginInstance::note(const NotedCodec& codec, const ArrowSchema& schema, bool decodes) {
    auto known = import_schema(schema);
    if (!noting_ || !known) return;
    Codec& noted = noting_->codecs.emplace_back();
    noted.codec = codec.real;
    (decodes ? noted.decodes : noted.encodes) = std::move(*known);
}

Result<std::unique_ptr<PluginInstance>> PluginInstance::create(const weir_operator& op, weir_context* context,
                                                               void* connection, weir_str config) {
    std::unique_ptr<PluginInstance> made(new PluginInstance(op, context, connection));
    const Scope scope(*made);
    Status status = Instance::must_be_done("create", call_plugin([&](weir_error* error) {
        return made->api().create(&op, context, config, &made->self_, error);
    }));
    if (!status.ok()) return status;
    if (!made->self_) return Status::fatal("create succeeded but gave no instance");
    return made;
}

PluginInstance::~PluginInstance() {
    if (!self_) return;
    const Scope scope(*this);
    (void)call_plugin_void([&] { api().destroy(self_); });
}

Result<PluginInstance::Bound> PluginInstance::bind(const weir_bind& request) {
    Bound bound;
    bound.outputs.resize(request.n_outputs);
    const NotedBind noted(request, bound.outputs);
    noting_ = &bound;
    const Scope scope(*this);
    const auto call = [&](weir_error* error) { return api().bind(self_, &noted, error); };
    Status status = Instance::must_be_done("bind", call_plugin(call));
    noting_ = nullptr;
    if (!status.ok()) return status;
    return bound;
}

}  // namespace weir::host::test
