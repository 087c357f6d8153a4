// FNV-1a of 64 bits (Fowler, Noll and Vo), over all that is added: tells apart what nobody forges. Its value is in stored positions.
#pragma once

#include <cstddef>
#include <cstdint>

namespace weir::kafka {

class Fnv1a {
public:
    void add(const void *bytes, size_t length) {
        for (size_t i = 0; i < length; ++i) value_ = (value_ ^ static_cast<const uint8_t *>(bytes)[i]) * 0x100000001b3;
    }
    uint64_t value() const { return value_; }

private:
    uint64_t value_ = 0xcbf29ce484222325;
};

}  // namespace weir::kafka
