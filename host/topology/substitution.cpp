#include "host/topology/substitution.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "host/topology/source_file.hpp"

namespace weir::host {
namespace {

bool begins_name(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }
bool in_name(char c) { return begins_name(c) || (c >= '0' && c <= '9'); }

TextPart invalid(std::string why, std::string hint, std::size_t index, std::size_t length) {
    return {TextPart::Kind::kInvalid, std::move(why), std::nullopt, std::move(hint), index, length};
}

// `body` stands between `${` and `}`.
TextPart read_braces(std::string_view body, std::size_t index, std::size_t length) {
    auto part = [&](TextPart::Kind kind, std::string_view text) {
        return TextPart{kind, std::string(text), std::nullopt, "", index, length};
    };
    if (body.starts_with("file:") && body.size() > 5) return part(TextPart::Kind::kFile, body.substr(5));
    if (body.starts_with("exec:")) return part(TextPart::Kind::kExec, body.substr(5));
    if (body.starts_with("env:")) {
        body.remove_prefix(4);
        const std::size_t dash = body.find(":-");
        TextPart out = part(TextPart::Kind::kEnvironment, body.substr(0, dash));
        if (dash != std::string_view::npos) out.fallback = std::string(body.substr(dash + 2));
        if (is_identifier(out.text)) return out;
        return invalid(fmt::format("{} is not the name of an environment variable", ticked(out.text)), "",
                       index, length);
    }
    if (is_identifier(body)) return part(TextPart::Kind::kParameter, body);
    return invalid(
        fmt::format("`${{{}}}` cannot be understood", body),
        "write ${name}, ${env:NAME}, ${env:NAME:-default} or ${file:PATH}; a dollar sign itself is $$", index,
        length);
}

}  // namespace

bool is_identifier(std::string_view text) {
    return !text.empty() && begins_name(text.front()) && std::all_of(text.begin(), text.end(), in_name);
}

std::vector<TextPart> split_text(std::string_view text) {
    if (text.starts_with('$') && is_identifier(text.substr(1))) {
        return {{TextPart::Kind::kWhole, std::string(text.substr(1)), std::nullopt, "", 0, text.size()}};
    }
    std::vector<TextPart> parts;
    std::string plain;
    auto add = [&](TextPart part) {
        if (!plain.empty())
            parts.push_back({TextPart::Kind::kText, std::move(plain), std::nullopt, "", 0, 0});
        plain.clear();
        parts.push_back(std::move(part));
    };
    for (std::size_t i = 0; i < text.size();) {
        const char next = text[i] == '$' && i + 1 < text.size() ? text[i + 1] : ' ';
        if (next == '$') {
            plain += '$';
            i += 2;
        } else if (next == '{') {
            const std::size_t end = text.find('}', i);
            if (end == std::string_view::npos) {
                add(invalid("`${` without its `}`", "a dollar sign itself is written $$", i,
                            text.size() - i));
                break;
            }
            add(read_braces(text.substr(i + 2, end - i - 2), i, end + 1 - i));
            i = end + 1;
        } else if (begins_name(next)) {
            std::size_t end = i + 1;
            while (end < text.size() && in_name(text[end])) ++end;
            const std::string name(text.substr(i + 1, end - i - 1));
            add(invalid(fmt::format("`${}` stands for a whole value, not for a part of a text", name),
                        fmt::format("inside of a text write \"${{{}}}\"; a dollar sign itself is $$", name),
                        i, end - i));
            i = end;
        } else {
            plain += text[i++];
        }
    }
    if (!plain.empty()) parts.push_back({TextPart::Kind::kText, std::move(plain), std::nullopt, "", 0, 0});
    return parts;
}

}  // namespace weir::host
