// Conversions from type to type. The rows that do not fit fail, as of any other kernel.
#pragma once

#include <optional>

#include "host/expression/function.hpp"

namespace weir::host::expression {

struct Cast {
    Kernel kernel = nullptr;
    bool dense = false, total = false;  // as of an Overload
};

// nullopt: there is no such conversion. Decimals need their precision.
std::optional<Cast> find_cast(const Type& from, const Type& to);

// By family; nullopt for what is not of it.
std::optional<Cast> number_cast(TypeId from, TypeId to);  // cast_number.cpp: numbers and booleans
std::optional<Cast> text_cast(TypeId from, TypeId to);    // cast_text.cpp: to and from texts
std::optional<Cast> time_cast(TypeId from, TypeId to);    // cast_time.cpp

}  // namespace weir::host::expression
