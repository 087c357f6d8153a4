#include "host/cli/entry_text.hpp"

#include <charconv>

#include <fmt/format.h>

namespace weir::host {

std::string escaped_bytes(std::string_view bytes) {
    std::string out;
    for (const char c : bytes) {
        if (c == '\\')
            out += "\\\\";
        else if (c >= ' ' && c <= '~')
            out += c;
        else
            out += fmt::format("\\x{:02x}", static_cast<unsigned char>(c));
    }
    return out;
}

Result<std::string> unescaped_bytes(std::string_view text) {
    std::string out;
    for (size_t i = 0; i < text.size(); ++i) {
        if (text[i] != '\\') {
            out += text[i];
            continue;
        }
        if (text.substr(i, 2) == "\\\\") {
            out += text[++i];
            continue;
        }
        unsigned value = 0;
        const char* digits = text.data() + std::min(i + 2, text.size());
        const auto [end, error] = std::from_chars(digits, text.data() + std::min(i + 4, text.size()), value, 16);
        if (text.substr(i, 2) != "\\x" || error != std::errc() || end != digits + 2)
            return Status::config("", fmt::format("`{}` has a backslash that is neither `\\\\` nor `\\x` with two digits", text));
        out += static_cast<char>(value);
        i += 3;
    }
    return out;
}

EntryCodec entry_codec_of(const Json&, const std::string&, uint32_t) {
    return {escaped_bytes, escaped_bytes, unescaped_bytes};
}

}  // namespace weir::host
