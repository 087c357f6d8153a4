// One value known before any row is seen: a literal, a parameter's value, or what folding made of them.
#pragma once

#include <array>
#include <cstddef>
#include <cstring>
#include <string>
#include <string_view>

#include "host/expression/types.hpp"

namespace weir::host::expression {

// A plain value: the bytes of a cell, and the text that they would point to. Nested types are only ever null.
class Constant {
public:
    Constant() = default;
    static Constant null() { return {}; }
    // T: the cell of its type (uint8_t for bool, Int128 for decimal, Interval, …).
    template <class T>
    static Constant of(T value) {
        static_assert(sizeof(T) <= kWidth && std::is_trivially_copyable_v<T> && !std::is_same_v<T, std::string_view>);
        Constant out;
        out.null_ = false;
        std::memcpy(out.cell_.data(), &value, sizeof value);
        return out;
    }
    static Constant text(std::string text) {
        Constant out;
        out.null_ = false;
        out.text_ = std::move(text);
        return out;
    }

    // Of a vector's cell. Not for texts.
    static Constant of_cell(const std::byte* cell, size_t width) {
        Constant out;
        out.null_ = false;
        std::memcpy(out.cell_.data(), cell, width);
        return out;
    }

    bool is_null() const { return null_; }
    const std::string& text() const { return text_; }
    template <class T>
    T as() const {
        T value;
        std::memcpy(&value, cell_.data(), sizeof value);
        return value;
    }
    // Writes the cell of a value of type `id`; a text's view is of this object.
    void write(TypeId id, std::byte* cell) const {
        if (id == TypeId::kString || id == TypeId::kBinary || id == kUnknown) {
            const std::string_view view = text_;
            std::memcpy(cell, &view, sizeof view);
        } else {
            std::memcpy(cell, cell_.data(), cell_width(id));
        }
    }
    // The value's bytes, to tell values of one type apart.
    std::string key() const {
        return (null_ ? "0" : "1") + std::string(reinterpret_cast<const char*>(cell_.data()), kWidth) + text_;
    }

private:
    static constexpr size_t kWidth = 16;
    bool null_ = true;
    alignas(16) std::array<std::byte, kWidth> cell_{};
    std::string text_;
};

}  // namespace weir::host::expression
