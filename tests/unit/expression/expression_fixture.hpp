// Expressions over rows of JSON, for the tests of host/expression.
#pragma once

#include <string>
#include <vector>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <weir/testing/rows.hpp>
#include <weir/testing/test_host.hpp>

#include "host/expression/expression.hpp"
#include "host/expression/value_text.hpp"

namespace weir::host::expression {

inline constexpr int64_t kTestNow = 1'716'467'696'000'000;  // 2024-05-23 12:34:56Z

// A value of each row, as value_text writes it; `error: CODE: message` where the row failed; or, where the expression
// does not compile, one text `problem at …: …` with the part of the text that it marks.
inline std::vector<std::string> evaluate(const std::string& text, const Schema& schema, const char* rows,
                                         std::vector<Parameter> parameters = {}) {
    testing::TestHost::get();
    Compiler compiler(schema, std::move(parameters));
    if (auto added = compiler.add(text, ResultKind::kValue); !added) {
        const Problem& problem = added.problem();
        return {"problem at `" + text.substr(problem.span.offset, problem.span.length) + "`: " + problem.message};
    }
    Evaluator evaluator(compiler.finish());
    ArrowArray array = testing::make_rows(schema, testing::Json::parse(rows));
    std::vector<std::string> out;
    for (int64_t from = 0; from < array.length; from += kChunk) {
        const int n = static_cast<int>(std::min<int64_t>(kChunk, array.length - from));
        evaluator.run(array, from, n, kTestNow);
        for (int row = 0; row < n; ++row) {
            if (!evaluator.failed().test(row)) {
                out.push_back(value_text(evaluator.result(0), row));
                continue;
            }
            for (const RowError& error : evaluator.errors())
                if (error.row == from + row)
                    out.push_back(std::string("error: ") + to_text(error.code) + ": " + error.message);
        }
    }
    array.release(&array);
    return out;
}

// A cell of the type T as the tests of whole chunks compare it.
template <class T>
std::string cell_text(T value) {
    if constexpr (std::is_floating_point_v<T>)
        if (value != value) return "nan";
    return fmt::format("{}", value);
}

// For each of the rows [from, from + n) of a batch its value, `null`, or the code of its error; "" for those that are
// not among `rows` (all, if null). T is the cell of the result's type.
template <class T>
std::vector<std::string> evaluate_chunk(const std::string& text, const Schema& schema, const ArrowArray& batch,
                                        int64_t from, int n, const Selection* rows = nullptr) {
    testing::TestHost::get();
    Compiler compiler(schema, {});
    if (auto added = compiler.add(text, ResultKind::kValue); !added) return {render("", text, added.problem())};
    Evaluator evaluator(compiler.finish());
    evaluator.begin(batch, from, n, kTestNow);
    const Selection all = Selection::all(n), &chosen = rows ? *rows : all;
    const Vector& values = evaluator.evaluate_result(0, chosen);
    std::vector<std::string> out(static_cast<size_t>(n));
    chosen.for_each([&](int row) {
        out[static_cast<size_t>(row)] = values.is_null(row) ? "null" : cell_text(values.at<T>(row));
    });
    for (const RowError& error : evaluator.errors()) out[static_cast<size_t>(error.row)] = to_text(error.code);
    return out;
}

// Sizes of chunks around those of words and of the largest one.
inline constexpr int kChunkSizes[] = {0, 1, 7, 8, 9, 63, 64, 65, 1023, 1024};

// Of an expression without columns.
inline std::string evaluate(const std::string& text) {
    return evaluate(text, Schema{{{"n", type_of(TypeId::kInt64), false}}}, "[[1]]")[0];
}

// Its type, with `?` where it may be null; or the problem.
inline std::string type_of_expression(const std::string& text, const Schema& schema) {
    testing::TestHost::get();
    Compiler compiler(schema, {});
    if (auto added = compiler.add(text, ResultKind::kValue); !added) return "problem: " + added.problem().message;
    return type_name(compiler.result(0).type) + (compiler.result(0).nullable ? "?" : "");
}

}  // namespace weir::host::expression
