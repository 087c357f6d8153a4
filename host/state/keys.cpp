#include "host/state/keys.hpp"

#include <xxhash.h>

#include <cstring>

#include <fmt/format.h>

#include <weir/abi.h>

#include "host/state/page.hpp"

namespace weir::host {
namespace {

constexpr char kRunFormat = 1;
constexpr char kRunFull = 1;
constexpr size_t kRunKeyTail = 16;  // newest and oldest
constexpr size_t kRunFixed = 2 + 8 + 8 + 8 + 4 + 4;

}  // namespace

void append_u32(std::string& to, uint32_t value) {
    for (int shift = 24; shift >= 0; shift -= 8) to.push_back(static_cast<char>(value >> shift));
}

void append_u64(std::string& to, uint64_t value) {
    append_u32(to, static_cast<uint32_t>(value >> 32));
    append_u32(to, static_cast<uint32_t>(value));
}

uint32_t load_u32(const char* from) {
    uint32_t value = 0;
    for (int i = 0; i < 4; ++i) value = value << 8 | static_cast<unsigned char>(from[i]);
    return value;
}

uint64_t load_u64(const char* from) { return static_cast<uint64_t>(load_u32(from)) << 32 | load_u32(from + 4); }

void append_id_tail(std::string& to, uint32_t state, uint32_t kind, uint32_t group, std::string_view split) {
    append_u32(to, state);
    to.push_back(static_cast<char>(kind));
    if (kind == WEIR_STATE_KEYED) to.push_back(static_cast<char>(group));
    if (kind != WEIR_STATE_SPLIT) return;
    for (char c : split) {
        to.push_back(c);
        if (c == '\0') to.push_back('\xFF');
    }
    to.append("\0\1", 2);
}

std::optional<IdParts> parse_id(std::string_view id) {
    if (id.size() < 9) return {};
    IdParts parts{load_u32(id.data()), load_u32(id.data() + 4), static_cast<unsigned char>(id[8]), 0, {}};
    id.remove_prefix(9);
    switch (parts.kind) {
        case WEIR_STATE_LIST:
        case WEIR_STATE_BROADCAST:
            if (!id.empty()) return {};
            return parts;
        case WEIR_STATE_KEYED:
            if (id.size() != 1) return {};
            parts.group = static_cast<unsigned char>(id[0]);
            return parts;
        case WEIR_STATE_SPLIT: break;
        default: return {};
    }
    for (size_t i = 0; i < id.size(); ++i) {
        if (id[i] != '\0') {
            parts.split.push_back(id[i]);
            continue;
        }
        if (++i == id.size()) return {};
        if (id[i] == '\1') return i + 1 == id.size() ? std::optional(parts) : std::nullopt;
        if (id[i] != '\xFF') return {};
        parts.split.push_back('\0');
    }
    return {};
}

std::string describe_id(std::string_view id, std::string_view node) {
    const auto parts = parse_id(id);
    if (!parts) return fmt::format("node `{}`", node);
    std::string text = fmt::format("node `{}`, state {}", node, parts->state);
    if (parts->kind == WEIR_STATE_KEYED) text += fmt::format(", group {}", parts->group);
    if (parts->kind == WEIR_STATE_SPLIT) text += fmt::format(", split `{}`", parts->split);
    return text;
}

std::string id_prefix(char letter, std::string_view id) {
    std::string key;
    key.reserve(id.size() + 32);
    key.push_back(letter);
    return key.append(id);
}

std::string node_key(uint32_t node) {
    std::string key = "n";
    append_u32(key, node);
    return key;
}

std::string record_key(uint64_t epoch) {
    std::string key = "r";
    append_u64(key, epoch);
    return key;
}

std::string run_key(std::string_view id, const Run& run) {
    std::string key = id_prefix('i', id);
    append_u64(key, ~run.newest);
    append_u64(key, run.oldest);
    return key;
}

std::string page_key(std::string_view id, const Run& run, uint32_t page) {
    std::string key = id_prefix('d', id);
    append_u64(key, ~run.newest);
    append_u64(key, run.oldest);
    append_u32(key, page);
    return key;
}

std::string encode_run(const Run& run, const std::vector<std::string>& first_keys) {
    std::string value{kRunFormat, run.full ? kRunFull : char{0}};
    append_u64(value, run.bytes);
    append_u64(value, run.entries);
    append_u64(value, run.deletions);
    append_u32(value, run.version);
    append_u32(value, run.pages);
    for (size_t i = 1; i < first_keys.size(); ++i) {
        append_u32(value, static_cast<uint32_t>(first_keys[i].size()));
        value += first_keys[i];
    }
    return value;
}

bool parse_run(std::string_view key, std::string_view value, Run& run, std::vector<std::string>* first_keys) {
    if (key.size() != kRunKeyTail || value.size() < kRunFixed || value[0] != kRunFormat) return false;
    run.newest = ~load_u64(key.data());
    run.oldest = load_u64(key.data() + 8);
    run.full = (value[1] & kRunFull) != 0;
    run.bytes = load_u64(value.data() + 2);
    run.entries = load_u64(value.data() + 10);
    run.deletions = load_u64(value.data() + 18);
    run.version = load_u32(value.data() + 26);
    run.pages = load_u32(value.data() + 30);
    if (run.oldest > run.newest) return false;
    if (!first_keys) return true;
    first_keys->assign(1, std::string());
    for (value.remove_prefix(kRunFixed); !value.empty();) {
        if (value.size() < 4 || value.size() - 4 < load_u32(value.data())) return false;
        first_keys->emplace_back(value.substr(4, load_u32(value.data())));
        value.remove_prefix(4 + first_keys->back().size());
    }
    return run.pages == 0 || first_keys->size() == run.pages;
}

uint64_t run_fingerprint(std::string_view key, std::string_view value) {
    return XXH3_64bits_withSeed(value.data(), value.size(), XXH3_64bits(key.data(), key.size()));
}

std::string encode_committed(const Committed& committed) {
    std::string value;
    append_u64(value, committed.epoch);
    append_u64(value, committed.runs);
    append_u64(value, committed.fingerprint);
    return value;
}

std::optional<Committed> parse_committed(std::string_view value) {
    if (value.size() != 24) return {};
    return Committed{load_u64(value.data()), load_u64(value.data() + 8), load_u64(value.data() + 16)};
}

}  // namespace weir::host
