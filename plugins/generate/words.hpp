// Names and words that look like those of people, in their frequencies: the first of a list come most often.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "random.hpp"

namespace weir::generate {

// What a column may hold; `fake_kinds` are the names of these, in this order.
enum class Fake : uint8_t { kFirstName, kLastName, kName, kEmail, kCity, kCountry, kCompany, kWord, kSentence, kUuid, kIpv4 };

std::span<const std::string_view> fake_kinds();

// At most so many bytes.
inline constexpr size_t kMaxFakeBytes = 160;
// Appends the value of a row.
void append_fake(Fake kind, const Stream &stream, uint64_t row, std::string &out);

}  // namespace weir::generate
