#include "host/expression/zone_memo.hpp"

namespace weir::host::expression {
namespace {

struct ZoneMemo {
    std::string name;
    TimeZoneCache cache{nullptr};
};

}  // namespace

TimeZoneCache* zone_of(Row& row, std::string_view name) {
    auto& memo = row.memo<ZoneMemo>();
    if (!memo.cache.zone() || memo.name != name) {
        memo.name = name;
        memo.cache = TimeZoneCache(find_time_zone(name));
    }
    if (memo.cache.zone()) return &memo.cache;
    row.fail(ErrorCode::kBadArgument, "there is no time zone `{}`", shown(name));
    return nullptr;
}

Refusal check_zone_at(Arguments args, size_t at) {
    const Constant* name = at < args.size() ? args[at].constant : nullptr;
    if (!name || name->is_null() || find_time_zone(name->text())) return std::nullopt;
    return Problem{args[at].span, fmt::format("there is no time zone `{}`", shown(name->text())),
                   "a name such as 'UTC' or 'Europe/Berlin'", "", ""};
}

Refusal check_zone_second(Arguments args) { return check_zone_at(args, 1); }

}  // namespace weir::host::expression
