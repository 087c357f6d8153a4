// Columns of what a Kafka record has besides its payload. `_key` and the like are metadata: they travel where
// somebody names them. `metadata: [key]` makes an ordinary column `key` of one.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <weir/types.hpp>

#include "origin.hpp"

namespace weir::kafka {

enum class Metadata { kKey, kHeaders, kTopic, kPartition, kOffset, kTimestamp };

struct MetadataField {
    Metadata what;
    const char *name;  // without the underscore
};
inline constexpr MetadataField kMetadataFields[] = {
    {Metadata::kKey, "key"},             {Metadata::kHeaders, "headers"}, {Metadata::kTopic, "topic"},
    {Metadata::kPartition, "partition"}, {Metadata::kOffset, "offset"},   {Metadata::kTimestamp, "timestamp"},
};

Field metadata_field(Metadata what, std::string name);
// A column of the given rows of the records.
ArrowArray metadata_column(Metadata what, Records &records, const std::vector<int32_t> &rows);

}  // namespace weir::kafka
