// weir.records/0: a record of a partition by its offset, and positions by time and place.
#pragma once

#include <weir/ext/records.h>

namespace weir::kafka {

extern const weir_records_api kRecordsApi;

}  // namespace weir::kafka
