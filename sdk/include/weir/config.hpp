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

    Config();
    explicit Config(Json value);
    Config(const Config &);
    Config(Config &&) noexcept;
    Config &operator=(const Config &);
    Config &operator=(Config &&) noexcept;
    ~Config();
    static Result<Config> parse(std::string_view text);

    bool has(const char *name) const;
    std::string string(const char *name) const;
    int64_t int64(const char *name) const;
    double float64(const char *name) const;
    bool boolean(const char *name) const;
    std::chrono::microseconds duration(const char *name) const {
        return std::chrono::microseconds(int64(name));
    }
    std::vector<std::string> strings(const char *name) const;
    Config child(const char *name) const;
    // A WEIR_PARAM_RECORD as a schema.
    Result<Schema> record(const char *name) const;
    // The text of a parameter as JSON: what weir_context.codec takes.
    std::string text(const char *name) const;

    const Json &json() const { return value_; }

private:
    Json value_;
};

}  // namespace weir

#ifndef WEIR_SDK_COMPILED
#include <weir/detail/config_impl.hpp>
#endif
