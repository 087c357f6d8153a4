// The parser, the resolver and the evaluator on any text: whatever it is, there is a Problem, or a value or an error
// for each row.
#include <cstdlib>
#include <string_view>

#include <weir/testing/rows.hpp>
#include <weir/testing/test_host.hpp>

#include "host/expression/expression.hpp"
#include "host/expression/value_text.hpp"

namespace weir::host::expression {
namespace {

// A column of each type under a name of one letter, and rows at the edges of them.
Schema fuzz_schema() {
    Schema out;
    for (const auto& [name, type] :
         std::vector<std::pair<std::string, std::string>>{{"a", "int8?"},
                                                          {"b", "bool?"},
                                                          {"c", "uint64?"},
                                                          {"d", "date?"},
                                                          {"e", "decimal(38,10)?"},
                                                          {"f", "float64?"},
                                                          {"g", "float32?"},
                                                          {"i", "int32?"},
                                                          {"j", "string?"},
                                                          {"l", "int64"},
                                                          {"m", "map<string, int64?>?"},
                                                          {"n", "decimal(12,2)?"},
                                                          {"s", "string?"},
                                                          {"t", "timestamp?"},
                                                          {"u", "struct<x: int32?, y: list<string?>?>?"},
                                                          {"v", "list<float64>?"},
                                                          {"z", "binary?"}})
        out.fields.push_back(*parse_field(name, type));
    return out;
}

constexpr const char* kFuzzRows = R"([
[1, true, 1, 19866, "1.5", 2.25, 0.5, 42, "{\"a\": [1, null]}", 7, {"k": 1}, "4.50", "abc", 1716467696000000, {"x": 1, "y": ["p", null]}, [1.5, 2], "x"],
[-128, false, 18446744073709551615, -2147483648, "-1234567890123456789012345678.9", 1e308, 3e38, -2147483648, "[", -9223372036854775808, {}, "-9999999999.99", "", -9223372036854775807, {"x": null, "y": []}, [], ""],
[127, true, 0, 2147483647, "0", -1e-308, -0.0, 2147483647, "\"t\"", 9223372036854775807, {"k": null, "l": 2}, "0.01", "ÄÖ%_\\ß", 9223372036854775807, {"x": -1, "y": null}, [0], "ü"],
[null, null, null, null, null, null, null, null, null, 0, null, null, null, null, null, null, null]
])";

struct Fixture {
    Fixture() : schema(fuzz_schema()) {
        weir::testing::TestHost::get();
        rows = weir::testing::make_rows(schema, weir::testing::Json::parse(kFuzzRows));
    }
    Schema schema;
    ArrowArray rows{};
};

void check(std::string_view text) {
    static Fixture fixture;
    const int rows = static_cast<int>(fixture.rows.length);
    Compiler compiler(fixture.schema, {{"p", type_of(TypeId::kInt64), Constant::of<int64_t>(3)}});
    if (auto added = compiler.add(text, ResultKind::kValue); !added) {
        if (added.problem().message.empty() || added.problem().span.offset > text.size()) std::abort();
        render("", text, added.problem());
        return;
    }
    const Type type = compiler.result(0).type;
    Evaluator evaluator(compiler.finish());
    evaluator.run(fixture.rows, 0, rows, 1'716'467'696'000'000);
    for (int row = 0; row < rows; ++row)
        if (!evaluator.failed().test(row)) value_text(evaluator.result(0), row);
    if (static_cast<int>(evaluator.errors().size()) != evaluator.failed().count()) std::abort();
    for (const RowError& error : evaluator.errors())
        if (error.message.empty() || error.span.end() > text.size()) std::abort();
    if (type.id > TypeId::kMap) return;
    ColumnBuilder builder(type);
    append_rows(evaluator.result(0), Selection::all(rows), builder);
    ArrowArray out;
    builder.finish(&out);
    out.release(&out);
}

}  // namespace
}  // namespace weir::host::expression

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    weir::host::expression::check({reinterpret_cast<const char*>(data), size});
    return 0;
}
