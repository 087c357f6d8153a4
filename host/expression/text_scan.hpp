// Texts of a column that lie one behind the other, looked at all together instead of row by row.
//
// The scans write a cell for each of the first n rows, also for those that are null.
#pragma once

#include <cstdint>
#include <string_view>

#include "host/expression/vector.hpp"

namespace weir::host::expression {

// An argument's texts, in place or not.
class Texts {
public:
    explicit Texts(const Vector& from)
        : from_(from), views_(from.values<std::string_view>()), step_(from.is_constant() ? 0 : 1) {}
    std::string_view operator[](int row) const {
        return from_.is_in_place() ? from_.text_in_place(row) : views_[row * step_];
    }

private:
    const Vector& from_;
    const std::string_view* views_;
    int step_;
};

// Whether texts are in place, and enough of their rows are meant.
bool can_scan(const Vector& texts, const Selection& rows);

// REQUIRES of all that follow: texts in place.
void mark_equal(const Vector& texts, std::string_view wanted, int n, uint8_t* out);
void mark_starting(const Vector& texts, std::string_view wanted, int n, uint8_t* out);
void mark_ending(const Vector& texts, std::string_view wanted, int n, uint8_t* out);
void mark_containing(const Vector& texts, std::string_view wanted, int n, uint8_t* out);
void measure_bytes(const Vector& texts, int n, int32_t* out);
void measure_characters(const Vector& texts, int n, int32_t* out);

}  // namespace weir::host::expression
