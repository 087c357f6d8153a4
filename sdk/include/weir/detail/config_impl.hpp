// Definitions for weir/config.hpp.
#pragma once

#include <weir/config.hpp>
#include <weir/detail/linkage.hpp>

namespace weir {

namespace detail {

template <class T>
T config_value(const Config &config, const char *name, bool (Config::Json::*is)() const noexcept) {
    return config.has(name) && (config.json().at(name).*is)() ? config.json().at(name).get<T>() : T{};
}

}  // namespace detail

WEIR_INLINE Config::Config() = default;
WEIR_INLINE Config::Config(Json value) : value_(std::move(value)) {}
WEIR_INLINE Config::Config(const Config &) = default;
WEIR_INLINE Config::Config(Config &&) noexcept = default;
WEIR_INLINE Config &Config::operator=(const Config &) = default;
WEIR_INLINE Config &Config::operator=(Config &&) noexcept = default;
WEIR_INLINE Config::~Config() = default;

WEIR_INLINE Result<Config> Config::parse(std::string_view text) {
    auto value = Json::parse(text, nullptr, false);
    if (value.is_discarded()) return Status::config("", "the configuration is not JSON");
    return Config(std::move(value));
}

WEIR_INLINE bool Config::has(const char *name) const {
    return value_.is_object() && value_.contains(name) && !value_.at(name).is_null();
}

WEIR_INLINE std::string Config::string(const char *name) const {
    return detail::config_value<std::string>(*this, name, &Json::is_string);
}

WEIR_INLINE int64_t Config::int64(const char *name) const {
    return detail::config_value<int64_t>(*this, name, &Json::is_number_integer);
}

WEIR_INLINE double Config::float64(const char *name) const {
    return detail::config_value<double>(*this, name, &Json::is_number);
}

WEIR_INLINE bool Config::boolean(const char *name) const {
    return detail::config_value<bool>(*this, name, &Json::is_boolean);
}

WEIR_INLINE std::vector<std::string> Config::strings(const char *name) const {
    std::vector<std::string> out;
    const Config list = child(name);
    for (const auto &item : list.json())
        if (item.is_string()) out.push_back(item.get<std::string>());
    return out;
}

WEIR_INLINE Config Config::child(const char *name) const { return has(name) ? Config(value_.at(name)) : Config(); }

WEIR_INLINE std::string Config::text(const char *name) const { return has(name) ? value_.at(name).dump() : "null"; }

WEIR_INLINE Result<Schema> Config::record(const char *name) const {
    Schema schema;
    const Config fields = child(name).child("fields");
    for (const auto &field : fields.json()) {
        std::string column = field.value("name", "");
        auto parsed = parse_field(column, field.value("type", ""));
        if (!parsed) return Status::config(std::string(name) + "." + column, parsed.status().message());
        parsed->nullable = field.value("nullable", parsed->nullable);
        parsed->path = field.value("path", "");
        parsed->format = field.value("format", "");
        schema.fields.push_back(std::move(*parsed));
    }
    return schema;
}

}  // namespace weir
