// The columns of rows in keyed state that the host holds, over versions of a topology: columns that were added are not
// there in older rows, columns that are gone refuse the start unless the user gave them up, one whose
// type holds all values of the one before (an int64 that was an int32, a decimal with more digits) is read as it is now, and a
// column of any other type refuses the start.
//
//   layouts_.bind(columns); offer_restored_check<Mine>(context_);                       // in bind; weir/restored.hpp
//   Status restore(const weir_state_block &block) { return layouts_.restore(block); }
//   Status check_restored() const { return layouts_.check(context_, "`columns`"); }
//   Status open() { if (Status s = check_restored(); !s.ok()) return s; layouts_.open(); ... }
//   Status snapshot(const weir_snapshot &out) { return layouts_.snapshot(out); }        // .state(1, WEIR_STATE_BROADCAST)
//
// A row begins with the number of its layout, a u16. Which number means what is in state 0 of the operator's own. One user
// at a time.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include <weir/operator.hpp>
#include <weir/row_codec.hpp>

namespace weir {

class RowLayouts {
public:
    void bind(Schema columns);
    // WEIR_E_STATE_VERSION: a column is of a type that does not hold the old one's values.
    Status restore(const weir_state_block &block);
    // WEIR_E_STATE_VERSION: the state was last kept in columns that there are no more, and the host does not say that they may be lost
    // (weir/ext/start.h): one under another name is another column. `says`: what names the columns, "`columns`" or "the input".
    Status check(Context context, std::string_view says) const;
    // REQUIRES: check.
    Status open();
    Status snapshot(const weir_snapshot &out);

    const RowCodec &codec() const { return codec_; }
    // Before what the codec encodes.
    void begin_row(std::string &out) const { out.append(reinterpret_cast<const char *>(&number_), sizeof number_); }
    // Takes the number off the front. True: the codec decodes what is left.
    bool is_present(std::string_view &row) const;

    struct Value {
        std::optional<size_t> place;            // among the row's columns; none: it has no such column
        std::optional<std::string_view> bytes;  // none: it is null
    };
    // The present columns of a row with its number, valid until the next call. False: it is no row of any layout.
    bool split(std::string_view row, std::vector<Value> &out) const;

    // The columns of a layout as the state has them, for whoever shows it. WEIR_E_STATE_VERSION: it is none.
    static Result<Schema> columns_of(std::string_view layout);

private:
    struct Layout {
        RowCodec codec;
        std::vector<int> places;  // by present column; -1: there is none
        std::string text;
    };
    Status add(uint16_t number, std::string_view text);
    std::string lost() const;

    RowCodec codec_;
    std::string text_;
    std::map<uint16_t, Layout> layouts_;
    uint16_t number_ = 0;
    bool saved_ = false;
    mutable std::vector<std::array<char, 8>> widened_;  // by column, what split has converted
};

}  // namespace weir

#ifndef WEIR_SDK_COMPILED
#include <weir/detail/row_layouts_impl.hpp>
#endif
