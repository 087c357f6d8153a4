// Slots as bytes on disk, by the fields that their layout names; and how what one layout wrote is read by another.
//
//   u8    1 if an expiry follows
//   i64   expiry, microseconds
//   bits  one for each nullable field, in order, 1 where it is null; whole bytes
//   then each field that is not null: fixed-size values little-endian in their width (bool: a byte),
//   strings as u32 length and bytes
//
// Threads: const use from any thread, each with its own slots and pool.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json.hpp>

#include <weir/abi.h>
#include <weir/result.hpp>
#include <weir/types.hpp>

#include "host/keyed/bytes_pool.hpp"

namespace weir::host {

struct SlotField {
    std::string name;
    Type type;
    uint32_t offset = 0;
    uint32_t present = WEIR_NEVER_NULL;
    bool nullable() const { return present != WEIR_NEVER_NULL; }
    bool operator==(const SlotField&) const = default;
};

// A layout as declared, copied and checked.
struct SlotLayout {
    uint32_t version = 1;
    uint32_t slot_bytes = 0;
    std::vector<SlotField> fields;
    int32_t (*convert)(weir_context*, uint32_t, const void*, void*) = nullptr;

    static Result<SlotLayout> create(const weir_state_layout& declared);
    Schema schema() const;
    // Whether the slots of one are those of the other.
    bool is_alike(const SlotLayout& other) const {
        return version == other.version && slot_bytes == other.slot_bytes && fields == other.fields;
    }
};

// The typed schema of a state, as it is kept beside the state.
nlohmann::ordered_json schema_json(const Schema& schema);
Result<Schema> schema_of_json(const nlohmann::ordered_json& json);

// Frees the texts of a slot and zeroes it.
void clear_slot(const SlotLayout& layout, char* slot, BytesPool& pool);
// Replaces a text. `bytes` may be the text's own.
void set_text(weir_state_bytes& field, std::string_view bytes, BytesPool& pool);

// Appends the slot's bytes.
void encode_slot(const SlotLayout& layout, const char* slot, std::optional<int64_t> expiry, std::string& out);

// Whether what encode_slot wrote has an expiry, and it is over by then.
bool has_expired(std::string_view value, int64_t time);

// Reads what was written with a schema into slots of a layout.
class SlotReader {
public:
    // WEIR_E_STATE_VERSION with the first field that does not fit: gone, narrower, new and not nullable, ...
    static Result<SlotReader> create(const Schema& written, const SlotLayout& layout);

    // Into a zeroed slot. False: these are not such bytes.
    bool read(std::string_view bytes, char* slot, std::optional<int64_t>& expiry, BytesPool& pool) const;
    bool is_exact() const { return exact_; }  // the schemas are the same

private:
    struct Step {
        Type from;
        bool nullable;
        const SlotField* to;
    };
    static bool read_value(const Step& step, std::string_view& bytes, char* slot, BytesPool& pool);

    std::vector<Step> steps_;
    bool exact_ = false;
};

}  // namespace weir::host
