// The parser, the resolver and the evaluator on any text: whatever it is, there is a Problem, or a value or an error
// for each row.
#include <cstdlib>
#include <string_view>

#include <weir/testing/test_host.hpp>

#include "host/expression/expression.hpp"
#include "host/expression/value_text.hpp"
#include "tests/fuzz/edge_rows.hpp"

namespace weir::host::expression {
namespace {

struct Fixture {
    Fixture() {
        weir::testing::TestHost::get();
        rows = fuzz::edge_rows();
    }
    Schema schema = fuzz::edge_schema();
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
