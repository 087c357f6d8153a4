// The expressions of a fold: what a key's state begins with, over the columns of a row, and what it is next, over the
// columns of a row and of the state. Immutable behind bind.
#pragma once

#include <string>
#include <vector>

#include <weir/expression.hpp>

namespace weir::fold {

struct Program {
    Schema state;                      // its columns
    ExpressionProgram init, next;      // of `next` the input's columns come first, then those of the state
    std::vector<uint32_t> init_of, next_of;  // by column of the state: the expression
    std::vector<uint8_t> reads;        // by column of the input

    // `columns`: { name: { init, next } }.
    static Result<Program> compile(Context context, const Schema &input, const Config::Json &columns);
};

}  // namespace weir::fold
