// Where a record's columns stand in JSON objects: a tree of members, out of names and paths.
//
// A path is names with dots between them, `user.address.city`; a name that has a dot or a quote in it stands in
// double quotes, with \" and \\ for those two. Plain values; const access from any thread.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <weir/types.hpp>

#include "scalar.hpp"

namespace weir::codecs {

// What stands before the base64 of bytes that are not text, or would look as if they were such.
inline constexpr std::string_view kBase64Mark = "base64:";

struct JsonNode {
    static constexpr size_t kNone = SIZE_MAX;

    std::string name;
    size_t column = kNone;  // the record's; none: an object, of which there are members
    size_t object = kNone;  // number of the object; the root is 0
    std::vector<JsonNode> members = {};

    const JsonNode *find(std::string_view member) const {
        for (const JsonNode &one : members)
            if (one.name == member) return &one;
        return nullptr;
    }
};

struct JsonShape {
    JsonNode root = {{}, JsonNode::kNone, 0};
    size_t objects = 1;             // root included
    size_t rest = JsonNode::kNone;  // the column that keeps what no other column takes
    bool refuse_unknown = false;
    std::vector<TimeForm> forms = {};   // by column
    std::vector<uint8_t> as_text = {};  // by column, 1: whatever value stands there, as JSON text

    // WEIR_E_CONFIG for paths that cannot be read or meet, and formats that do not fit. `rest`: a name, or empty.
    static Result<JsonShape> make(const Schema &record, const TimeForm &standard, const std::string &rest,
                                  bool refuse_unknown);

private:
    Status add(const Schema &record, size_t column);
};

// WEIR_E_CONFIG for types that have no form in JSON.
Status check_json(const Schema &schema);

// The names of a path.
Result<std::vector<std::string>> parse_path(std::string_view path);

}  // namespace weir::codecs
