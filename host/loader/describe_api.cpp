// The functions that an operator must offer, by kind and flags. Optional ones are those that weir/abi.h says so of.
#include <initializer_list>

#include "host/loader/describe_internal.hpp"

namespace weir::host {
namespace {

struct Function {
    const char* name;
    bool is_there;
};

bool need(Mistake& mistake, const std::string& where, std::initializer_list<Function> functions) {
    for (const Function& f : functions)
        if (!f.is_there) return mistake.at(where, fmt::format("the function {} is NULL", f.name));
    return true;
}

#define WEIR_HAS(api, member) Function{#member, (api).member != nullptr}

bool check_instance(Mistake& mistake, const std::string& where, const weir_operator& op,
                    const weir_instance_api& api) {
    if (!need(mistake, where, {WEIR_HAS(api, create), WEIR_HAS(api, bind), WEIR_HAS(api, destroy)})) return false;
    if (op.kind == WEIR_KIND_SOURCE)
        return need(mistake, where,
                    {WEIR_HAS(api, discover), WEIR_HAS(api, assign), WEIR_HAS(api, revoke), WEIR_HAS(api, poll),
                     WEIR_HAS(api, position)});
    if (!need(mistake, where, {WEIR_HAS(api, process), WEIR_HAS(api, resume)})) return false;
    if ((op.flags & WEIR_OP_OWN_KEY) && !need(mistake, where, {WEIR_HAS(api, compute_key)})) return false;
    if ((op.flags & WEIR_OP_OUTBOX) &&
        !need(mistake, where, {WEIR_HAS(api, prepare), WEIR_HAS(api, commit)}))
        return false;
    return op.async_capacity == 0 || need(mistake, where, {WEIR_HAS(api, on_wake)});
}

bool check_codec(Mistake& mistake, const std::string& where, const weir_codec_api& api) {
    if (!need(mistake, where, {WEIR_HAS(api, create), WEIR_HAS(api, destroy)})) return false;
    const bool decodes = api.decode || api.bind_decode;
    const bool encodes = api.encode || api.bind_encode;
    if (!decodes && !encodes) return mistake.at(where, "it neither decodes nor encodes");
    if (decodes && !need(mistake, where, {WEIR_HAS(api, bind_decode), WEIR_HAS(api, decode)})) return false;
    return !encodes || need(mistake, where, {WEIR_HAS(api, bind_encode), WEIR_HAS(api, encode)});
}

bool check_connection(Mistake& mistake, const std::string& where, const weir_operator& op,
                      const weir_connection_api& api) {
    if (!need(mistake, where,
              {WEIR_HAS(api, create), WEIR_HAS(api, open), WEIR_HAS(api, close), WEIR_HAS(api, cancel),
               WEIR_HAS(api, destroy)}))
        return false;
    if (!(op.flags & WEIR_OP_TRANSACTIONAL)) return true;
    return need(mistake, where,
                {WEIR_HAS(api, begin), WEIR_HAS(api, prepare), WEIR_HAS(api, commit), WEIR_HAS(api, abort),
                 WEIR_HAS(api, last_committed)});
}

bool check_aggregate(Mistake& mistake, const std::string& where, const weir_aggregate_api& api) {
    if (!need(mistake, where,
              {WEIR_HAS(api, create), WEIR_HAS(api, destroy), WEIR_HAS(api, update), WEIR_HAS(api, merge),
               WEIR_HAS(api, result)}))
        return false;
    const bool has_outside = api.drop || api.outside_bytes;
    if ((has_outside || api.save || api.load) && !need(mistake, where, {WEIR_HAS(api, save), WEIR_HAS(api, load)}))
        return false;
    return !has_outside || need(mistake, where, {WEIR_HAS(api, drop), WEIR_HAS(api, outside_bytes)});
}

#undef WEIR_HAS

template <class Api>
const Api* api_of(Mistake& mistake, const std::string& where, const weir_operator& op) {
    const auto* api = static_cast<const Api*>(op.api);
    if (!api) {
        mistake.at(where, "api is NULL");
        return nullptr;
    }
    return check_size(mistake, where + ", api", api->size, sizeof(Api)) ? api : nullptr;
}

}  // namespace

bool check_api(Mistake& mistake, const std::string& where, const weir_operator& op) {
    switch (op.kind) {
        case WEIR_KIND_CODEC: {
            const auto* api = api_of<weir_codec_api>(mistake, where, op);
            return api && check_codec(mistake, where, *api);
        }
        case WEIR_KIND_CONNECTION: {
            const auto* api = api_of<weir_connection_api>(mistake, where, op);
            return api && check_connection(mistake, where, op, *api);
        }
        case WEIR_KIND_AGGREGATE: {
            const auto* api = api_of<weir_aggregate_api>(mistake, where, op);
            return api && check_aggregate(mistake, where, *api);
        }
        default: {
            const auto* api = api_of<weir_instance_api>(mistake, where, op);
            return api && check_instance(mistake, where, op, *api);
        }
    }
}

}  // namespace weir::host
