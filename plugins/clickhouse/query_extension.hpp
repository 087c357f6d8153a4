// What connections offer to the host's views (weir/ext/query.h). [any]
#pragma once

namespace weir::clickhouse {

// Of the module: WEIR_EXT_QUERY.
const void *extension(const char *id);

}  // namespace weir::clickhouse
