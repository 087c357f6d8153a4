#include <algorithm>

#include "host/topology/scalar_place.hpp"
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
    return place_within(scalar.place, scalar.text, index, length);
}

void mask_written(const YamlNode& node) {
    if (node.is_scalar() && node.place.known()) {
        const std::size_t offset = node.place.offset;
        node.place.file->mask(offset, written_length(node.place.file->text(), offset, node.text));
    }
    for (const YamlNode& item : node.items) mask_written(item);
}

}  // namespace weir::host
