// What a text refers to with dollar signs: `$name`, `${name}`, `${env:NAME:-default}`, `${file:PATH}`, and
// `$$` for a dollar sign. Pure functions; any thread.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace weir::host {

struct TextPart {
    enum class Kind {
        kText,
        kWhole,        // `$name`, and the text is nothing else
        kParameter,    // `${name}`
        kEnvironment,  // `${env:NAME}`
        kFile,         // `${file:PATH}`
        kExec,         // `${exec:COMMAND}`
        kInvalid,      // `text` says why
    };
    Kind kind = Kind::kText;
    std::string text;  // or the name, path, command
    std::optional<std::string> fallback;
    std::string hint;       // of kInvalid
    std::size_t index = 0;  // where it stands in the whole text
    std::size_t length = 0;
};

std::vector<TextPart> split_text(std::string_view text);

// `[A-Za-z_][A-Za-z0-9_]*`
bool is_identifier(std::string_view text);

}  // namespace weir::host
