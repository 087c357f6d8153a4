// An instance's configuration: the JSON that the host has checked against the declared parameters.
//
// Since it was checked and defaulted, an accessor of a declared parameter with a default cannot fail; for an
// optional one without default ask has() first. A missing value reads as zero or empty. Plain value.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <nlohmann/json.hpp>

#include <weir/result.hpp>
#include <weir/types.hpp>

namespace weir {

class Config {
public:
    using Json = nlohmann::ordered_json;  // members keep the order in which they were written

    Config() = default;
    explicit Config(Json value) : value_(std::move(value)) {}
    static Result<Config> parse(std::string_view text) {
        auto value = Json::parse(text, nullptr, false);
        if (value.is_discarded()) return Status::config("", "the configuration is not JSON");
        return Config(std::move(value));
    }

    bool has(const char *name) const {
        return value_.is_object() && value_.contains(name) && !value_.at(name).is_null();
    }
    std::string string(const char *name) const { return get<std::string>(name, &Json::is_string); }
    int64_t int64(const char *name) const { return get<int64_t>(name, &Json::is_number_integer); }
    double float64(const char *name) const { return get<double>(name, &Json::is_number); }
    bool boolean(const char *name) const { return get<bool>(name, &Json::is_boolean); }
    std::chrono::microseconds duration(const char *name) const {
        return std::chrono::microseconds(int64(name));
    }
    std::vector<std::string> strings(const char *name) const {
        std::vector<std::string> out;
        const Config list = child(name);
        for (const auto &item : list.json())
            if (item.is_string()) out.push_back(item.get<std::string>());
        return out;
    }
    Config child(const char *name) const { return has(name) ? Config(value_.at(name)) : Config(); }
    // A WEIR_PARAM_RECORD as a schema.
    Result<Schema> record(const char *name) const;
    // The text of a parameter as JSON: what weir_context.codec takes.
    std::string text(const char *name) const { return has(name) ? value_.at(name).dump() : "null"; }

    const Json &json() const { return value_; }

private:
    template <class T>
    T get(const char *name, bool (Json::*is)() const noexcept) const {
        return has(name) && (value_.at(name).*is)() ? value_.at(name).get<T>() : T{};
    }

    Json value_;
};

inline Result<Schema> Config::record(const char *name) const {
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
