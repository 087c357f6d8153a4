// Every example of the table of functions, and the reference page that is made of it.
#include <fstream>
#include <sstream>

#include "expression_fixture.hpp"
#include "host/expression/functions.hpp"
#include "host/expression/reference.hpp"

namespace weir::host::expression {
namespace {

// `problem: …` of a constant that fails is the row error that it would be.
std::string outcome_of(std::string_view expression) {
    const std::string constant = evaluate(std::string(expression));
    if (!constant.starts_with("problem")) return constant;
    const std::string guarded = "CASE WHEN n > 0 THEN " + std::string(expression) + " END";
    return evaluate(guarded, Schema{{{"n", type_of(TypeId::kInt64), false}}}, "[[1]]")[0];
}

TEST(Examples, GiveWhatTheTableSays) {
    for (const FunctionGroup* group : function_groups()) {
        for (const Function& function : group->functions) {
            for (const Example& example : function.examples) {
                SCOPED_TRACE(std::string(example.expression));
                const std::string got = outcome_of(example.expression);
                if (example.result.starts_with("error: "))
                    EXPECT_TRUE(got.starts_with(example.result)) << got;
                else
                    EXPECT_EQ(got, example.result);
            }
        }
    }
}

TEST(Examples, AreThereForAllThatIsNoOtherName) {
    for (const FunctionGroup* group : function_groups())
        for (const Function& function : group->functions)
            EXPECT_TRUE(!function.examples.empty() || function.doc.starts_with("As `") ||
                        function.doc.starts_with("The number of ") || function.doc.starts_with("Whether a list") ||
                        function.doc.starts_with("The place of the value in a list"))
                << function.name;
}

TEST(Reference, IsWhatTheTableSays) {
    std::ifstream file(std::string(std::getenv("WEIR_SOURCE_DIR")) + "/docs/expressions.md");
    std::stringstream text;
    text << file.rdbuf();
    EXPECT_EQ(text.str(), reference_markdown()) << "weir eval --reference >docs/expressions.md makes them equal again";
}

}  // namespace
}  // namespace weir::host::expression
