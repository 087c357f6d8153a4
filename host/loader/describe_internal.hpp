// Shared by the parts of describe: collecting the first mistake, and reading arrays of descriptors.
//
// Internal to the loader.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <weir/abi.h>
#include <weir/result.hpp>

#include "host/loader/manifest.hpp"

namespace weir::host {

inline constexpr size_t kMaxTextBytes = 64 * 1024;  // of one text of a descriptor
inline constexpr uint32_t kMaxElements = 4096;      // of one array of descriptors
inline constexpr uint32_t kMaxStructBytes = 4096;   // a larger `size` is none

// The first mistake. Reading goes on only as long as there is none.
class Mistake {
public:
    // False, so that a check may end in `return mistake.at(...)`. `where`: operator `x`, parameter `y`.
    bool at(const std::string& where, const std::string& what) {
        if (status_.ok()) status_ = Status::config("", where + ": " + what);
        return false;
    }
    const Status& status() const { return status_; }

private:
    Status status_;
};

// Copies a text. Refuses NULL, what is not UTF-8, and what has no end within kMaxTextBytes.
bool read_text(Mistake& mistake, const std::string& where, const char* member, const char* text,
               std::string* out);

// Whether a struct's `size` covers all of what this ABI version knows of it.
bool check_size(Mistake& mistake, const std::string& where, uint64_t size, uint64_t wanted);

// The elements of an array, whose stride is the `size` that each states.
template <class T>
bool read_array(Mistake& mistake, const std::string& where, const char* member, const T* first, uint32_t n,
                std::vector<const T*>* out) {
    if (n > kMaxElements) return mistake.at(where, fmt::format("n_{} is {}", member, n));
    if (n > 0 && !first) return mistake.at(where, fmt::format("{} is NULL, n_{} is {}", member, member, n));
    const auto* at = reinterpret_cast<const unsigned char*>(first);
    for (uint32_t i = 0; i < n; ++i) {
        const T* element = reinterpret_cast<const T*>(at);
        if (!check_size(mistake, fmt::format("{}, {}[{}]", where, member, i), element->size, sizeof(T)))
            return false;
        out->push_back(element);
        at += element->size;
    }
    return true;
}

// Parameters of an operator; `where` names it.
bool read_params(Mistake& mistake, const std::string& where, const weir_operator& op,
                 std::vector<ParamInfo>* out);

// That `api` has the functions that an operator of its kind and flags must have.
bool check_api(Mistake& mistake, const std::string& where, const weir_operator& op);

}  // namespace weir::host
