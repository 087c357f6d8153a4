// Of weir/state.hpp: from C++ types to the layouts of weir/abi/keyed.h, and the way to the host.
#pragma once

#include <weir/state.hpp>

namespace weir {

namespace detail {

template <class T>
inline constexpr bool kIsOptional = false;
template <class T>
inline constexpr bool kIsOptional<std::optional<T>> = true;

template <class T>
constexpr const char *arrow_format() {
    if constexpr (std::is_same_v<T, bool>) return "b";
    else if constexpr (std::is_same_v<T, float>) return "f";
    else if constexpr (std::is_same_v<T, double>) return "g";
    else if constexpr (std::is_same_v<T, Int128>) return "d:38,0";
    else if constexpr (std::is_same_v<T, weir_state_bytes>) return "u";
    else {
        static_assert(std::is_integral_v<T>, "a field is a bool, an integer, a float, a weir_state_bytes, or one of them optional");
        constexpr bool is_signed = std::is_signed_v<T>;
        if constexpr (sizeof(T) == 1) return is_signed ? "c" : "C";
        if constexpr (sizeof(T) == 2) return is_signed ? "s" : "S";
        if constexpr (sizeof(T) == 4) return is_signed ? "i" : "I";
        return is_signed ? "l" : "L";
    }
}

// Which byte of an optional says that there is a value: the one that is not zero when it holds a zero.
template <class T>
uint32_t present_byte() {
    static const uint32_t found = [] {
        unsigned char bytes[sizeof(std::optional<T>)] = {};
        new (bytes) std::optional<T>(T{});
        uint32_t at = sizeof(T);
        while (at < sizeof bytes && !bytes[at]) ++at;
        return at;
    }();
    return found;
}

template <class M>
weir_state_field field_at(const char *name, size_t offset, const char *format) {
    weir_state_field out{sizeof(weir_state_field), static_cast<uint32_t>(offset), WEIR_NEVER_NULL, 0, name, format};
    if constexpr (kIsOptional<M>) {
        using V = typename M::value_type;
        out.present = out.offset + present_byte<V>();
        if (!format) out.format = arrow_format<V>();
    } else if (!format) {
        out.format = arrow_format<M>();
    }
    return out;
}

template <class T>
struct Layout {
    static std::vector<weir_state_field> fields() {
        if constexpr (requires { T::fields(); })
            return T::fields();
        else
            return {field_at<T>("value", 0, nullptr)};
    }
};
template <>
struct Layout<std::string> {
    static std::vector<weir_state_field> fields() { return {field_at<weir_state_bytes>("value", 0, nullptr)}; }
};

weir_state_layout layout_of(uint32_t version, size_t slot_bytes, const std::vector<weir_state_field> &fields);

struct OlderLayout {
    uint32_t version;
    size_t slot_bytes;
    std::vector<weir_state_field> fields;
    int32_t (*convert)(weir_context *, uint32_t, const void *, void *);

    template <class Old, auto Convert>
    static OlderLayout of(uint32_t version) {
        return {version, sizeof(Old), Layout<Old>::fields(),
                [](weir_context *, uint32_t, const void *from, void *to) noexcept -> int32_t {
                    return convert_one(Convert, from, to);
                }};
    }

private:
    template <class Old, class New>
    static int32_t call(void (*convert)(const Old &, New &), const void *from, void *to) {
        try {
            convert(*static_cast<const Old *>(from), *static_cast<New *>(to));
            return WEIR_OK;
        } catch (...) {
            return WEIR_E_STATE_VERSION;
        }
    }
    template <class F>
    static int32_t convert_one(F convert, const void *from, void *to) {
        return call(+convert, from, to);
    }
};

const weir_state_api *state_api(weir_context *context);
void fail_call(int32_t code, const char *call);  // throws
inline void check(int32_t code, const char *call) {
    if (code < 0) fail_call(code, call);
}

// A declared state as its owner reaches it. Throws std::runtime_error, which ends the call, where the host refuses.
class HostState {
public:
    HostState(Context context, const char *name, const StateOptions &options, const std::vector<weir_state_field> &fields,
              size_t slot_bytes, const std::vector<OlderLayout> &older, uint32_t flags = 0);

    void **resolve(const weir_batch &batch, const int64_t *times, uint32_t flags) {
        slots_.resize(static_cast<size_t>(batch.rows));
        check(api_->resolve(context_, number_, &batch, times, flags, slots_.data()), "resolve");
        return slots_.data();
    }
    void *item(const weir_batch &batch, int64_t row, std::string_view key, uint32_t flags) {
        const weir_state_item one{row, to_abi(key)};
        void *slot = nullptr;
        check(api_->resolve_items(context_, number_, &batch, &one, 1, flags, &slot), "resolve_items");
        return slot;
    }
    void *of_all(std::string_view key, uint32_t flags) {
        const weir_str one = to_abi(key);
        void *slot = nullptr;
        check(api_->resolve_broadcast(context_, number_, &one, 1, flags, &slot), "resolve_broadcast");
        return slot;
    }
    template <class F>
    void scan_all(F each) {
        check(api_->scan_broadcast(context_, number_, &each, [](void *data, weir_str key, const void *slot) noexcept -> int32_t {
                  (*static_cast<F *>(data))(view(key), slot);
                  return WEIR_OK;
              }), "scan_broadcast");
    }
    void erase(void *slot) { check(api_->erase(context_, number_, slot), "erase"); }
    void set_bytes(weir_state_bytes &field, std::string_view text) {
        check(api_->set_bytes(context_, number_, &field, to_abi(text)), "set_bytes");
    }

private:
    weir_context *context_;
    const weir_state_api *api_;
    uint32_t number_ = 0;
    std::vector<void *> slots_;
};

// Values in the slots of items.
template <class T>
struct Slot {
    using type = T;
    static T load(const void *slot) { return *static_cast<const T *>(slot); }
    static void store(HostState &, void *slot, const T &value) { *static_cast<T *>(slot) = value; }
};
template <>
struct Slot<std::string> {
    using type = weir_state_bytes;
    static std::string load(const void *slot) {
        const auto &text = *static_cast<const weir_state_bytes *>(slot);
        return text.size ? std::string(text.data, text.size) : std::string();
    }
    static void store(HostState &state, void *slot, const std::string &value) {
        state.set_bytes(*static_cast<weir_state_bytes *>(slot), value);
    }
};

template <class T>
HostState items_state(Context context, const std::string &name, const StateOptions &options, uint32_t flag = WEIR_STATE_ITEMS) {
    return HostState(context, name.c_str(), options, Layout<T>::fields(), sizeof(typename Slot<T>::type), {}, flag);
}

// Keys of items in the order of their values.
inline std::string item_key(const std::string &key) { return key; }
template <class K>
    requires std::is_integral_v<K>
std::string item_key(K key) {
    auto word = static_cast<uint64_t>(key);
    if constexpr (std::is_signed_v<K>) word ^= uint64_t{1} << 63;
    std::string out(8, '\0');
    for (size_t i = 0; i < 8; ++i) out[i] = static_cast<char>(word >> (56 - 8 * i));
    return out;
}
template <class K>
K key_of_item(std::string_view bytes) {
    if constexpr (std::is_same_v<K, std::string>) {
        return std::string(bytes);
    } else {
        uint64_t word = 0;
        for (char byte : bytes) word = word << 8 | static_cast<uint8_t>(byte);
        if constexpr (std::is_signed_v<K>) word ^= uint64_t{1} << 63;
        return static_cast<K>(word);
    }
}

}  // namespace detail

template <class T, class M>
weir_state_field field(const char *name, M T::*member, const char *format) {
    const T probe{};
    const auto at = reinterpret_cast<const char *>(&(probe.*member)) - reinterpret_cast<const char *>(&probe);
    return detail::field_at<M>(name, static_cast<size_t>(at), format);
}

}  // namespace weir
