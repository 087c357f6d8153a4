// The module's extensions: weir.topics/0 and weir.broker/0 (weir/ext/messaging.h).
#pragma once

namespace weir::kafka {
const void *extension(const char *id);
}
