// Declaring parameters, ports and operators as constants: the ABI's descriptors with defaults filled in.
//
//   constexpr weir_param kParams[] = {
//       weir::param("value", WEIR_PARAM_COLUMN, "The column to add up.").required().primary(),
//       weir::param("unit", WEIR_PARAM_STRING, "Shown behind sums.").default_json("\"EUR\""),
//   };
//   constexpr weir_operator kSum = weir::operator_spec<Sum>("sum", "Adds up a column.").params(kParams);
//
// Texts and arrays must be constants of the module: the descriptors only point to them.
#pragma once

#include <cstdint>
#include <span>

#include <weir/abi.h>

namespace weir {

struct Param : weir_param {
    constexpr Param required() const { return with(WEIR_PARAM_REQUIRED); }
    constexpr Param secret() const { return with(WEIR_PARAM_SECRET); }
    constexpr Param primary() const { return with(WEIR_PARAM_PRIMARY); }
    constexpr Param scalar_or_list() const { return with(WEIR_PARAM_SCALAR_OR_LIST); }
    constexpr Param default_json(const char *json) const {
        Param p = *this;
        p.weir_param::default_json = json;
        return p;
    }
    constexpr Param one_of(const char *json_array) const {
        Param p = *this;
        p.one_of_json = json_array;
        return p;
    }
    // Members of an object, or the one description of a list's elements or a map's values.
    constexpr Param fields(std::span<const weir_param> members) const {
        Param p = *this;
        p.weir_param::fields = members.data();
        p.n_fields = static_cast<uint32_t>(members.size());
        return p;
    }

private:
    constexpr Param with(uint32_t flag) const {
        Param p = *this;
        p.flags |= flag;
        return p;
    }
};

constexpr Param param(const char *name, uint32_t type, const char *doc) {
    Param p{};
    p.size = sizeof(weir_param);
    p.type = type;
    p.name = name;
    p.doc = doc;
    return p;
}

constexpr weir_port port(const char *name, const char *doc, uint32_t flags = 0) {
    return {sizeof(weir_port), flags, name, doc};
}

inline constexpr weir_port kDefaultInput[] = {port("in", "Rows.")};
inline constexpr weir_port kDefaultOutput[] = {port("out", "Rows.")};

struct OperatorSpec : weir_operator {
    constexpr OperatorSpec params(std::span<const weir_param> list) const {
        OperatorSpec s = *this;
        s.weir_operator::params = list.data();
        s.n_params = static_cast<uint32_t>(list.size());
        return s;
    }
    constexpr OperatorSpec inputs(std::span<const weir_port> list) const {
        OperatorSpec s = *this;
        s.weir_operator::inputs = list.data();
        s.n_inputs = static_cast<uint32_t>(list.size());
        return s;
    }
    constexpr OperatorSpec outputs(std::span<const weir_port> list) const {
        OperatorSpec s = *this;
        s.weir_operator::outputs = list.data();
        s.n_outputs = static_cast<uint32_t>(list.size());
        return s;
    }
    constexpr OperatorSpec with(uint32_t more_flags) const {
        OperatorSpec s = *this;
        s.flags |= more_flags;
        return s;
    }
    constexpr OperatorSpec state(uint32_t version, uint32_t kinds) const {
        OperatorSpec s = *this;
        s.state_version = version;
        s.state_kinds = kinds;
        return s;
    }
    constexpr OperatorSpec async(uint32_t capacity) const {
        OperatorSpec s = *this;
        s.async_capacity = capacity;
        return s;
    }
    constexpr OperatorSpec connection(const char *kind_name) const {
        OperatorSpec s = *this;
        s.weir_operator::connection = kind_name;
        return s;
    }
};

namespace detail {
constexpr OperatorSpec spec(uint32_t kind, const char *name, const char *doc, const void *api) {
    OperatorSpec s{};
    s.size = sizeof(weir_operator);
    s.kind = kind;
    s.name = name;
    s.doc = doc;
    s.api = api;
    return s;
}
}  // namespace detail

}  // namespace weir
