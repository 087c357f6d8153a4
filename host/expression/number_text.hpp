// Numbers and booleans as text and back, as PostgreSQL writes and reads them. Pure functions.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include <weir/types.hpp>

namespace weir::host::expression {

inline constexpr size_t kMaxNumberText = 64;

// Each writes at most kMaxNumberText bytes and returns the end.
char* write_int64(char* to, int64_t value);
char* write_uint64(char* to, uint64_t value);
char* write_float32(char* to, float value);  // the shortest text that reads back as the value: 0.1, 1e+20, NaN
char* write_float64(char* to, double value);
char* write_decimal(char* to, Int128 value, int scale);

enum class ReadResult : uint8_t { kOk, kNoNumber, kOutOfRange };

// All: blanks around are left out.
ReadResult read_int64(std::string_view text, int64_t& out);
ReadResult read_uint64(std::string_view text, uint64_t& out);
ReadResult read_float32(std::string_view text, float& out);
ReadResult read_float64(std::string_view text, double& out);
// Rounded half away from zero to `scale` digits; kOutOfRange beyond `precision` digits.
ReadResult read_decimal(std::string_view text, int precision, int scale, Int128& out);
std::optional<bool> read_bool(std::string_view text);  // true, t, yes, on, 1, … and beginnings of them

std::string_view strip(std::string_view text);

}  // namespace weir::host::expression
