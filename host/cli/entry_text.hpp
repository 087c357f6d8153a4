// How entries of a committed state are shown and named on the command line.
//
// An operator's own tables are bytes to the host: printable ASCII stands for itself, everything else as \xNN, and a
// backslash as \\. A state whose schema the epoch's record has is decoded by that: `entry_codec_of` is where.
//
// Plain values and functions; any thread.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include <weir/result.hpp>

#include "host/loader/manifest.hpp"

namespace weir::host {

std::string escaped_bytes(std::string_view bytes);
// The other way round. WEIR_E_CONFIG: an escape that there is not.
Result<std::string> unescaped_bytes(std::string_view text);

struct EntryCodec {
    std::function<std::string(std::string_view bytes)> key, value;
    std::function<Result<std::string>(std::string_view text)> parse_key;
};
// For a state of a node, by the record of the epoch.
EntryCodec entry_codec_of(const Json& record, const std::string& node, uint32_t state);

}  // namespace weir::host
