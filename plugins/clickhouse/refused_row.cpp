#include "refused_row.hpp"

#include <atomic>
#include <cstdint>
#include <utility>

#include <weir/memory.hpp>

namespace weir::clickhouse {
namespace {

struct RefusedRow : weir_origin {
    explicit RefusedRow(std::string text) : weir_origin{}, json(std::move(text)) {
        size = sizeof(weir_origin);
        weir_origin::retain = [](weir_origin *o) { ++static_cast<RefusedRow *>(o)->references; };
        weir_origin::release = [](weir_origin *o) {
            auto *self = static_cast<RefusedRow *>(o);
            if (--self->references == 0) delete self;
        };
        weir_origin::get = [](weir_origin *o, int64_t, weir_origin_record *out) -> int32_t {
            out->payload = to_abi(static_cast<RefusedRow *>(o)->json);
            return WEIR_OK;
        };
    }
    const std::string json;
    std::atomic<int> references{1};
};

}  // namespace

weir_origin *make_refused_row(std::string json) { return new RefusedRow(std::move(json)); }

}  // namespace weir::clickhouse
