// Where plugins put byte strings: receivers as the ABI has them, over the host's own.
#pragma once

#include <string>
#include <vector>

#include <weir/abi.h>
#include <weir/memory.hpp>

namespace weir::host {

// Appends each to `all`, which must outlive it.
inline weir_bytes_out bytes_into(std::vector<std::string>& all) {
    return {sizeof(weir_bytes_out), 0, &all, [](const weir_bytes_out* out, weir_str bytes) {
                static_cast<std::vector<std::string>*>(out->data)->emplace_back(view(bytes));
            }};
}

// The last one counts. `one` must outlive it.
inline weir_bytes_out bytes_into(std::string& one) {
    return {sizeof(weir_bytes_out), 0, &one,
            [](const weir_bytes_out* out, weir_str bytes) { *static_cast<std::string*>(out->data) = view(bytes); }};
}

}  // namespace weir::host
