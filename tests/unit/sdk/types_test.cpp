#include <weir/types.hpp>

#include <gtest/gtest.h>

namespace weir {
namespace {

TEST(Types, AreWrittenAsTheyAreRead) {
    for (const char* text : {"bool", "int8", "uint64", "float32", "string", "binary", "date", "timestamp", "decimal(12,2)",
                             "decimal(38,0)", "list<string>", "list<int64?>", "map<string, float64?>",
                             "struct<city: string, zip: int32?, tags: list<map<string, binary>>>"}) {
        auto type = parse_type(text);
        ASSERT_TRUE(type) << type.status().message();
        EXPECT_EQ(to_string(*type), text);
    }
}

TEST(Types, SurviveTheWayThroughArrow) {
    Schema schema;
    for (const char* text : {"int64", "decimal(12,2)?", "struct<a: string?, b: list<date>>", "map<string, decimal(5,1)?>?"})
        schema.fields.push_back(*parse_field("c" + std::to_string(schema.size()), text));
    ArrowSchema exported;
    export_schema(schema, &exported);
    auto imported = import_schema(exported);
    exported.release(&exported);
    ASSERT_TRUE(imported) << imported.status().message();
    EXPECT_EQ(*imported, schema);
}

TEST(Types, OfAColumnWithEventTimeTakeItAlongAndAreNoOthers) {
    const Schema plain{{{"n", type_of(TypeId::kInt64), false}, {"ts", type_of(TypeId::kTimestamp), true}}};
    Schema timed = plain;
    timed.fields[1].event_time = -1;
    ArrowSchema exported;
    export_schema(timed, &exported);
    auto imported = import_schema(exported);
    exported.release(&exported);
    ASSERT_TRUE(imported) << imported.status().message();
    EXPECT_EQ(imported->event_time(), 1U);
    EXPECT_EQ(imported->fields[1].event_time, -1);
    EXPECT_EQ(timed, plain);
    agree_on_event_time(timed, *imported);
    EXPECT_EQ(timed.event_time(), 1U);
    imported->fields[1].event_time = 0;
    agree_on_event_time(timed, *imported);
    EXPECT_EQ(timed.event_time(), std::nullopt);
}

TEST(Types, NameWhatWasExpectedWhereTheTextGoesWrong) {
    struct Case {
        const char *text, *message;
    };
    for (auto [text, message] : {
             Case{"int63", "`int63` is not a type: expected a type (int64, string, decimal(12,2), list<string>, ...) at character 1"},
             Case{"decimal", "`decimal` is not a type: expected `(`: decimal(precision,scale) at character 8"},
             Case{"decimal(39)", "`decimal(39)` is not a type: expected a precision from 1 to 38 at character 11"},
             Case{"decimal(4,5)", "`decimal(4,5)` is not a type: expected a scale from 0 to the precision at character 12"},
             Case{"list<int64", "`list<int64` is not a type: expected `>` at character 11"},
             Case{"map<string?, int64>", "`map<string?, int64>` is not a type: expected a key that is not nullable at character 20"},
             Case{"struct<a int64>", "`struct<a int64>` is not a type: expected `name: type` at character 10"},
             Case{"int64 x", "`int64 x` is not a type: expected nothing more at character 7"},
         })
        EXPECT_EQ(parse_type(text).status().message(), message);
}

TEST(Types, RefuseEndlessNesting) {
    std::string text;
    for (int i = 0; i < 10'000; ++i) text += "list<";
    EXPECT_FALSE(parse_type(text));
}

TEST(Types, RefuseArrowFormatsOutsideOfTheSubset) {
    ArrowSchema schema;
    export_schema(Schema{{{"a", type_of(TypeId::kInt64), false}}}, &schema);
    for (const char* format : {"U", "tss:UTC", "w:16", "+ud:0,1", "d:12", "d:12,2,256", ""}) {
        schema.children[0]->format = format;
        EXPECT_FALSE(import_schema(schema)) << format;
    }
    schema.release(&schema);
}

}  // namespace
}  // namespace weir
