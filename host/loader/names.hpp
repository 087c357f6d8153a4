// The words of descriptors in text: kinds, types and flags, and which names fit a topology file.
//
// Internal to the loader. Plain functions and constants, any thread.
#pragma once

#include <algorithm>
#include <cstdint>
#include <iterator>
#include <optional>
#include <string>
#include <string_view>

#include <weir/abi.h>

#include "host/loader/manifest.hpp"

namespace weir::host {

struct FlagWord {
    uint32_t bit;
    const char* word;
};

// By WEIR_KIND_* and by WEIR_PARAM_*, which are numbered alike in OperatorKind and ParamType.
inline constexpr const char* kKindWords[] = {"source", "operator", "sink", "codec", "connection", "aggregate"};
inline constexpr const char* kTypeWords[] = {"string", "int64",      "float64", "bool",  "duration",
                                             "bytes",  "column",     "expression", "record", "codec",
                                             "object", "list",       "map",     "any"};
static_assert(std::size(kKindWords) == WEIR_KIND_AGGREGATE + 1);
static_assert(static_cast<uint32_t>(OperatorKind::kAggregate) == WEIR_KIND_AGGREGATE);
static_assert(std::size(kTypeWords) == WEIR_PARAM_ANY + 1);
static_assert(static_cast<uint32_t>(ParamType::kAny) == WEIR_PARAM_ANY);

inline constexpr FlagWord kOperatorFlags[] = {
    {WEIR_OP_KEYED, "keyed"},
    {WEIR_OP_OWN_KEY, "own_key"},
    {WEIR_OP_CHANGELOG_IN, "changelog_in"},
    {WEIR_OP_CHANGELOG_OUT, "changelog_out"},
    {WEIR_OP_BLOCKING, "blocking"},
    {WEIR_OP_ASYNC_ORDERED, "async_ordered"},
    {WEIR_OP_TRANSACTIONAL, "transactional"},
    {WEIR_OP_OUTBOX, "outbox"},
    {WEIR_OP_ONE_INPUT, "one_input"},
    {WEIR_OP_LINES, "lines"},
    {WEIR_SOURCE_REPLAYABLE, "replayable"},
    {WEIR_SOURCE_JOURNALED, "journaled"},
    {WEIR_SOURCE_LOSSY, "lossy"},
    {WEIR_SOURCE_BOUNDED, "bounded"},
};

inline constexpr FlagWord kStateKinds[] = {
    {WEIR_STATE_KEYED, "keyed"},
    {WEIR_STATE_SPLIT, "split"},
    {WEIR_STATE_LIST, "list"},
    {WEIR_STATE_BROADCAST, "broadcast"},
};

template <size_t N>
constexpr uint32_t all_bits(const FlagWord (&words)[N]) {
    uint32_t bits = 0;
    for (const FlagWord& word : words) bits |= word.bit;
    return bits;
}

// The index of a word, or nothing.
template <size_t N>
std::optional<uint32_t> index_of(const char* const (&words)[N], std::string_view word) {
    auto found = std::find(std::begin(words), std::end(words), word);
    if (found == std::end(words)) return std::nullopt;
    return static_cast<uint32_t>(found - std::begin(words));
}

inline constexpr size_t kMaxNameBytes = 64;

// A letter, then letters, digits and underscores.
bool is_name(std::string_view text);
// Lower-case words joined by dots: `pair_match`, `kafka.source`.
bool is_operator_name(std::string_view text);
// Lower-case letters, digits, `_` and `-`, beginning with a letter.
bool is_plugin_id(std::string_view text);
// What is wrong with an operator of a reserved name, and what to do.
std::string reserved_text(const OperatorInfo& op);
// MAJOR.MINOR.PATCH, with a suffix behind `-` or `+` at most.
bool is_version(std::string_view text);

}  // namespace weir::host
