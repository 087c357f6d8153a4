// YAML text as a tree in which everything knows its place.
//
// Aliases are followed (their content is copied, its places are those of the anchor), merge keys (`<<`) are
// merged; tags other than YAML's own, several documents, and whatever passes the limits below are refused, so
// that no file makes the reader run out of memory or stack.
//
// Ownership: plain values. Threads: const access from any thread.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "host/topology/diagnostic.hpp"
#include "host/topology/source_file.hpp"

namespace weir::host {

inline constexpr std::size_t kMaxYamlBytes = std::size_t{4} << 20;
inline constexpr std::size_t kMaxYamlNodes = 50'000;  // aliases counted with what they stand for
inline constexpr int kMaxYamlDepth = 64;

struct YamlKey {
    std::string text;
    Place place;
};

struct YamlNode {
    enum class Kind { kNull, kScalar, kSequence, kMap };

    Kind kind = Kind::kNull;
    std::string text;             // of a scalar
    bool quoted = false;          // a scalar in quotes or a block scalar: text, whatever it looks like
    bool flow = false;            // a map or sequence in braces
    Place place;                  // of a scalar; of a collection's first line
    std::vector<YamlKey> keys;    // of a map, in written order; duplicates are reported and dropped
    std::vector<YamlNode> items;  // of a sequence; of a map, those of keys

    bool is_null() const { return kind == Kind::kNull; }
    bool is_scalar() const { return kind == Kind::kScalar; }
    bool is_sequence() const { return kind == Kind::kSequence; }
    bool is_map() const { return kind == Kind::kMap; }

    // The value of a map's key, or null.
    const YamlNode* find(std::string_view key) const;
    // The key of a map with that text, or null.
    const YamlKey* find_key(std::string_view key) const;
    // This node and all below it.
    std::size_t count() const;
};

// "a mapping", "a list", "text", "empty": for messages.
const char* kind_text(const YamlNode& node);

// The place of `length` bytes of a scalar's text from byte `index` (scalar_place.hpp).
Place place_within(const YamlNode& scalar, std::size_t index, std::size_t length);

// Keeps what is written at this node from being shown in messages: it is secret.
void mask_written(const YamlNode& node);

// The tree of a file; its errors are in `diagnostics`. An empty text is a null node. nullopt if there was no
// tree to be had; where there is one in spite of errors, it is fit for further checks.
std::optional<YamlNode> parse_yaml(const std::shared_ptr<SourceFile>& file, Diagnostics& diagnostics);

}  // namespace weir::host
