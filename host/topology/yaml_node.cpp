#include <algorithm>

#include "host/topology/yaml_syntax.hpp"
#include "host/topology/yaml_tree.hpp"

namespace weir::host {

const YamlNode* YamlNode::find(std::string_view key) const {
    const YamlKey* found = find_key(key);
    return found == nullptr ? nullptr : &items[static_cast<std::size_t>(found - keys.data())];
}

const YamlKey* YamlNode::find_key(std::string_view key) const {
    const auto found =
        std::find_if(keys.begin(), keys.end(), [&](const YamlKey& k) { return k.text == key; });
    return found == keys.end() ? nullptr : &*found;
}

std::size_t YamlNode::count() const {
    std::size_t nodes = 1;
    for (const YamlNode& item : items) nodes += item.count();
    return nodes;
}

const char* kind_text(const YamlNode& node) {
    switch (node.kind) {
        case YamlNode::Kind::kNull: return "empty";
        case YamlNode::Kind::kScalar: return "text";
        case YamlNode::Kind::kSequence: return "a list";
        case YamlNode::Kind::kMap: return "a mapping";
    }
    return "empty";
}

Place place_within(const YamlNode& scalar, std::size_t index, std::size_t length) {
    if (!scalar.place.known()) return scalar.place;
    const std::string_view text = scalar.place.file->text();
    const char first = scalar.place.offset < text.size() ? text[scalar.place.offset] : ' ';
    const std::size_t start =
        scalar.place.offset + (scalar.quoted && (first == '"' || first == '\'') ? 1 : 0);
    const std::size_t end = index + length;
    if (end > scalar.text.size() || text.substr(start, end) != std::string_view(scalar.text).substr(0, end)) {
        return scalar.place;
    }
    return scalar.place.file->place(start + index, length);
}

void mask_written(const YamlNode& node) {
    if (node.is_scalar() && node.place.known()) {
        const std::size_t offset = node.place.offset;
        node.place.file->mask(offset, written_length(node.place.file->text(), offset, node.text));
    }
    for (const YamlNode& item : node.items) mask_written(item);
}

}  // namespace weir::host
